//! Servers and networks that fall silent: each wait of the client has its limit. The clock is paused: it moves only
//! when everybody waits for it, and then to the next deadline.

use std::time::Duration;

use engineio::client::{ClientState, Event, Phase};
use engineio::{Client, DisconnectReason, Server, Transport};
use tokio::time::Instant;

use crate::support::{Host, Network, Raw, Way, frame, network, page, switch};

const OPEN: &str =
    r#"0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
const SECOND: Duration = Duration::from_secs(1);

/// A client of a server whose every answer is silence, after the handshake.
async fn polling(network: &Network) -> (Client, engineio::client::Events) {
    network.client().connect("http://h").await.unwrap()
}

/// Deadlines are kept to the millisecond, which is as fine as tokio's timers are.
fn close_to(passed: Duration, expected: Duration) -> bool {
    passed.abs_diff(expected) <= Duration::from_millis(2)
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up() {
    for transport in [Transport::Polling, Transport::WebSocket] {
        let (network, memory) = network();
        let _raw = Raw::on(memory, |_| None);
        let begun = Instant::now();
        let builder = network.client().transports([transport]);
        let error = builder.connect("http://h").await.unwrap_err();
        assert_eq!((begun.elapsed().as_secs(), error.phase()), (20, Phase::Handshake), "{transport}");
        assert!(error.to_string().contains("in time"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_does_not_come_about_is_given_up_sooner() {
    for transport in [Transport::Polling, Transport::WebSocket] {
        let (network, _memory) = network();
        network.set(Way::Silent);
        let begun = Instant::now();
        let builder = network.client().transports([transport]);
        let error = builder.connect("http://h").await.unwrap_err();
        assert!(close_to(begun.elapsed(), 10 * SECOND), "{:?}", begun.elapsed());
        assert!(error.is_timeout() && error.phase() == Phase::Connect, "{error}");
        assert!(!error.is_permanent());
    }
}

#[tokio::test(start_paused = true)]
async fn both_limits_can_be_set() {
    let (network, memory) = network();
    let _raw = Raw::on(memory, |_| None);
    for (fall_through, tried) in [(false, 1), (true, 2)] {
        let begun = Instant::now();
        let builder = network.client().handshake_timeout(3 * SECOND).fall_through(fall_through);
        assert!(builder.connect("http://h").await.is_err());
        assert!(close_to(begun.elapsed(), tried * 3 * SECOND), "{:?}", begun.elapsed());
    }
    network.set(Way::Silent);
    let begun = Instant::now();
    assert!(network.client().connect_timeout(2 * SECOND).connect("http://h").await.is_err());
    assert!(close_to(begun.elapsed(), 2 * SECOND), "{:?}", begun.elapsed());
}

/// No byte comes any more, and nothing says so: the heartbeat does.
#[tokio::test(start_paused = true)]
async fn a_half_open_connection_is_noticed_after_ping_interval_and_timeout() {
    for transport in [Transport::Polling, Transport::WebSocket] {
        let (network, memory) = network();
        let _host = Host::on(memory, Server::builder());
        let builder = network.client().transports([transport]);
        let (client, _events) = builder.connect("http://h").await.unwrap();
        let begun = Instant::now();
        network.set(Way::Silent);
        let end = client.closed().await.unwrap();
        assert_eq!(end.reason, DisconnectReason::PingTimeout, "{end}");
        assert!(close_to(begun.elapsed(), 45 * SECOND), "{transport}: {:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_with_pings_lives_and_without_them_ends() {
    let (network, memory) = network();
    let _host = Host::on(memory, Server::builder());
    let (client, _events) = network.client().connect("http://h").await.unwrap();
    tokio::time::sleep(3600 * SECOND).await;
    assert_eq!((client.state(), client.transport()), (ClientState::Open, Transport::WebSocket));

    let (network, memory) = crate::support::network();
    let _raw = Raw::on(memory, |request| (!request.has_sid()).then(|| page("200 OK", "", OPEN)));
    let (client, _events) = polling(&network).await;
    let begun = Instant::now();
    let end = client.closed().await.unwrap();
    assert_eq!(end.reason, DisconnectReason::PingTimeout, "{end}");
    assert!(close_to(begun.elapsed(), 45 * SECOND), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_post_that_is_not_answered_ends_the_session() {
    let (network, memory) = network();
    let open = OPEN.replace("25000", "2500000");
    let _raw = Raw::on(memory, move |request| (!request.has_sid()).then(|| page("200 OK", "", &open)));
    let (client, _events) = polling(&network).await;
    client.send("x").await.unwrap();
    let begun = Instant::now();
    let end = client.closed().await.unwrap();
    assert_eq!((end.reason, end.unconfirmed), (DisconnectReason::TransportError, 1), "{end}");
    assert!(end.detail.contains("longer than 30s"), "{end}");
    assert!(close_to(begun.elapsed(), 30 * SECOND), "{:?}", begun.elapsed());
}

/// The head of a response came, and part of its body: then nothing, or the end of the connection.
#[tokio::test(start_paused = true)]
async fn a_poll_that_breaks_in_its_body_ends_the_session_and_delivers_nothing_of_it() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n4hello".to_vec();
    for (cut, limit, words) in [(true, 0, "a request was lost"), (false, 30, "longer than 30s")] {
        let (network, memory) = network();
        let half = half.clone();
        let _raw = Raw::on(memory, move |request| {
            Some(if request.has_sid() { half.clone() } else { page("200 OK", "", OPEN) })
        });
        let (client, mut events) = polling(&network).await;
        let begun = Instant::now();
        if cut {
            // Time passes only when nothing moves any more: the half of the body is there.
            tokio::time::sleep(Duration::from_millis(1)).await;
            network.set(Way::Down);
        }
        let end = client.closed().await.unwrap();
        assert_eq!(end.reason, DisconnectReason::TransportError, "{end}");
        assert!(end.detail.contains(words), "{end}");
        assert!(close_to(begun.elapsed(), limit * SECOND), "{:?}", begun.elapsed());
        assert!(events.next_message().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_that_is_not_answered_leaves_the_session_on_polling() {
    let (network, memory) = network();
    let open = OPEN.replace("[]", "[\"websocket\"]");
    let _raw = Raw::on(memory, move |request| (!request.has_sid()).then(|| page("200 OK", "", &open)));
    let (client, mut events) = polling(&network).await;
    let begun = Instant::now();
    assert!(matches!(events.next().await, Some(Event::Open(_))));
    let Some(Event::UpgradeFailed(words)) = events.next().await else { panic!("no upgrade failed") };
    assert!(words.contains("in time"), "{words}");
    assert!(close_to(begun.elapsed(), 8 * SECOND), "{:?}", begun.elapsed());
    assert!(client.is_connected() && client.transport() == Transport::Polling);
}

#[tokio::test(start_paused = true)]
async fn closing_takes_no_longer_than_it_may() {
    for transport in [Transport::Polling, Transport::WebSocket] {
        let (network, memory) = network();
        let _host = Host::on(memory, Server::builder());
        let builder = network.client().transports([transport]).close_timeout(3 * SECOND);
        let (client, _events) = builder.connect("http://h").await.unwrap();
        network.set(Way::Silent);
        client.send("lost").await.unwrap();
        let begun = Instant::now();
        client.close().await;
        // A WebSocket took the message and the close packet; only its end is waited for.
        let longest = if transport == Transport::Polling { 3 * SECOND } else { SECOND };
        assert!(close_to(begun.elapsed(), longest), "{transport}: {:?}", begun.elapsed());
        let end = client.closed().await.unwrap();
        assert_eq!(end.reason, DisconnectReason::ClientDisconnect, "{end}");
        assert_eq!(end.unconfirmed, u64::from(transport == Transport::Polling));
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_stays_incomplete_ends_the_session() {
    let (network, memory) = network();
    let _raw = Raw::on(memory, |request| {
        let head = switch(request)?;
        // The open packet, and a text frame of 100 bytes of which ten are there.
        Some([&head[..], &frame(OPEN), &[0x81, 100], b"4123456789"].concat())
    });
    let builder = network.client().transports([Transport::WebSocket]).message_timeout(7 * SECOND);
    let (client, _events) = builder.connect("http://h").await.unwrap();
    let begun = Instant::now();
    let end = client.closed().await.unwrap();
    assert_eq!(end.reason, DisconnectReason::TransportError, "{end}");
    assert!(close_to(begun.elapsed(), 7 * SECOND), "{:?}", begun.elapsed());
}
