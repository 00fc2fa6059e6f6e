//! What one client may make the server hold, in bytes.

use std::time::Duration;

use engineio_proto::edge::Refusal;
use engineio_proto::{Link, LinkId, Load, Packet, SessionConfig};

use super::bench::{Bench, POST};

/// Bodies and messages of up to 100 bytes, and twice that may wait or be handled.
fn config() -> SessionConfig {
    SessionConfig { max_payload: 100, ..SessionConfig::default() }
}

fn websocket() -> (Bench, LinkId) {
    let (mut bench, link) = Bench::new(Link::WebSocket, config());
    bench.session.open(bench.now);
    bench.frames(link);
    (bench, link)
}

fn receive(bench: &mut Bench, link: LinkId, len: usize) {
    let message = "x".repeat(len).as_str().into();
    bench.session.handle_packets(bench.now, link, &mut vec![Packet::Message(message)]);
}

fn handled(bench: &mut Bench, messages: usize, bytes: usize) {
    bench.session.handle_handled(bench.now, Load { messages, bytes });
}

#[test]
fn a_websocket_is_not_read_past_the_limit() {
    let (mut bench, link) = websocket();
    receive(&mut bench, link, 100);
    assert!(!bench.session.wants().reading_paused);
    receive(&mut bench, link, 100);
    assert!(bench.session.wants().reading_paused);
    assert_eq!(bench.messages().len(), 2);
    assert!(bench.session.wants().reading_paused, "delivered is not handled");
    handled(&mut bench, 1, 100);
    assert!(!bench.session.wants().reading_paused);
}

#[test]
fn the_limit_can_be_another() {
    let config = SessionConfig { max_inbound_bytes: Some(10), ..config() };
    let (mut bench, link) = Bench::new(Link::WebSocket, config);
    bench.session.open(bench.now);
    receive(&mut bench, link, 9);
    assert!(!bench.session.wants().reading_paused);
    receive(&mut bench, link, 1);
    assert!(bench.session.wants().reading_paused);
}

#[test]
fn what_is_handled_out_of_order_counts_with_its_own_size() {
    let (mut bench, link) = websocket();
    receive(&mut bench, link, 99);
    for _ in 0..101 {
        receive(&mut bench, link, 1);
    }
    bench.messages();
    handled(&mut bench, 50, 50);
    assert!(!bench.session.wants().reading_paused);
    receive(&mut bench, link, 50);
    assert!(bench.session.wants().reading_paused, "the long one is still in hand");
}

#[test]
fn what_was_decoded_counts_as_what_it_has_become() {
    let (mut bench, link) = websocket();
    receive(&mut bench, link, 10);
    bench.messages();
    bench.session.handle_grown(bench.now, 190);
    assert!(bench.session.wants().reading_paused && bench.session.hands_full());
    handled(&mut bench, 1, 200);
    assert!(!bench.session.wants().reading_paused && !bench.session.hands_full());
}

#[test]
fn a_client_that_is_not_read_for_its_bytes_is_not_blamed() {
    let (mut bench, link) = websocket();
    bench.advance(Duration::from_secs(25));
    assert_eq!(bench.frames(link), ["2"]);
    receive(&mut bench, link, 200);
    bench.advance(Duration::from_secs(20));
    assert!(bench.session.is_open());
}

/// A POST with one message of `len` bytes. Returns its link, and whether it is accepted.
fn post(bench: &mut Bench, len: usize) -> (LinkId, bool) {
    let link = bench.open(POST);
    let body = format!("4{}", "x".repeat(len - 1));
    bench.session.handle_payload(bench.now, link, body.into()).unwrap();
    (link, bench.accepted(link))
}

#[test]
fn a_post_waits_while_too_much_is_in_hand() {
    let mut bench = Bench::polling_with(config());
    for _ in 0..2 {
        assert!(post(&mut bench, 100).1);
        assert_eq!(bench.messages().len(), 1);
    }
    let (link, accepted) = post(&mut bench, 100);
    assert!(!accepted, "198 bytes are in hand, and 100 wait");
    assert_eq!(bench.messages().len(), 1);
    assert!(!bench.accepted(link), "there is room for a body, and none for its bytes");
    bench.session.handle_link(bench.now, POST).map(drop).expect_err("its client waits for the answer");
}

#[test]
fn a_post_that_waits_is_answered_when_enough_was_handled() {
    let mut bench = Bench::polling_with(config());
    for _ in 0..2 {
        assert!(post(&mut bench, 100).1);
        bench.messages();
    }
    let (link, _) = post(&mut bench, 100);
    bench.messages();
    bench.advance(Duration::from_secs(25));
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("2"));
    bench.advance(Duration::from_secs(100));
    assert!(bench.session.is_open(), "the client is not blamed meanwhile");
    handled(&mut bench, 2, 198);
    assert!(bench.accepted(link));
}

#[test]
fn bodies_count_for_the_websocket_that_follows() {
    let mut bench = Bench::polling_with(config());
    assert!(post(&mut bench, 100).1);
    let link = bench.open(Link::WebSocket);
    for packet in [Packet::Ping("probe".into()), Packet::Upgrade] {
        bench.session.handle_packet(bench.now, link, packet);
    }
    receive(&mut bench, link, 99);
    assert!(!bench.session.wants().reading_paused);
    receive(&mut bench, link, 1);
    assert!(bench.session.wants().reading_paused);
}

#[test]
fn a_session_that_has_ended_keeps_nothing_that_comes() {
    let (mut bench, link) = websocket();
    bench.session.close(bench.now, engineio_proto::DisconnectReason::ServerDisconnect);
    for _ in 0..100 {
        receive(&mut bench, link, 100);
    }
    assert_eq!(bench.messages(), ["<server disconnect>"]);
}

#[test]
fn a_post_after_the_end_is_not_kept() {
    let mut bench = Bench::polling_with(config());
    bench.session.close(bench.now, engineio_proto::DisconnectReason::ServerDisconnect);
    assert_eq!(bench.session.handle_link(bench.now, POST), Err(Refusal::SessionClosed));
}
