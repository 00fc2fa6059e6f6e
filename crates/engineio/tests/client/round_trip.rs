//! What is known of the round trip.

use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use engineio::{Client, Transport};
use tungstenite::Message;

use crate::support::{soon, text};

const OPEN: &str =
    r#"0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

/// A server on WebSocket that holds the pong back until it is told to answer; then it sends `now`.
fn hesitant() -> (String, mpsc::Receiver<Instant>, mpsc::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let ((pinged, pings), (answer, answers)) = (mpsc::channel(), mpsc::channel());
    thread::spawn(move || {
        let mut socket = tungstenite::accept(listener.accept().unwrap().0).unwrap();
        socket.send(Message::text(OPEN)).unwrap();
        // A pong is queued when a ping is read, and leaves with the next write.
        while !socket.read().unwrap().is_ping() {}
        pinged.send(Instant::now()).unwrap();
        let () = answers.recv().unwrap();
        socket.flush().unwrap();
        socket.send(Message::text("4now")).unwrap();
        while socket.read().is_ok() {}
    });
    (url, pings, answer)
}

#[tokio::test]
async fn over_websocket_it_is_that_of_a_ping() {
    let (url, pings, answer) = hesitant();
    let builder = Client::builder().transports([Transport::WebSocket]);
    let (client, mut events) = soon(builder.connect(&url)).await.unwrap();
    let of_handshake = client.round_trip_time().unwrap();
    client.send("hello").await.unwrap();
    let pinged = soon(tokio::task::spawn_blocking(move || pings.recv().unwrap())).await.unwrap();
    while pinged.elapsed() <= of_handshake {
        tokio::task::yield_now().await;
    }
    assert_eq!(client.round_trip_time(), Some(of_handshake), "not answered yet");
    let held = pinged.elapsed();
    answer.send(()).unwrap();
    assert_eq!(text(&mut events).await, "now");
    assert!(client.round_trip_time().unwrap() >= held);
}
