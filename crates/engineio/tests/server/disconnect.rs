//! Every session ends once, with its reason, after all of its messages.

use std::time::Duration;

use engineio::DisconnectReason::{
    ClientDisconnect, ParseError, PingTimeout, ServerDisconnect, TransportClose, TransportError,
};
use engineio::{DisconnectReason, Server};
use engineio_proto::ws::OpCode;
use tokio::time::Instant;

use crate::support::http::post;
use crate::support::memory::Network;
use crate::support::{Frame, Host, Polling, WebSocket, sid, until};

pub(crate) type Socket = WebSocket<tokio::io::DuplexStream>;

/// A session on polling that has sent a message, and its host.
pub(crate) async fn polling() -> (Host, Polling<Network>) {
    let host = Host::start(|builder| builder.max_payload(100));
    let mut polling = host.polling().await;
    polling.post("4before").await;
    (host, polling)
}

/// A session on WebSocket that has sent a message, and its host.
pub(crate) async fn websocket() -> (Host, Socket) {
    let host = Host::start(|builder| builder.max_payload(100));
    let (mut websocket, _) = host.websocket().await;
    websocket.send("4before").await;
    websocket.sync().await;
    (host, websocket)
}

/// After the message, the one end, and nothing else even if the rest of the session goes away as well.
pub(crate) async fn assert_ended(mut host: Host, reason: DisconnectReason) {
    assert_eq!(host.calls.message().await, "before".into());
    assert_eq!(host.calls.reason().await, reason);
    host.server.disconnect_all();
    host.calls.none().await;
    assert_eq!(host.server.session_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_client_closes_on_polling() {
    let (host, mut polling) = polling().await;
    polling.start_poll().await;
    polling.post("1").await;
    assert_eq!(polling.polled().await, ["6"]);
    assert_eq!(polling.try_post("4late").await.status(), 400);
    assert_ended(host, ClientDisconnect).await;
}

#[tokio::test(start_paused = true)]
async fn the_client_closes_on_websocket() {
    let (host, mut websocket) = websocket().await;
    websocket.send("1").await;
    assert_eq!(websocket.close_code().await, 1000);
    assert_ended(host, ClientDisconnect).await;
}

#[tokio::test(start_paused = true)]
async fn the_server_answers_a_waiting_poll_with_the_end() {
    let (host, mut polling) = polling().await;
    polling.start_poll().await;
    polling.post("4").await;
    host.server.disconnect(&sid(&polling.sid));
    assert_eq!(polling.polled().await, ["1"]);
    let mut host = host;
    assert_eq!(host.calls.message().await, "before".into());
    assert_eq!(host.calls.message().await, "".into());
    assert_eq!(host.calls.reason().await, ServerDisconnect);
}

#[tokio::test(start_paused = true)]
async fn the_server_tells_the_end_at_the_next_poll_after_what_was_queued() {
    let (host, mut polling) = polling().await;
    let id = sid(&polling.sid);
    host.server.send(&id, "last words").await.unwrap();
    assert!(host.server.disconnect(&id));
    assert_eq!(polling.poll().await, ["4last words", "1"]);
    assert!(!host.server.disconnect(&id));
    assert_ended(host, ServerDisconnect).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_come_back_is_forgotten() {
    let host = Host::start(|builder| builder.close_timeout(Duration::from_secs(7)));
    let polling = host.polling().await;
    host.server.disconnect(&sid(&polling.sid));
    assert_eq!(host.server.session_count(), 1);
    tokio::time::sleep(Duration::from_millis(6_990)).await;
    assert_eq!(host.server.session_count(), 1);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(host.server.session_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_server_closes_a_websocket() {
    let (host, mut websocket) = websocket().await;
    let info = host.server.sessions().remove(0);
    host.server.send(&info.sid, "last words").await.unwrap();
    host.server.disconnect(&info.sid);
    assert_eq!(websocket.text().await, "4last words");
    assert_eq!(websocket.text().await, "1");
    assert_eq!(websocket.close_code().await, 1000);
    assert_eq!(websocket.next().await, Frame::End);
    assert_ended(host, ServerDisconnect).await;
}

#[tokio::test(start_paused = true)]
async fn no_pong_on_polling() {
    let begun = Instant::now();
    let (host, mut polling) = polling().await;
    assert_eq!(polling.poll().await, ["2"]);
    assert_eq!(begun.elapsed().as_secs(), 25);
    polling.start_poll().await;
    assert_eq!(polling.polled().await, ["1"]);
    assert_eq!(begun.elapsed().as_secs(), 45);
    assert_ended(host, PingTimeout).await;
}

#[tokio::test(start_paused = true)]
async fn no_poll_at_all() {
    let (host, polling) = polling().await;
    assert_ended(host, PingTimeout).await;
    drop(polling);
}

#[tokio::test(start_paused = true)]
async fn no_pong_on_websocket() {
    let begun = Instant::now();
    let (host, mut websocket) = websocket().await;
    assert_eq!(websocket.text().await, "2");
    assert_eq!(begun.elapsed().as_secs(), 25);
    websocket.send("4not a pong").await;
    assert_eq!(websocket.close_code().await, 1000);
    assert_eq!(begun.elapsed().as_secs(), 45);
    let mut host = host;
    assert_eq!(host.calls.message().await, "before".into());
    assert_eq!(host.calls.message().await, "not a pong".into());
    assert_eq!(host.calls.reason().await, PingTimeout);
}

#[tokio::test(start_paused = true)]
async fn pongs_keep_both_transports_alive() {
    let host = Host::start(|builder| {
        builder.ping_interval(Duration::from_millis(300)).ping_timeout(Duration::from_millis(200))
    });
    let begun = Instant::now();
    let mut polling = host.polling().await;
    let (mut websocket, _) = host.websocket().await;
    for round in 1..=10 {
        assert_eq!(polling.poll().await, ["2"]);
        polling.post("3").await;
        assert_eq!(websocket.text().await, "2");
        websocket.send("3").await;
        assert!(begun.elapsed() >= Duration::from_millis(300) * round);
    }
    assert_eq!(host.server.sessions().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_websocket_goes_away() {
    let (host, socket) = websocket().await;
    drop(socket);
    assert_ended(host, TransportClose).await;
    let (host, mut socket) = websocket().await;
    socket.send_frame(OpCode::Close, true, &1001_u16.to_be_bytes()).await;
    assert_eq!(socket.close_code().await, 1001);
    assert_ended(host, TransportClose).await;
}

#[tokio::test(start_paused = true)]
async fn a_poll_is_aborted() {
    let (host, mut polling) = polling().await;
    polling.start_poll().await;
    let mut other = host.http().await;
    other.exchange(&post(&polling.uri(), "4")).await;
    drop(polling);
    let mut host = host;
    assert_eq!(host.calls.message().await, "before".into());
    assert_eq!(host.calls.message().await, "".into());
    assert_eq!(host.calls.reason().await, TransportError);
}

#[tokio::test(start_paused = true)]
async fn the_end_tells_what_may_not_have_arrived() {
    let (mut host, mut polling) = polling().await;
    let id = sid(&polling.sid);
    for text in ["one", "two"] {
        host.server.send(&id, text).await.unwrap();
        assert_eq!(polling.poll().await, [format!("4{text}")]);
    }
    host.server.send(&id, "three").await.unwrap();
    assert_eq!(polling.try_post("x").await.status(), 400);
    assert_eq!(host.calls.message().await, "before".into());
    let end = host.calls.disconnect().await;
    assert_eq!((end.reason, end.unconfirmed), (ParseError, 2), "the second was fetched, the third was not");
    assert_eq!(end.detail, "a POST held something that is no packet");
}

#[tokio::test(start_paused = true)]
async fn a_server_without_handlers_ends_sessions_as_well() {
    let server = Server::builder().build().unwrap();
    let (network, listener) = crate::support::memory::network();
    let serving = server.clone();
    tokio::spawn(async move { serving.serve(listener).await });
    let (websocket, id) = WebSocket::open(&network).await;
    let socket = server.socket(&sid(&id)).unwrap();
    drop(websocket);
    until(|| !socket.is_connected()).await;
    assert_eq!(server.session_count(), 0);
}
