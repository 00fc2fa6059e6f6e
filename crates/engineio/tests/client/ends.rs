//! Ends that the application brings about and looks at before the client's task has heard of them.

use engineio::client::{Event, Overflow, Phase, Reconnect};
use engineio::{DisconnectReason, SendError, Server, Transport};

use crate::support::{Host, Way, network, soon};

#[tokio::test(start_paused = true)]
async fn an_aborted_session_is_known_to_have_ended_whoever_looks_first() {
    for look_first in [true, false] {
        let (network, memory) = network();
        let _host = Host::on(memory, Server::builder());
        let (client, mut events) = network.client().connect("http://h").await.unwrap();
        assert!(matches!(events.next().await, Some(Event::Open(_))));
        client.abort();
        if look_first {
            let Some(Event::Disconnected(end)) = events.try_next() else { panic!("no end") };
            assert_eq!((end.reason, end.reconnects), (DisconnectReason::ClientDisconnect, false));
        }
        let end = client.closed().await.unwrap();
        assert_eq!(end.reason, DisconnectReason::ClientDisconnect);
        assert_eq!(client.try_send("late"), Err(SendError::Closed));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_overflows_connects_again_whoever_looks_first() {
    for look_first in [true, false] {
        let (network, memory) = network();
        let _host = Host::on(memory, Server::builder());
        let builder = network.client().transports([Transport::WebSocket]);
        let builder = builder.overflow(Overflow::Close).max_queued_packets(3).reconnect(Reconnect::default());
        let (client, mut events) = builder.connect("http://h").await.unwrap();
        assert!(matches!(events.next().await, Some(Event::Open(_))));
        while client.try_send("x").is_ok() {}
        let end = if look_first { events.try_next() } else { events.next().await };
        let Some(Event::Disconnected(end)) = end else { panic!("no end") };
        assert_eq!((end.reason, end.unconfirmed), (DisconnectReason::SlowConsumer, 3), "{end}");
        assert!(end.reconnects, "look first: {look_first}");
        assert!(matches!(events.next().await, Some(Event::Reconnecting { attempt: 1, .. })));
        assert!(matches!(events.next().await, Some(Event::Open(_))));
        client.try_send("x").unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_aborted_is_no_session_that_ended() {
    let (network, memory) = network();
    let _host = Host::on(memory, Server::builder());
    let (client, mut events) = network.client().build().unwrap().start("http://h").unwrap();
    client.abort();
    assert!(events.try_next().is_none());
    let Some(Event::ConnectFailed { attempt: 0, error }) = events.next().await else { panic!("no failure") };
    assert_eq!(error.phase(), Phase::Closed, "{error}");
    assert!(events.next().await.is_none());
    assert!(client.closed().await.is_none());
    assert_eq!(client.opened().await.unwrap_err().phase(), Phase::Closed);
}

/// Attempts that fail do not change how the last session ended.
#[tokio::test(start_paused = true)]
async fn the_last_end_is_that_of_a_session() {
    let (network, memory) = network();
    let host = Host::on(memory, Server::builder());
    let policy = Reconnect { max_attempts: Some(3), ..Reconnect::default() };
    let (client, mut events) = network.client().reconnect(policy).connect("http://h").await.unwrap();
    while !matches!(events.next().await, Some(Event::Upgraded)) {}
    host.server.disconnect_all();
    while !matches!(events.next().await, Some(Event::Disconnected(_))) {}
    network.set(Way::Down);
    while events.next().await.is_some() {}
    assert_eq!(client.closed().await.unwrap().reason, DisconnectReason::ServerDisconnect);
}

/// Nobody takes events, and what was queued still leaves.
#[tokio::test(start_paused = true)]
async fn dropping_handle_and_events_flushes_in_the_background() {
    let (told, mut messages) = tokio::sync::mpsc::unbounded_channel();
    let (network, memory) = network();
    let _host = Host::on(
        memory,
        Server::builder().on_message(move |_, message| {
            let _ = told.send(message);
            async {}
        }),
    );
    for transport in [Transport::Polling, Transport::WebSocket] {
        let builder = network.client().transports([transport]);
        let (client, events) = builder.connect("http://h").await.unwrap();
        for number in 0..100 {
            client.try_send(number.to_string()).unwrap();
        }
        drop((client, events));
        for number in 0..100 {
            assert_eq!(messages.recv().await.unwrap().as_text(), Some(number.to_string().as_str()));
        }
    }
}

#[test]
fn a_runtime_that_goes_takes_its_clients_with_it_and_they_say_so() {
    let other = tokio::runtime::Runtime::new().unwrap();
    let host = other.block_on(Host::echo());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let builder = engineio::Client::builder().transports([Transport::WebSocket]);
    let (client, mut events) = runtime.block_on(async { soon(builder.connect(&host.url())).await.unwrap() });
    drop(runtime);
    other.block_on(async {
        let end = soon(client.closed()).await.unwrap();
        assert_eq!(end.reason, DisconnectReason::ClientDisconnect, "{end}");
        let mut ends = 0;
        while let Some(event) = soon(events.next()).await {
            ends += u32::from(matches!(event, Event::Disconnected(_)));
        }
        assert_eq!(ends, 1);
        assert_eq!(client.send("late").await, Err(SendError::Closed));
        soon(client.close()).await;
    });
}
