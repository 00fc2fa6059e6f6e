//! The handle to a session.

use std::time::Duration;

use engineio::server::Overflow;
use engineio::{Message, Packet, Prepared, SendError, Socket, Text, Transport};

use crate::support::{Frame, Host, sid};

/// A host with a session on polling, and the handle to it.
async fn polling() -> (Host, crate::support::Polling<crate::support::memory::Network>, Socket) {
    let host = Host::plain();
    let polling = host.polling().await;
    let socket = host.server.socket(&sid(&polling.sid)).unwrap();
    (host, polling, socket)
}

/// A host with a session on WebSocket, and the handle to it.
async fn websocket() -> (Host, crate::support::WebSocket<tokio::io::DuplexStream>, Socket) {
    let host = Host::plain();
    let (websocket, id) = host.websocket().await;
    let socket = host.server.socket(&sid(&id)).unwrap();
    (host, websocket, socket)
}

#[tokio::test(start_paused = true)]
async fn every_way_to_send_keeps_the_order() {
    let (_host, mut polling, socket) = polling().await;
    let (_other_host, mut websocket, other) = websocket().await;
    let prepared = Prepared::new(vec![1, 2, 3].into());
    for socket in [&socket, &other] {
        socket.send("a").await.unwrap();
        socket.try_send(String::from("b")).unwrap();
        socket.send_prepared(&prepared).unwrap();
        socket.send_packet(Packet::Message("c".into())).unwrap();
        socket.send(vec![255]).await.unwrap();
        socket.send("").await.unwrap();
    }
    assert_eq!(polling.poll().await, ["4a", "4b", "bAQID", "4c", "b/w==", "4"]);
    for text in ["4a", "4b"] {
        assert_eq!(websocket.text().await, text);
    }
    assert_eq!(websocket.next().await, Frame::Binary(vec![1, 2, 3].into()));
    assert_eq!(websocket.text().await, "4c");
    assert_eq!(websocket.next().await, Frame::Binary(vec![255].into()));
    assert_eq!(websocket.text().await, "4");
}

