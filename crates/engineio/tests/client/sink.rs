//! The sink of messages.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use engineio::client::{ClientState, MessageSink, Overflow, Reconnect};
use engineio::{Client, Message, SendError, Server, Transport};
use futures_sink::Sink;

use crate::support::{Host, Raw, Way, network, page, soon, text};

const OPEN: &str =
    r#"0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

async fn ready(sink: &mut MessageSink) -> Result<(), SendError> {
    poll_fn(|cx| Pin::new(&mut *sink).poll_ready(cx)).await
}

async fn is_ready(sink: &mut MessageSink) -> bool {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *sink).poll_ready(cx))).await.is_ready()
}

async fn feed(sink: &mut MessageSink, message: &str) -> Result<(), SendError> {
    ready(sink).await?;
    Pin::new(sink).start_send(Message::from(message))
}

async fn flush(sink: &mut MessageSink) -> Result<(), SendError> {
    poll_fn(|cx| Pin::new(&mut *sink).poll_flush(cx)).await
}

async fn close(sink: &mut MessageSink) -> Result<(), SendError> {
    poll_fn(|cx| Pin::new(&mut *sink).poll_close(cx)).await
}

#[tokio::test]
async fn what_is_fed_arrives_in_order_and_flush_waits_for_it() {
    let host = Host::echo().await;
    for transport in [Transport::Polling, Transport::WebSocket] {
        let builder = Client::builder().transports([transport]).upgrade(false);
        let (client, mut events) = soon(builder.connect(&host.url())).await.unwrap();
        let mut sink = client.sink();
        for number in 0..100 {
            soon(feed(&mut sink, &number.to_string())).await.unwrap();
        }
        soon(flush(&mut sink)).await.unwrap();
        assert_eq!(client.progress().confirmed.count(), 100, "{transport}");
        for number in 0..100 {
            assert_eq!(text(&mut events).await, number.to_string(), "{transport}");
        }
        soon(close(&mut sink)).await.unwrap();
        assert_eq!(client.state(), ClientState::Closed, "{transport}");
        assert_eq!(soon(ready(&mut sink)).await, Err(SendError::Closed), "{transport}");
    }
}

/// A server that opens a session and answers no POST: what is sent stays queued.
async fn deaf() -> Raw {
    Raw::start(|request| (!request.has_sid()).then(|| page("200 OK", "", OPEN))).await
}

#[tokio::test]
async fn it_is_not_ready_while_the_queue_is_full_and_ends_with_the_session() {
    let raw = deaf().await;
    let builder = Client::builder().max_queued_packets(2).overflow(Overflow::Wait);
    let (client, _events) = soon(builder.connect(&raw.url())).await.unwrap();
    let mut sink = client.sink();
    // One POST is under way with what it took; behind it there is room for two more.
    let mut fed = 0;
    while is_ready(&mut sink).await {
        Pin::new(&mut sink).start_send(Message::from("x")).unwrap();
        fed += 1;
        assert!(fed < 100, "the queue is never full");
        tokio::task::yield_now().await;
    }
    assert!(fed >= 2);
    client.abort();
    assert_eq!(soon(feed(&mut sink, "late")).await, Err(SendError::Closed));
    assert_eq!(soon(flush(&mut sink)).await, Err(SendError::Closed), "what was queued did not leave");
}

#[tokio::test]
async fn a_sink_that_waits_for_room_is_woken_by_it() {
    let host = Host::echo().await;
    let builder = Client::builder().max_queued_packets(1).transports([Transport::WebSocket]);
    let (client, mut events) = soon(builder.connect(&host.url())).await.unwrap();
    let mut sink = client.sink();
    let feeding = tokio::spawn(async move {
        for number in 0..50 {
            feed(&mut sink, &number.to_string()).await.unwrap();
        }
    });
    for number in 0..50 {
        assert_eq!(text(&mut events).await, number.to_string());
    }
    soon(feeding).await.unwrap();
}

/// Another session has taken the place of the one that lost what was fed, before the task that flushes looked again.
#[tokio::test(start_paused = true)]
async fn a_flush_does_not_take_the_next_session_for_its_own() {
    let (network, memory) = network();
    let _host = Host::on(memory, Server::builder());
    let builder = network.client().transports([Transport::Polling]).reconnect(Reconnect::default());
    let (client, mut events) = builder.connect("http://h").await.unwrap();
    let (first, mut sink) = (client.sid(), client.sink());
    network.set(Way::Down);
    feed(&mut sink, "lost").await.unwrap();
    let begun = poll_fn(|cx| Poll::Ready(Pin::new(&mut sink).poll_flush(cx))).await;
    assert!(begun.is_pending());
    while client.is_connected() {
        events.next().await.unwrap();
    }
    network.set(Way::Open);
    while !client.is_connected() {
        events.next().await.unwrap();
    }
    assert_ne!(client.sid(), first);
    assert_eq!(flush(&mut sink).await, Err(SendError::Closed));
    feed(&mut sink, "arrives").await.unwrap();
    assert_eq!(flush(&mut sink).await, Ok(()));
}
