//! Pings, pongs, and who is to blame when they do not come.

use std::time::Duration;

use bytes::Bytes;
use engineio_proto::server::Transmit;
use engineio_proto::{Link, LinkId, Packet, SessionConfig};

use crate::bench::{Bench, POST};

/// For clients that do not poll for a while.
fn patient() -> SessionConfig {
    SessionConfig { first_poll_timeout: Duration::from_secs(100), ..SessionConfig::default() }
}

#[test]
fn a_silent_client_is_pinged_and_then_dropped() {
    let mut bench = Bench::polling();
    let poll = bench.open(Link::Poll);
    bench.advance(Duration::from_secs(25));
    assert_eq!(bench.body(poll).as_deref(), Some("2"));
    let poll = bench.open(Link::Poll);
    bench.advance(Duration::from_secs(20));
    assert_eq!(bench.body(poll).as_deref(), Some("1"));
    assert_eq!(bench.messages(), ["<ping timeout>"]);
}

#[test]
fn a_post_waits_for_room_and_the_heartbeat_waits_with_it() {
    let mut bench = Bench::polling();
    assert_eq!(bench.post("4a\u{1e}4b"), Ok(true));
    let waiting = bench.open(POST);
    bench.session.handle_payload(bench.now, waiting, Bytes::from_static(b"4c")).unwrap();
    assert!(!bench.accepted(waiting), "two bodies are held at most");
    bench.advance(Duration::from_secs(100));
    assert!(bench.session.is_open(), "a client cannot send its pong while we hold its POST");
    assert_eq!(bench.messages(), ["a", "b", "c"]);
    assert!(bench.accepted(waiting));
}

#[test]
fn reading_pauses_while_the_application_is_behind() {
    let (mut bench, link) = Bench::websocket();
    for _ in 0..256 {
        bench.session.handle_packet(bench.now, link, Packet::Message("x".into()));
    }
    assert!(bench.session.wants().reading_paused);
    assert_eq!(bench.messages().len(), 256);
    assert!(bench.session.wants().reading_paused, "delivered is not handled");
    bench.handled(1);
    assert!(!bench.session.wants().reading_paused);
}

#[test]
fn an_unfinished_message_is_not_held_against_a_client_that_we_do_not_read() {
    let config = SessionConfig { message_timeout: Duration::from_secs(10), ..Default::default() };
    let (mut bench, link) = Bench::new(Link::WebSocket, config);
    bench.session.open(bench.now);
    bench.frames(link);
    for _ in 0..256 {
        bench.session.handle_packet(bench.now, link, Packet::Message("x".into()));
    }
    bench.session.handle_partial(bench.now, link, true);
    assert!(bench.session.wants().reading_paused);
    bench.advance(Duration::from_secs(20));
    assert_eq!(bench.messages().len(), 256);
    bench.handled(256);
    bench.advance(Duration::from_secs(9));
    assert!(bench.session.is_open(), "its time runs from when we read again");
    bench.advance(Duration::from_secs(1));
    assert_eq!(bench.messages(), ["<transport error>"]);
}

#[test]
fn a_ping_passes_the_messages_that_wait() {
    let mut bench = Bench::polling_with(SessionConfig { max_packets_per_poll: Some(2), ..patient() });
    for text in ["a", "b", "c"] {
        bench.send(text).unwrap();
    }
    bench.advance(Duration::from_secs(25));
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("2\u{1e}4a"));
}

#[test]
fn pings_go_on_while_the_application_is_behind() {
    let (mut bench, link) = Bench::websocket();
    for _ in 0..256 {
        bench.session.handle_packet(bench.now, link, Packet::Message("x".into()));
    }
    for _ in 0..5 {
        bench.advance(Duration::from_secs(25));
        assert_eq!(bench.frames(link), ["2"], "the client would give us up otherwise");
    }
    bench.messages();
    bench.handled(256);
    bench.advance(Duration::from_secs(20));
    assert_eq!(bench.messages(), ["<ping timeout>"]);
}

#[test]
fn a_client_that_pongs_without_reading_is_not_alive() {
    let mut bench = Bench::polling_with(patient());
    bench.advance(Duration::from_secs(25));
    assert_eq!(bench.post("3"), Ok(true));
    bench.advance(Duration::from_secs(20));
    assert_eq!(bench.messages(), ["<ping timeout>"]);
}

/// Lets a ping leave, has the client do something, and tells how the session ends when that is all it does.
fn end_after(mut bench: Bench, link: LinkId, act: impl Fn(&mut Bench)) -> Vec<String> {
    bench.advance(SessionConfig::default().ping_interval);
    assert!(matches!(bench.session.poll_transmit(link, usize::MAX), Transmit::Packet(_)), "a ping");
    act(&mut bench);
    bench.advance(SessionConfig::default().ping_timeout);
    bench.messages()
}

#[test]
fn nothing_but_a_pong_counts_as_one() {
    let message = || Packet::Message("x".into());
    let ended = ["x", "<ping timeout>"];
    let (bench, link) = Bench::websocket();
    let one = |bench: &mut Bench| assert!(bench.session.handle_packet(bench.now, link, message()));
    assert_eq!(end_after(bench, link, one), ended);
    let (bench, link) = Bench::websocket();
    let several = |bench: &mut Bench| {
        bench.session.handle_packets(bench.now, link, &mut vec![message()]);
    };
    assert_eq!(end_after(bench, link, several), ended);
    let mut bench = Bench::polling();
    let poll = bench.open(Link::Poll);
    assert_eq!(end_after(bench, poll, |bench| assert!(bench.post("4x").unwrap())), ended);
}

#[test]
fn a_stall_of_our_own_is_not_held_against_the_client() {
    let (mut bench, link) = Bench::websocket();
    bench.advance(Duration::from_secs(25));
    assert_eq!(bench.frames(link), ["2"]);
    bench.stall(Duration::from_secs(60));
    bench.session.handle_timeout(bench.now);
    assert!(bench.session.is_open(), "its pong may lie in the socket");
    bench.session.handle_packet(bench.now, link, Packet::PONG);
    bench.advance(Duration::from_secs(24));
    assert!(bench.session.is_open());
}

#[test]
fn a_client_that_has_not_answered_is_gone_soon_after_a_stall() {
    let mut bench = Bench::polling();
    bench.advance(Duration::from_secs(25));
    bench.stall(Duration::from_secs(60));
    bench.session.handle_timeout(bench.now);
    bench.stall(Duration::from_secs(60));
    bench.session.handle_timeout(bench.now);
    assert_eq!(bench.messages(), ["<ping timeout>"], "once, however often we stand still");
}