#[tokio::test(start_paused = true)]
async fn raw_packets_are_messages_noops_and_closes() {
    let (mut host, mut polling, socket) = polling().await;
    let refused = [Packet::Open("{}".into()), Packet::PING, Packet::PONG, Packet::Upgrade];
    for packet in refused {
        assert_eq!(socket.send_packet(packet), Err(SendError::PacketType));
    }
    socket.send_packet(Packet::Noop).unwrap();
    assert_eq!(polling.poll().await, ["6"]);
    socket.send_packet(Packet::Close).unwrap();
    assert_eq!(polling.poll().await, ["1"]);
    assert_eq!(host.calls.reason().await.as_str(), "server disconnect");
    for packet in [Packet::Close, Packet::Noop, Packet::Message("late".into())] {
        assert_eq!(socket.send_packet(packet), Err(SendError::Closed));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_after_the_end() {
    let (mut host, mut websocket, socket) = websocket().await;
    websocket.send("1").await;
    host.calls.disconnect().await;
    let prepared = Prepared::new("late".into());
    assert_eq!(socket.send("late").await, Err(SendError::Closed));
    assert_eq!(socket.try_send("late"), Err(SendError::Closed));
    assert_eq!(socket.send_prepared(&prepared), Err(SendError::Closed));
    assert_eq!(socket.flush().await, Ok(()), "nothing was sent that could be missing");
    assert!(!socket.is_connected());
    socket.disconnect();
    host.calls.none().await;
}

#[tokio::test(start_paused = true)]
async fn text_that_polling_would_tear_is_refused_until_the_upgrade() {
    let (host, polling, socket) = polling().await;
    let torn = "a\u{1e}4b";
    assert_eq!(socket.send(torn).await, Err(SendError::Separator));
    assert_eq!(socket.send_prepared(&Prepared::new(torn.into())), Err(SendError::Separator));
    let mut websocket = polling.upgrade().await;
    websocket.sync().await;
    assert_eq!(socket.transport(), Transport::WebSocket);
    socket.send(torn).await.unwrap();
    assert_eq!(websocket.text().await, "4a\u{1e}4b");
    drop(host);
}

#[tokio::test(start_paused = true)]
async fn flush_on_polling_waits_for_the_next_poll() {
    let (_host, mut polling, socket) = polling().await;
    assert_eq!(socket.flush().await, Ok(()), "nothing to wait for");
    socket.send("a").await.unwrap();
    let flushed = tokio::spawn(async move { socket.flush().await });
    assert_eq!(polling.poll().await, ["4a"]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!flushed.is_finished(), "fetched is not arrived");
    polling.start_poll().await;
    assert_eq!(flushed.await.unwrap(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn flush_on_websocket_waits_for_the_write() {
    let host = Host::plain();
    let io = host.network.connect("192.0.2.1:1000", 1000);
    let mut websocket =
        crate::support::WebSocket::connect(io, &crate::support::http::get(crate::support::websocket::OPEN))
            .await;
    let socket = host.server.socket(&sid(&websocket.opened().await)).unwrap();
    socket.send(vec![0; 5000]).await.unwrap();
    let flushing = socket.clone();
    let flushed = tokio::spawn(async move { flushing.flush().await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!flushed.is_finished());
    assert_eq!(websocket.next().await, Frame::Binary(vec![0; 5000].into()));
    assert_eq!(flushed.await.unwrap(), Ok(()));
    let progress = socket.progress();
    assert_eq!((progress.accepted.count(), progress.confirmed.count()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn flush_fails_when_the_session_ends_first() {
    let (_host, mut polling, socket) = polling().await;
    socket.send("a").await.unwrap();
    let flushed = tokio::spawn(async move { socket.flush().await });
    assert_eq!(polling.poll().await, ["4a"]);
    assert_eq!(polling.try_post("x").await.status(), 400);
    assert_eq!(flushed.await.unwrap(), Err(SendError::Closed));
}

#[tokio::test(start_paused = true)]
async fn disconnect_lets_the_queue_leave() {
    let (mut host, mut websocket, socket) = websocket().await;
    socket.send("last").await.unwrap();
    socket.disconnect();
    assert!(!socket.is_connected());
    assert_eq!(websocket.text().await, "4last");
    assert_eq!(websocket.text().await, "1");
    websocket.close_code().await;
    assert_eq!(host.calls.reason().await.as_str(), "server disconnect");
}

#[tokio::test(start_paused = true)]
async fn it_knows_its_session() {
    let (_host, mut websocket, socket) = websocket().await;
    assert_eq!(socket.transport(), Transport::WebSocket);
    assert_eq!(socket.transport().name(), "websocket");
    assert_eq!(socket.remote_addr(), Some("192.0.2.1:1000".parse().unwrap()));
    assert!(socket.is_connected());
    assert_eq!(socket.round_trip_time(), None);
    assert_eq!(websocket.text().await, "2");
    tokio::time::sleep(Duration::from_millis(80)).await;
    websocket.send("3").await;
    websocket.sync().await;
    let round_trip = socket.round_trip_time().unwrap();
    assert!((80..85).contains(&round_trip.as_millis()), "{round_trip:?}");
    assert!(format!("{socket:?}").len() < 30, "the id is a secret: {socket:?}");
}

#[tokio::test(start_paused = true)]
async fn buffered_bytes_are_those_that_wait() {
    let (_host, mut polling, socket) = polling().await;
    assert_eq!(socket.buffered_bytes(), 0);
    socket.send("four").await.unwrap();
    socket.send(vec![0; 10]).await.unwrap();
    assert_eq!(socket.buffered_bytes(), 14);
    assert_eq!(polling.poll().await.len(), 2);
    assert_eq!(socket.buffered_bytes(), 0);
}

#[derive(Clone, Debug, Default, PartialEq)]
struct User {
    name: String,
    visits: u32,
}

#[tokio::test(start_paused = true)]
async fn data_is_kept_with_the_session_by_type() {
    let mut host = Host::start(|builder| {
        builder.on_connect(|socket: Socket, _| async move {
            socket.save_session(User { name: "ada".into(), visits: 1 });
            Ok::<_, engineio::server::Rejection>(())
        })
    });
    let (mut websocket, id) = host.websocket().await;
    let (_other, other) = host.websocket().await;
    let socket = host.server.socket(&sid(&id)).unwrap();
    assert_eq!(socket.session::<User>().unwrap().name, "ada");
    assert_eq!(socket.session::<u8>(), None);
    let visits = socket.update_session(|user: &mut User| {
        user.visits += 1;
        user.visits
    });
    assert_eq!(visits, 2);
    assert_eq!(socket.save_session(7_u8), None);
    assert_eq!(socket.save_session(8_u8), Some(7));
    assert_eq!(host.server.socket(&sid(&id)).unwrap().session::<User>().unwrap().visits, 2);
    assert_eq!(host.server.socket(&sid(&other)).unwrap().session::<User>().unwrap().visits, 1);
    socket.update_session(|text: &mut String| text.push('x'));
    assert_eq!(socket.session::<String>(), Some("x".into()), "starts from the default");
    websocket.send("1").await;
    host.calls.disconnect().await;
    assert_eq!(socket.session::<User>().unwrap().name, "ada", "still there for the disconnect handler");
}

#[tokio::test(start_paused = true)]
async fn send_takes_every_kind_of_message() {
    let (_host, mut polling, socket) = polling().await;
    socket.send(Text::from_static("text")).await.unwrap();
    socket.send(Message::from("message")).await.unwrap();
    socket.send(bytes::Bytes::from_static(b"\0")).await.unwrap();
    socket.send(&b"\0"[..]).await.unwrap();
    assert_eq!(polling.poll().await, ["4text", "4message", "bAA==", "bAA=="]);
}

#[tokio::test(start_paused = true)]
async fn a_send_that_is_given_up_sends_nothing() {
    let host = Host::start(|builder| builder.overflow(Overflow::Wait).max_queued_packets(1));
    let mut polling = host.polling().await;
    let socket = host.server.socket(&sid(&polling.sid)).unwrap();
    socket.send("first").await.unwrap();
    let waited = tokio::time::timeout(Duration::from_secs(1), socket.send("given up")).await;
    assert!(waited.is_err());
    assert_eq!(polling.poll().await, ["4first"]);
    socket.send("second").await.unwrap();
    assert_eq!(polling.poll().await, ["4second"]);
}
