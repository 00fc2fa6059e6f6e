//! What only the client for threads has.

use std::time::Duration;

use engineio::blocking::{Client, NextError, Server, Socket};
use engineio::client::Event;
use engineio::{DisconnectReason, Message};

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
fn waiting_has_limits() {
    let (_server, url) = echo();
    let (client, mut events) =
        Client::connect_with(engineio::Client::builder().upgrade(false), &url).unwrap();
    assert!(matches!(events.next_timeout(SOON), Ok(Event::Open(_))));
    assert_eq!(events.next_timeout(Duration::ZERO).unwrap_err(), NextError::Timeout);
    assert_eq!(events.next_message_timeout(Duration::ZERO).unwrap_err(), NextError::Timeout);
    client.send("x").unwrap();
    assert_eq!(events.next_message_timeout(SOON).unwrap().as_text(), Some("x"));
    client.flush_timeout(SOON).unwrap().unwrap();
    client.close();
    assert!(matches!(events.next_timeout(SOON), Ok(Event::Disconnected(_))));
    assert_eq!(events.next_timeout(SOON).unwrap_err(), NextError::Closed);
}

#[test]
fn events_are_an_iterator_that_ends_with_the_client() {
    let (server, url) = echo();
    let (client, events) = Client::connect(&url).unwrap();
    client.send("x").unwrap();
    let mut ends = Vec::new();
    for event in events {
        match event {
            Event::Message(_) => server.disconnect_all(),
            Event::Disconnected(end) => ends.push(end.reason),
            _ => {}
        }
    }
    assert_eq!(ends, [DisconnectReason::ServerDisconnect]);
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

#[test]
fn tasks_in_the_background_are_threads() {
    let (_server, url) = echo();
    let (client, mut events) = Client::connect(&url).unwrap();
    let sender = client.clone();
    let task = client.start_background_task(move || sender.send("from the background")).unwrap();
    task.join().unwrap().unwrap();
    assert_eq!(events.next_message().unwrap().as_text(), Some("from the background"));
}

#[test]
fn callbacks_are_for_the_other_client() {
    let settings = engineio::Client::builder().on_open(|_| async {});
    let error = Client::connect_with(settings, "http://localhost").unwrap_err();
    assert!(error.to_string().contains("asynchronous client"), "{error}");
}
