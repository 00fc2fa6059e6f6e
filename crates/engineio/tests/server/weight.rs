//! How much one client makes a server hold whose handlers do not come to an end.

use std::future::pending;
use std::time::Duration;

use engineio::Message;

use crate::support::http::post;
use crate::support::websocket::masked;
use crate::support::{Host, WebSocket, memory};
use engineio_proto::ws::OpCode;
use tokio::io::{AsyncWriteExt, DuplexStream};

/// The largest message and body.
const PAYLOAD: usize = 1_000_000;

/// What SECURITY.md promises for one client.
const PROMISE: usize = 4 * PAYLOAD;

/// Each message that the clients send.
const MESSAGE: usize = 900_000;

fn stuck(concurrency: usize) -> Host {
    Host::start(|builder| {
        builder.handler_concurrency(concurrency).on_message(|_, _: Message| pending::<()>())
    })
}

fn packet() -> String {
    format!("4{}", "x".repeat(MESSAGE))
}

/// Sends messages until nobody has read any for a minute. Returns how many bytes were read.
async fn pour(io: &mut DuplexStream) -> usize {
    let frame = masked(OpCode::Text, true, packet().as_bytes());
    let mut sent = 0;
    while sent < 100 * PAYLOAD {
        let rest = &frame[sent % frame.len()..];
        match tokio::time::timeout(Duration::from_secs(60), io.write(rest)).await {
            Ok(written) => sent += written.unwrap(),
            Err(_) => return sent - memory::BUFFER,
        }
    }
    sent
}

#[tokio::test(start_paused = true)]
async fn over_a_websocket() {
    for concurrency in [1, 64] {
        let host = stuck(concurrency);
        let (websocket, _) = host.websocket().await;
        let sent = pour(&mut websocket.into_io()).await;
        assert!((2 * PAYLOAD..PROMISE).contains(&sent), "{sent} bytes, {concurrency} handlers at a time");
    }
}

/// Posts messages until one is not answered for a while, or no more are taken. Returns their bytes.
async fn post_all(host: &Host, uri: &str) -> usize {
    for count in 1..100 {
        let mut http = host.http().await;
        let request = post(uri, packet());
        let answer = http.exchange(&request);
        let Ok(answer) = tokio::time::timeout(Duration::from_secs(20), answer).await else {
            // What is not answered has to stay open, or the session ends.
            std::mem::forget(http);
            return count * MESSAGE;
        };
        assert_eq!(answer.status(), 200);
    }
    100 * MESSAGE
}

#[tokio::test(start_paused = true)]
async fn by_polling() {
    for concurrency in [1, 64] {
        let host = stuck(concurrency);
        let polling = host.polling().await;
        let sent = post_all(&host, &polling.uri()).await;
        assert!((2 * PAYLOAD..PROMISE).contains(&sent), "{sent} bytes, {concurrency} handlers at a time");
    }
}

#[tokio::test(start_paused = true)]
async fn by_polling_and_over_the_websocket_that_follows() {
    let host = stuck(64);
    let polling = host.polling().await;
    let posted = post_all(&host, &polling.uri()).await;
    let mut websocket = polling.start_upgrade().await;
    websocket.send("2probe").await;
    assert_eq!(websocket.text().await, "3probe");
    websocket.send("5").await;
    let sent = pour(&mut websocket.into_io()).await;
    assert!((2 * PAYLOAD..PROMISE).contains(&(posted + sent)), "{posted} and {sent} bytes");
}

#[tokio::test(start_paused = true)]
async fn by_polling_and_over_a_websocket_that_probes() {
    let host = stuck(64);
    let polling = host.polling().await;
    let posted = post_all(&host, &polling.uri()).await;
    let websocket: WebSocket<DuplexStream> = polling.start_upgrade().await;
    let mut io = websocket.into_io();
    // A message that is never complete.
    let frame = masked(OpCode::Text, false, packet().as_bytes());
    io.write_all(&frame).await.unwrap();
    assert!(posted + frame.len() < PROMISE, "{posted} bytes and {}", frame.len());
    assert_eq!(host.server.session_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn small_messages_do_not_keep_the_large_bodies_that_brought_them() {
    let kept = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let keep = std::sync::Arc::clone(&kept);
    let host = Host::start(|builder| {
        builder.handler_concurrency(64).on_message(move |_, message: Message| {
            // The long ones are done with at once.
            let short = message.len() < 1000;
            keep.lock().unwrap().extend(short.then_some(message));
            async move {
                if short {
                    pending::<()>().await;
                }
            }
        })
    });
    let polling = host.polling().await;
    let body = format!("4{}\u{1e}4{}", "s".repeat(100), "x".repeat(MESSAGE));
    for _ in 0..20 {
        let mut http = host.http().await;
        assert_eq!(http.exchange(&post(&polling.uri(), body.clone())).await.status(), 200);
    }
    assert_eq!(kept.lock().unwrap().len(), 20);
}
