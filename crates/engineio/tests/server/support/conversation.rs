//! What a client and an echoing server say to each other, whatever carries it.

use engineio::server::ServerBuilder;
use engineio::{Message, Server, Socket};
use engineio_proto::ws::OpCode;
use tokio::io::AsyncWriteExt;

use super::http::{encode, get};
use super::websocket::{self, handshake, masked};
use super::{Dial, Frame, Http, Polling, WebSocket};

/// A server that answers every message with itself.
pub(crate) fn echo() -> ServerBuilder {
    Server::builder().on_message(|socket: Socket, message: Message| async move {
        socket.send(message).await.unwrap();
    })
}

/// Polling, the upgrade, WebSocket and the end, with an echoing server.
pub(crate) async fn converse(dial: &impl Dial) {
    // Connections with TLS are large, and there are several of them.
    Box::pin(polling_and_upgrade(dial)).await;
    Box::pin(begin_on_websocket(dial)).await;
}

async fn polling_and_upgrade(dial: &impl Dial) {
    let mut polling = Polling::open(dial).await;
    polling.post("4text\u{1e}bAQID").await;
    assert_eq!(polling.poll().await, ["4text", "bAQID"]);
    let mut websocket = polling.upgrade().await;
    websocket.send("4over").await;
    assert_eq!(websocket.text().await, "4over");
    websocket.send_frame(OpCode::Binary, true, &vec![7; 100_000]).await;
    assert_eq!(websocket.next().await, Frame::Binary(vec![7; 100_000].into()));
    websocket.send("1").await;
    assert_eq!(websocket.close_code().await, 1000);
    assert_eq!(websocket.next().await, Frame::End);
}

/// A session that begins on WebSocket, and whose client does not wait for the 101 to send its first frames.
async fn begin_on_websocket(dial: &impl Dial) {
    let mut io = dial.dial().await;
    let frame = |text: &str| masked(OpCode::Text, true, text.as_bytes());
    let request = encode(&handshake(&get(websocket::OPEN)));
    io.write_all(&[request, frame("4early"), frame("4bird")].concat()).await.unwrap();
    let mut http = Http::new(io);
    assert_eq!(http.receive().await.status(), 101);
    let mut websocket = WebSocket::over(http);
    websocket.opened().await;
    assert_eq!(websocket.text().await, "4early");
    assert_eq!(websocket.text().await, "4bird");
}
