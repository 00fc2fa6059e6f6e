//! The client for threads.

use std::time::Duration;

use engineio::blocking::{Client, NextError, Server, Socket};
use engineio::client::Event;
use engineio::{DisconnectReason, Message, Transport};

const SOON: Duration = Duration::from_secs(60);

/// A server that sends messages back, and its URL.
fn echo() -> (Server, String) {
    let server = Server::builder()
        .on_message(|socket: Socket, message: Message| {
            let _ = socket.send(message);
        })
        .build()
        .unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = server.clone();
    std::thread::spawn(move || serving.serve(listener));
    (server, url)
}

#[test]
fn messages_come_back() {
    let (_server, url) = echo();
    for settings in [
        engineio::Client::builder().upgrade(false),
        engineio::Client::builder().transports([Transport::WebSocket]),
        engineio::Client::builder(),
    ] {
        let (client, mut events) = Client::connect_with(settings, &url).unwrap();
        for number in 0..200 {
            client.send(format!("{number}")).unwrap();
        }
        for number in 0..200 {
            let message = events.next_message_timeout(SOON).unwrap();
            assert_eq!(message.as_text().unwrap(), number.to_string());
        }
        client.flush_timeout(SOON).unwrap().unwrap();
        client.close();
        let end = events.find_map(|event| match event {
            Event::Disconnected(end) => Some(end),
            _ => None,
        });
        assert_eq!(end.unwrap().reason, DisconnectReason::ClientDisconnect);
        assert_eq!(events.next_timeout(SOON).unwrap_err(), NextError::Closed);
    }
}

#[test]
fn waiting_has_limits() {
    let (_server, url) = echo();
    let (_client, mut events) =
        Client::connect_with(engineio::Client::builder().upgrade(false), &url).unwrap();
    assert!(matches!(events.next_timeout(SOON), Ok(Event::Open(_))));
    assert_eq!(events.next_timeout(Duration::from_millis(5)).unwrap_err(), NextError::Timeout);
    assert!(events.try_next().is_none());
}

#[test]
fn it_can_be_used_and_dropped_within_a_runtime() {
    let (_server, url) = echo();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, mut events) = Client::connect(&url).unwrap();
        client.send("hello").unwrap();
        assert_eq!(events.next_message().unwrap().as_text(), Some("hello"));
        drop((client, events));
    });
    runtime.block_on(async { assert!(Client::connect("http://127.0.0.1:1").is_err()) });
}
