//! When attempts are made. The clock is paused: it moves only when everybody waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engineio::client::{ClientState, Event, Events, Phase, Reconnect};
use engineio::{DisconnectReason, Server, Transport};
use tokio::time::{Instant, sleep, timeout};

use crate::support::{Host, Raw, Way, network, page, text};

const SECOND: Duration = Duration::from_secs(1);
const OPEN: &str =
    r#"0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

/// Without chance, so that times are exact.
fn exact() -> Reconnect {
    Reconnect { jitter: 0.0, ..Reconnect::default() }
}

/// Delays of the attempts that are told of until `done`.
async fn delays(events: &mut Events, mut done: impl FnMut(&Event) -> bool) -> Vec<u128> {
    let mut delays = Vec::new();
    loop {
        let Some(event) = events.next().await else { return delays };
        if let Event::Reconnecting { attempt, delay } = event {
            assert_eq!(attempt as usize, delays.len() + 1);
            delays.push(delay.as_millis());
        }
        if done(&event) {
            return delays;
        }
    }
}

fn failed(number: u32) -> impl FnMut(&Event) -> bool {
    move |event| matches!(event, Event::ConnectFailed { attempt, .. } if *attempt == number)
}

#[tokio::test(start_paused = true)]
async fn attempts_come_when_they_were_announced_and_begin_anew_after_a_session_that_lasted() {
    for transport in [Transport::Polling, Transport::WebSocket] {
        let (network, memory) = network();
        let _host = Host::on(memory, Server::builder());
        let builder = network.client().transports([transport]).reconnect(exact());
        let (client, mut events) = builder.connect("http://h").await.unwrap();
        let mut before = client.sid();
        for _ in 0..3 {
            assert!(matches!(events.next().await, Some(Event::Open(_))));
            sleep(5 * SECOND).await;
            let begun = Instant::now();
            network.set(Way::Down);
            assert!(matches!(events.next().await, Some(Event::Disconnected(end)) if end.reconnects));
            let dials = network.dials();
            assert_eq!(delays(&mut events, failed(6)).await, [500, 1000, 2000, 4000, 8000, 10_000]);
            assert_eq!(network.dials(), dials + 6, "one connection for each attempt");
            let passed = begun.elapsed();
            assert!(passed.abs_diff(Duration::from_millis(25_500)) < Duration::from_millis(20), "{passed:?}");
            network.set(Way::Open);
            assert!(matches!(events.next().await, Some(Event::Reconnecting { attempt: 7, .. })));
            assert_eq!(client.state(), ClientState::Reconnecting);
            client.opened().await.unwrap();
            assert_ne!(client.sid(), before, "a session is never resumed");
            before = client.sid();
        }
        assert!(network.most_open() <= 2, "{} connections at once", network.most_open());
    }
}

