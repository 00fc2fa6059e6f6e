//! What happens to messages for a client that reads too slowly.

use std::time::Duration;

use engineio::server::{Overflow, ServerBuilder};
use engineio::{DisconnectReason, SendError, Socket};

use crate::support::http::get;
use crate::support::memory::Network;
use crate::support::{Frame, Host, Polling, WebSocket, sid, websocket};

/// A host whose queues hold two packets, with a session on polling that does not poll.
async fn full(overflow: Overflow) -> (Host, Polling<Network>, Socket) {
    let host = Host::start(|builder| builder.overflow(overflow).max_queued_packets(2));
    let polling = host.polling().await;
    let socket = host.server.socket(&sid(&polling.sid)).unwrap();
    for text in ["a", "b"] {
        socket.send(text).await.unwrap();
    }
    (host, polling, socket)
}

#[tokio::test(start_paused = true)]
async fn close_ends_the_session() {
    let (mut host, mut polling, socket) = full(Overflow::Close).await;
    assert_eq!(socket.send("c").await, Err(SendError::Closed));
    assert!(!socket.is_connected());
    let end = host.calls.disconnect().await;
    assert_eq!((end.reason, end.unconfirmed), (DisconnectReason::SlowConsumer, 2));
    assert_eq!(polling.poll().await, ["1"], "the client learns that it missed something");
    host.calls.none().await;
}

#[tokio::test(start_paused = true)]
async fn close_is_the_default() {
    let host = Host::start(|builder| builder.max_queued_bytes(3));
    let mut polling = host.polling().await;
    let socket = host.server.socket(&sid(&polling.sid)).unwrap();
    socket.send("far more than three").await.unwrap();
    assert_eq!(socket.try_send(""), Err(SendError::Closed));
    assert_eq!(polling.poll().await, ["1"]);
}

#[tokio::test(start_paused = true)]
async fn close_ends_a_websocket_that_does_not_read() {
    let mut host = Host::start(|builder| builder.max_queued_bytes(10_000));
    let io = host.network.connect("192.0.2.1:1000", 1000);
    let mut websocket = WebSocket::connect(io, &get(websocket::OPEN)).await;
    let id = sid(&websocket.opened().await);
    let socket = host.server.socket(&id).unwrap();
    while socket.is_connected() {
        let _ = socket.send(vec![0; 3000]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(host.calls.reason().await, DisconnectReason::SlowConsumer);
    let mut next = websocket.next().await;
    while let Frame::Binary(_) = next {
        next = websocket.next().await;
    }
    assert_eq!(next, Frame::Text("1".into()));
    assert_eq!(websocket.close_code().await, 1008);
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_closes_the_slow_and_reaches_the_others() {
    let (mut host, polling, _socket) = full(Overflow::Close).await;
    let (mut websocket, _) = host.websocket().await;
    let done = host.server.broadcast("c");
    assert_eq!(done.sent, 1);
    assert_eq!(done.sessions, [(sid(&polling.sid), SendError::Closed)]);
    assert_eq!(websocket.text().await, "4c");
    assert_eq!(host.calls.reason().await, DisconnectReason::SlowConsumer);
}

#[tokio::test(start_paused = true)]
async fn drop_newest_hands_the_message_back() {
    let (host, mut polling, socket) = full(Overflow::DropNewest).await;
    assert_eq!(socket.send("c").await, Err(SendError::Full("c".into())));
    assert_eq!(socket.try_send("d"), Err(SendError::Full("d".into())));
    let skipped = host.server.broadcast("e");
    assert_eq!(skipped.sessions, [(sid(&polling.sid), SendError::Full("e".into()))]);
    assert_eq!(polling.poll().await, ["4a", "4b"]);
    socket.send("f").await.unwrap();
    assert_eq!(polling.poll().await, ["4f"]);
}

#[tokio::test(start_paused = true)]
async fn drop_oldest_makes_room() {
    let (host, mut polling, socket) = full(Overflow::DropOldest).await;
    socket.send("c").await.unwrap();
    assert_eq!(host.server.broadcast("d").sent, 1);
    assert_eq!(polling.poll().await, ["4c", "4d"]);
}

#[tokio::test(start_paused = true)]
async fn wait_waits_for_room_and_is_woken() {
    let (_host, mut polling, socket) = full(Overflow::Wait).await;
    let sending = socket.clone();
    let sent = tokio::spawn(async move {
        sending.send("c").await?;
        sending.send("d").await
    });
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!sent.is_finished());
    assert_eq!(polling.poll().await, ["4a", "4b"]);
    assert_eq!(sent.await.unwrap(), Ok(()));
    assert_eq!(polling.poll().await, ["4c", "4d"]);
    assert!(socket.is_connected());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_wait_does_not() {
    let (host, mut polling, socket) = full(Overflow::Wait).await;
    assert_eq!(socket.try_send("c"), Err(SendError::Full("c".into())));
    let skipped = host.server.broadcast("d");
    assert_eq!(skipped.sessions, [(sid(&polling.sid), SendError::Full("d".into()))]);
    assert_eq!(polling.poll().await, ["4a", "4b"]);
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_the_session() {
    let (_host, mut polling, socket) = full(Overflow::Wait).await;
    let sent = tokio::spawn(async move { socket.send("c").await });
    tokio::task::yield_now().await;
    polling.post("1").await;
    assert_eq!(sent.await.unwrap(), Err(SendError::Closed));
}

#[tokio::test(start_paused = true)]
async fn many_wait_at_once() {
    let (_host, mut polling, socket) = full(Overflow::Wait).await;
    let senders: Vec<_> = (0..20)
        .map(|number| {
            let socket = socket.clone();
            tokio::spawn(async move { socket.send(format!("{number}")).await })
        })
        .collect();
    let mut got = polling.poll().await;
    while got.len() < 22 {
        got.extend(polling.poll().await);
    }
    for sender in senders {
        assert_eq!(sender.await.unwrap(), Ok(()));
    }
    got.sort();
    got.dedup();
    assert_eq!(got.len(), 22);
}

#[tokio::test(start_paused = true)]
async fn a_websocket_wakes_who_waits() {
    let wait = |builder: ServerBuilder| builder.overflow(Overflow::Wait).max_queued_bytes(5000);
    let host = Host::start(wait);
    let io = host.network.connect("192.0.2.1:1000", 1000);
    let mut websocket = WebSocket::connect(io, &get(websocket::OPEN)).await;
    let socket = host.server.socket(&sid(&websocket.opened().await)).unwrap();
    let sent = tokio::spawn(async move {
        for number in 0..50 {
            socket.send(vec![number; 2000]).await.unwrap();
        }
    });
    for number in 0..50 {
        assert_eq!(websocket.next().await, Frame::Binary(vec![number; 2000].into()));
    }
    sent.await.unwrap();
}
