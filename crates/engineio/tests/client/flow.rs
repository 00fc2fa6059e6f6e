//! Reading that pauses and goes on. The clock is paused: it moves only when everybody waits for it.

use std::time::Duration;

use engineio::{DisconnectReason, Message, Server, Socket, Transport};
use tokio::time::{Instant, sleep};

use crate::support::{Host, network, text};

/// A message that is too long for many of them to come with one read.
fn long(number: usize) -> String {
    format!("{number:02000}")
}

/// Says so many numbers as soon as it is greeted.
fn talkative(count: usize) -> engineio::server::ServerBuilder {
    Server::builder().on_message(move |socket: Socket, _: Message| async move {
        for number in 0..count {
            socket.send(long(number)).await.unwrap();
        }
    })
}

/// The application's queue is full and reading pauses. Once the application has taken what waits, reading goes on,
/// and nothing but the application is what wakes it.
#[tokio::test(start_paused = true)]
async fn reading_goes_on_as_soon_as_there_is_room_again() {
    for transport in [Transport::WebSocket, Transport::Polling] {
        let (network, memory) = network();
        let _host = Host::on(memory, talkative(500));
        let builder = network.client().transports([transport]).max_inbound(4);
        let (client, mut events) = builder.connect("http://h").await.unwrap();
        client.send("hello").await.unwrap();
        // Everything that can happen without the application has happened when this ends.
        sleep(Duration::from_secs(1)).await;
        let begun = Instant::now();
        for number in 0..500 {
            assert_eq!(text(&mut events).await, long(number), "{transport}");
        }
        assert_eq!(begun.elapsed(), Duration::ZERO, "{transport}: the driver slept until its timer");
    }
}

/// The same with the first message that arrives after the application has caught up.
#[tokio::test(start_paused = true)]
async fn a_message_after_a_pause_is_received_at_once() {
    let (network, memory) = network();
    let host = Host::on(memory, Server::builder());
    let builder = network.client().transports([Transport::WebSocket]).max_inbound(2);
    let (client, mut events) = builder.connect("http://h").await.unwrap();
    let sid = client.sid().unwrap();
    for round in 0..20 {
        for number in 0..3 {
            host.server.send(&sid, format!("{round} {number}")).await.unwrap();
        }
        sleep(Duration::from_millis(1)).await;
        let begun = Instant::now();
        for number in 0..3 {
            assert_eq!(text(&mut events).await, format!("{round} {number}"));
        }
        assert_eq!(begun.elapsed(), Duration::ZERO, "round {round}");
    }
}

/// Pings behind unread messages cannot be answered. Whoever takes no events for an hour loses the session; what had
/// arrived by then is delivered, in order, and then the end.
#[tokio::test(start_paused = true)]
async fn an_application_that_is_busy_for_an_hour_gets_what_had_arrived_and_then_the_end() {
    let (network, memory) = network();
    let host = Host::on(memory, talkative(500));
    let builder = network.client().transports([Transport::WebSocket]).max_inbound(4);
    let (client, mut events) = builder.connect("http://h").await.unwrap();
    client.send("hello").await.unwrap();
    sleep(Duration::from_secs(3600)).await;
    assert!(host.server.sessions().is_empty(), "the server has given up");
    let mut came = 0;
    while let Some(message) = events.next_message().await {
        assert_eq!(message.as_text(), Some(long(came).as_str()));
        came += 1;
    }
    assert!((4..500).contains(&came), "{came}");
    let end = client.closed().await.unwrap();
    assert_eq!(end.reason, DisconnectReason::TransportClose, "{end}");
}

/// An event that is no message has its place in the queue, too: that it was taken ends the pause.
#[tokio::test(start_paused = true)]
async fn an_event_that_is_no_message_ends_a_pause_when_it_is_taken() {
    let (network, memory) = network();
    let host = Host::on(memory, Server::builder());
    let builder = network.client().transports([Transport::WebSocket]).max_inbound(4).drain_events(true);
    let (client, mut events) = builder.connect("http://h").await.unwrap();
    let sid = client.sid().unwrap();
    client.send("leaves at once").await.unwrap();
    sleep(Duration::from_millis(1)).await;
    let begun = Instant::now();
    // With these three the queue is full, exactly.
    for numbers in [0..3, 3..6] {
        for number in numbers.clone() {
            host.server.send(&sid, long(number)).await.unwrap();
        }
        sleep(Duration::from_millis(1)).await;
        for number in numbers {
            assert_eq!(text(&mut events).await, long(number));
        }
    }
    assert_eq!(begun.elapsed(), Duration::from_millis(2), "the driver slept until its timer");
}

/// Reading was paused when the events were dropped, with some of them taken: from then on messages are forgotten, and
/// the session goes on.
#[tokio::test(start_paused = true)]
async fn a_session_outlives_events_that_are_dropped_in_a_pause() {
    for transport in [Transport::WebSocket, Transport::Polling] {
        let (network, memory) = network();
        let host = Host::on(memory, talkative(500));
        let builder = network.client().transports([transport]).max_inbound(4);
        let (client, mut events) = builder.connect("http://h").await.unwrap();
        client.send("hello").await.unwrap();
        sleep(Duration::from_secs(1)).await;
        assert_eq!(text(&mut events).await, long(0), "{transport}");
        sleep(Duration::from_secs(1)).await;
        drop(events);
        sleep(Duration::from_secs(3600)).await;
        assert!(client.is_connected(), "{transport}");
        assert_eq!(host.server.session_count(), 1, "{transport}");
    }
}

/// The same by polling, where each response that waits counts: nobody but the one who forgets them asks for more.
#[tokio::test(start_paused = true)]
async fn polling_goes_on_as_soon_as_events_are_dropped() {
    let (network, memory) = network();
    let host = Host::on(memory, Server::builder());
    let builder = network.client().transports([Transport::Polling]).max_inbound(4);
    let (client, events) = builder.connect("http://h").await.unwrap();
    let socket = host.server.socket(&client.sid().unwrap()).unwrap();
    for number in 0..10 {
        socket.send(long(number)).await.unwrap();
        sleep(Duration::from_millis(1)).await;
    }
    assert!(socket.buffered_bytes() > 0, "the client has paused");
    let begun = Instant::now();
    drop(events);
    socket.flush().await.unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO, "the driver slept until its timer");
}
