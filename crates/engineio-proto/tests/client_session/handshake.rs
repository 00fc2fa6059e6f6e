//! Handshakes, and servers that answer them badly.

use std::time::Duration;

use bytes::Bytes;
use engineio_proto::client::{Cause, ClientConfig, Event, LinkKind};
use engineio_proto::{DisconnectReason, SendError, Transport};

use crate::bench::{Bench, OPEN, OPEN_WITHOUT_UPGRADES};

#[test]
fn a_handshake_opens_the_session_and_brings_what_came_with_it() {
    let mut bench = Bench::new(Transport::Polling, ClientConfig::default());
    let handshake = bench.open(LinkKind::Poll);
    assert!(bench.opens_nothing());
    assert_eq!(bench.send("early"), Err(SendError::NotOpen));
    bench.respond(handshake, &format!("{OPEN_WITHOUT_UPGRADES}\u{1e}4hi\u{1e}bAQID\u{1e}2x"));
    assert!(bench.session.is_open());
    assert_eq!(bench.session.sid().unwrap().as_str(), "abc");
    assert_eq!(bench.events(), ["<open abc>", "hi", "b\"\\x01\\x02\\x03\""]);
    assert_eq!(bench.posted(), "3x");
}

#[test]
fn a_websocket_handshake_opens_the_session() {
    let (mut bench, link) = Bench::websocket();
    assert!(bench.opens_nothing());
    bench.send("a").unwrap();
    assert!(bench.receive(link, "4b"));
    assert_eq!(bench.frames(link), ["4a"]);
    assert_eq!(bench.events(), ["b"]);
}

#[test]
fn an_unusable_handshake_ends_the_session() {
    let cases = [
        ("", "<parse error: the server sent something that is no packet: empty packet; 0>"),
        ("x", "<parse error: the server sent something that is no packet: unknown packet type; 0>"),
        ("4hi", "<parse error: the first packet is not open; 0>"),
    ];
    for (body, end) in cases {
        let mut bench = Bench::new(Transport::Polling, ClientConfig::default());
        let handshake = bench.open(LinkKind::Poll);
        bench.respond(handshake, body);
        assert_eq!(bench.events(), [end]);
        assert!(bench.session.wants().finished && bench.opens_nothing());
    }
    for first in ["0{}", "0", "0[]", r#"0{"sid":"\n","pingInterval":1,"pingTimeout":1}"#] {
        let mut bench = Bench::new(Transport::WebSocket, ClientConfig::default());
        let link = bench.open(LinkKind::WebSocket);
        assert!(!bench.receive(link, first));
        let Some(Event::Closed(end)) = bench.session.poll_event(bench.now) else { panic!("no end") };
        assert!(matches!(end.cause, Cause::BadOpen(_)), "{first}");
        assert!(bench.is_dropped(link));
    }
}

#[test]
fn a_refused_handshake_shows_what_the_server_said() {
    for first in [Transport::Polling, Transport::WebSocket] {
        let mut bench = Bench::new(first, ClientConfig::default());
        let (link, _) = bench.session.poll_link(bench.now).unwrap();
        bench.session.handle_refused(bench.now, link, 403, Bytes::from_static(b"no"));
        let Some(Event::Closed(end)) = bench.session.poll_event(bench.now) else { panic!("no end") };
        assert_eq!(end.reason, DisconnectReason::TransportError);
        assert_eq!(end.cause, Cause::Refused { status: 403, body: Bytes::from_static(b"no") });
    }
}

#[test]
fn a_server_that_does_not_answer_is_given_up() {
    let mut bench = Bench::new(Transport::Polling, ClientConfig::default());
    let handshake = bench.open(LinkKind::Poll);
    bench.advance(Duration::from_secs(10));
    assert_eq!(bench.events(), ["<transport error: the server did not answer the handshake in time; 0>"]);
    assert!(bench.is_dropped(handshake));
    bench.respond(handshake, OPEN);
    assert_eq!(bench.events(), [""; 0], "an answer after the end changes nothing");
}

/// As a server that does not tell its limit: one of Engine.IO 3, or an early one of version 4.
const BARE: &str = r#"0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;
const VERSION_3: &str =
    "<parse error: this server speaks Engine.IO 3, as Socket.IO 2 does; expected version 4; 0>";

#[test]
fn a_server_of_version_3_is_told_by_its_payloads() {
    let mut bench = Bench::new(Transport::Polling, ClientConfig::default());
    let handshake = bench.open(LinkKind::Poll);
    bench.respond(handshake, &format!("{}:{BARE}2:40", BARE.len()));
    assert_eq!(bench.events(), [VERSION_3]);
}

#[test]
fn a_server_of_version_3_is_told_by_what_follows_on_a_websocket() {
    let mut bench = Bench::new(Transport::WebSocket, ClientConfig::default());
    let link = bench.open(LinkKind::WebSocket);
    assert!(bench.receive(link, BARE));
    assert!(!bench.session.is_open() && bench.events().is_empty());
    assert!(!bench.receive(link, "40"));
    assert_eq!(bench.events(), [VERSION_3]);
    assert!(bench.is_dropped(link));
}

#[test]
fn an_early_server_of_version_4_opens_with_its_next_packet_or_soon() {
    for (next, told) in [("4hello", Some("hello")), ("400", Some("00")), ("2", None), ("6", None)] {
        let mut bench = Bench::new(Transport::WebSocket, ClientConfig::default());
        let link = bench.open(LinkKind::WebSocket);
        assert!(bench.receive(link, BARE) && bench.receive(link, next));
        assert!(bench.session.is_open());
        assert_eq!(bench.events().get(1).map(String::as_str), told, "{next}");
        assert!(bench.receive(link, "40"), "later on it is a message like any other");
    }
    let mut bench = Bench::new(Transport::WebSocket, ClientConfig::default());
    let link = bench.open(LinkKind::WebSocket);
    assert!(bench.receive(link, BARE));
    bench.advance(bench.session.poll_timeout().unwrap().saturating_since(bench.now));
    assert_eq!(bench.events(), ["<open abc>"]);
    assert!(bench.receive(link, "40"));
    assert_eq!(bench.events(), ["0"]);
}

#[test]
fn a_websocket_that_ends_right_after_the_open_packet_was_no_session() {
    let mut bench = Bench::new(Transport::WebSocket, ClientConfig::default());
    let link = bench.open(LinkKind::WebSocket);
    assert!(bench.receive(link, BARE));
    bench.session.handle_closed(link, engineio_proto::Closed::Eof);
    assert_eq!(
        bench.events(),
        ["<transport error: the WebSocket was closed right after the open packet; 0>"]
    );
}
