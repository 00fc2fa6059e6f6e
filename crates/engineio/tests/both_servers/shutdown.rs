//! The end of a server.

use std::time::{Duration, Instant};

use engineio::client::Events;
use engineio::{Client, DisconnectReason, Transport};
use tokio::sync::mpsc::unbounded_channel;

use crate::both;
use crate::face::{Handlers, ServerFace};

both!(clients_are_told_what_waits_arrives_and_nobody_comes_any_more, sleeping_is_waiting);

/// What a client is told until its end.
async fn listen(client: Client, mut events: Events) -> (Vec<String>, DisconnectReason) {
    let mut texts = Vec::new();
    while let Some(message) = events.next_message().await {
        texts.push(message.as_text().unwrap().to_owned());
    }
    (texts, client.closed().await.unwrap().reason)
}

async fn clients_are_told_what_waits_arrives_and_nobody_comes_any_more<S: ServerFace>() {
    let (told, mut ends) = unbounded_channel();
    let handlers =
        Handlers::<S::Socket>::default().on_disconnect(move |_, end| told.send(end.reason).unwrap());
    let (server, url) = S::start(handlers).await;
    let mut clients = Vec::new();
    for transport in [Transport::Polling, Transport::WebSocket] {
        let (client, events) = Client::builder().transports([transport]).connect(&url).await.unwrap();
        // A client whose application takes nothing fetches nothing.
        clients.push(tokio::spawn(listen(client, events)));
    }
    for number in 0..50 {
        assert_eq!(server.broadcast(number.to_string()).sent, 2);
    }
    assert!(!server.is_shutting_down());
    server.shutdown(Duration::from_secs(30)).await;
    assert!(server.is_shutting_down());
    assert_eq!(server.session_count(), 0);
    for client in clients {
        let (texts, reason) = client.await.unwrap();
        assert_eq!(texts, (0..50).map(|number| number.to_string()).collect::<Vec<_>>());
        assert_eq!(reason, DisconnectReason::ServerDisconnect);
        assert_eq!(ends.recv().await, Some(DisconnectReason::Shutdown));
    }
    Client::connect(&url).await.unwrap_err();
    server.shutdown(Duration::ZERO).await;
}

async fn sleeping_is_waiting<S: ServerFace>() {
    let (server, _url) = S::start(Handlers::default()).await;
    let before = Instant::now();
    server.sleep(Duration::from_millis(5)).await;
    assert!(before.elapsed() >= Duration::from_millis(5));
    assert!(!server.is_shutting_down());
}