/// Ends each session once it has lasted this long, and says how long the client waits then.
async fn cut_after(host: &Host, events: &mut Events, lasts: Duration) -> Option<(u32, u128)> {
    assert!(matches!(events.next().await, Some(Event::Open(_))));
    sleep(lasts).await;
    host.server.disconnect_all();
    let ended = events.next().await;
    let follows = matches!(&ended, Some(Event::Disconnected(end)) if end.reconnects);
    assert!(follows || matches!(&ended, Some(Event::Disconnected(_))), "{ended:?}");
    match events.next().await {
        Some(Event::Reconnecting { attempt, delay }) if follows => Some((attempt, delay.as_millis())),
        other => {
            assert!(other.is_none() && !follows, "{other:?} after {ended:?}");
            None
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_each_session_at_once_is_asked_less_and_less_often() {
    for transport in [Transport::Polling, Transport::WebSocket] {
        let (network, memory) = network();
        let host = Host::on(memory, Server::builder());
        let policy = Reconnect { max_attempts: Some(7), ..exact() };
        let builder = network.client().transports([transport]).reconnect(policy);
        let (client, mut events) = builder.connect("http://h").await.unwrap();
        for expected in [500, 1000, 2000, 4000, 8000, 10_000].into_iter().enumerate() {
            let (attempt, delay) = cut_after(&host, &mut events, SECOND).await.unwrap();
            assert_eq!((attempt as usize - 1, delay), expected, "{transport}");
        }
        assert_eq!(cut_after(&host, &mut events, 5 * SECOND).await, Some((1, 500)), "this one lasted");
        for _ in 2..=7 {
            assert!(cut_after(&host, &mut events, SECOND).await.is_some());
        }
        assert_eq!(
            cut_after(&host, &mut events, SECOND).await,
            None,
            "seven attempts and nothing that lasted"
        );
        assert_eq!(client.state(), ClientState::Closed);
    }
}

#[tokio::test(start_paused = true)]
async fn jitter_keeps_delays_within_its_bounds_and_apart() {
    let (network, _memory) = network();
    network.set(Way::Down);
    let policy = Reconnect { first_connect: true, max_attempts: Some(40), ..Reconnect::default() };
    let connector = network.client().reconnect(policy).build().unwrap();
    let (_client, mut events) = connector.start("http://h").unwrap();
    let delays = delays(&mut events, |_| false).await;
    assert_eq!(delays.len(), 40);
    for (index, delay) in delays.iter().enumerate() {
        let full = 10_000.min(500 << index.min(10));
        assert!((full / 2..=full).contains(delay), "attempt {}: {delay} ms", index + 1);
    }
    let late: Vec<_> = delays.iter().skip(5).collect();
    assert!(late.iter().any(|delay| Some(delay) != late.first()), "{late:?}");
}

/// Attempts that take their time are waited for: the next one begins after the delay that follows.
#[tokio::test(start_paused = true)]
async fn there_are_never_two_attempts_at_once() {
    let (network, memory) = network();
    let _raw = Raw::on(memory, |_| None);
    let policy = Reconnect { first_connect: true, max_attempts: Some(4), ..exact() };
    let builder = network.client().handshake_timeout(5 * SECOND).reconnect(policy);
    let begun = Instant::now();
    let error = builder.connect("http://h").await.unwrap_err();
    assert!(error.is_timeout() || error.to_string().contains("in time"), "{error}");
    // Five attempts over two transports each, and the four delays.
    let expected = 5 * 2 * 5 * SECOND + Duration::from_millis(500 + 1000 + 2000 + 4000);
    let passed = begun.elapsed();
    assert!(passed.abs_diff(expected) < Duration::from_millis(50), "{passed:?}");
    // hyper lets go of a connection only after its request was dropped: the next one may be there already.
    assert!(network.dials() == 10 && network.most_open() <= 2);
}

#[tokio::test(start_paused = true)]
async fn closing_ends_an_attempt_and_the_wait_for_one_at_once() {
    for way in [Way::Down, Way::Silent] {
        for abort in [true, false] {
            let (network, memory) = network();
            let host = Host::on(memory, Server::builder());
            let builder = network.client().upgrade(false).reconnect(exact());
            let (client, mut events) = builder.connect("http://h").await.unwrap();
            assert!(host.server.disconnect(&client.sid().unwrap()));
            while !matches!(events.next().await, Some(Event::Reconnecting { .. })) {}
            network.set(way);
            // Down: the client waits for its next attempt. Silent: its attempt waits for the server.
            sleep(3 * SECOND).await;
            let begun = Instant::now();
            if abort {
                client.abort();
            }
            client.close().await;
            assert_eq!((begun.elapsed(), client.state()), (Duration::ZERO, ClientState::Closed), "{way:?}");
            let dials = network.dials();
            while events.next().await.is_some() {}
            sleep(60 * SECOND).await;
            assert_eq!(network.dials(), dials);
            assert_eq!(client.closed().await.unwrap().reason, DisconnectReason::ServerDisconnect);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_of_connect_ends_its_attempts() {
    let (network, _memory) = network();
    network.set(Way::Down);
    let policy = Reconnect { first_connect: true, ..exact() };
    let connect = network.client().reconnect(policy).connect("http://h");
    assert!(timeout(4 * SECOND, connect).await.is_err());
    let dials = network.dials();
    assert_eq!(dials, 4, "at once, and after 500, 1 000 and 2 000 ms");
    sleep(600 * SECOND).await;
    assert_eq!(network.dials(), dials);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_names_a_time_is_not_asked_before() {
    let (network, memory) = network();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let _raw = Raw::on(memory, move |request| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Some(page("503 Service Unavailable", "retry-after: 7\r\n", "")),
        _ => (!request.has_sid()).then(|| page("200 OK", "", OPEN)),
    });
    let policy = Reconnect { first_connect: true, ..exact() };
    let begun = Instant::now();
    let builder = network.client().transports([Transport::Polling]).reconnect(policy);
    let (_client, _events) = builder.connect("http://h").await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn time_limits_the_attempts_of_one_loss() {
    let (network, memory) = network();
    let _host = Host::on(memory, Server::builder());
    let policy = Reconnect { max_elapsed: Some(20 * SECOND), ..exact() };
    let (client, mut events) = network.client().reconnect(policy).connect("http://h").await.unwrap();
    sleep(3600 * SECOND).await;
    network.set(Way::Down);
    let begun = Instant::now();
    assert_eq!(delays(&mut events, |_| false).await, [500, 1000, 2000, 4000, 8000]);
    assert!(begun.elapsed() < 20 * SECOND);
    assert_eq!(client.state(), ClientState::Closed);
    let error = client.opened().await;
    assert!(error.is_ok(), "there was a session: {error:?}");
}

/// The next session waits until the application has taken what the last one said, and no longer.
#[tokio::test(start_paused = true)]
async fn the_next_session_waits_for_the_events_of_the_last() {
    let (network, memory) = network();
    let host = Host::on(memory, crate::support::echo(Server::builder()));
    let builder = network.client().transports([Transport::WebSocket]).reconnect(exact());
    let (client, mut events) = builder.connect("http://h").await.unwrap();
    client.send("one").await.unwrap();
    sleep(SECOND).await;
    host.server.disconnect_all();
    sleep(600 * SECOND).await;
    assert_eq!((network.dials(), client.state()), (1, ClientState::Reconnecting));
    assert_eq!(text(&mut events).await, "one");
    let begun = Instant::now();
    while !matches!(events.next().await, Some(Event::Open(_))) {}
    assert_eq!(begun.elapsed(), Duration::ZERO, "its time had come long before");
    client.send("two").await.unwrap();
    assert_eq!(text(&mut events).await, "two");
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_told_with_its_reason() {
    let (network, _memory) = network();
    network.set(Way::Down);
    let policy = Reconnect { first_connect: true, max_attempts: Some(1), ..exact() };
    let connector = network.client().reconnect(policy).build().unwrap();
    let (client, mut events) = connector.start("http://h").unwrap();
    assert_eq!(client.state(), ClientState::Connecting);
    for number in 0..2 {
        let Some(Event::ConnectFailed { attempt, error }) = events.next().await else { panic!("no failure") };
        assert_eq!((attempt, error.phase()), (number, Phase::Connect), "{error}");
        if number == 0 {
            assert!(matches!(events.next().await, Some(Event::Reconnecting { attempt: 1, .. })));
        }
    }
    assert!(events.next().await.is_none());
    assert!(client.closed().await.is_none());
    assert_eq!(client.opened().await.unwrap_err().phase(), Phase::Connect);
}
