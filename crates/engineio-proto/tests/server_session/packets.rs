//! What comes in and goes out while a session is open.

use engineio_proto::edge::{PostHead, Refusal};
use engineio_proto::server::{Event, Finish, Transmit};
use engineio_proto::{Link, Message, Overflow, Packet, Prepared, SendError, SessionConfig, Text};

use crate::bench::{Bench, POST};

#[test]
fn what_connect_sent_is_in_the_handshake_reply() {
    let (mut bench, link) = Bench::new(Link::Poll, SessionConfig::default());
    bench.send("hi").unwrap();
    assert_eq!(bench.body(link), None, "the application has not decided");
    bench.session.open(bench.now);
    let body = bench.body(link).unwrap();
    assert!(body.starts_with("0{") && body.ends_with("\u{1e}4hi"), "{body}");
}

#[test]
fn requests_before_the_application_accepted_are_refused() {
    let (mut bench, _) = Bench::new(Link::Poll, SessionConfig::default());
    for link in [Link::Poll, POST, Link::WebSocket] {
        assert_eq!(bench.session.handle_link(bench.now, link), Err(Refusal::NotOpen));
    }
}

#[test]
fn messages_of_a_post_come_in_order_and_pongs_count_at_once() {
    let mut bench = Bench::polling();
    assert_eq!(bench.post("4a\u{1e}3\u{1e}4b"), Ok(true));
    assert_eq!(bench.messages(), ["a", "b"]);
}

#[test]
fn a_bad_packet_ends_the_session_after_the_good_ones_before_it() {
    let mut bench = Bench::polling();
    let poll = bench.open(Link::Poll);
    assert!(matches!(bench.post("4a\u{1e}x\u{1e}4b"), Err(Refusal::BadPacket(_))));
    assert_eq!(bench.body(poll).as_deref(), Some("1"));
    assert_eq!(bench.messages(), ["a", "<parse error>"]);
    assert!(bench.session.wants().finished);
    assert_eq!(bench.post("4c"), Err(Refusal::SessionClosed));
}

#[test]
fn polls_respect_the_byte_budget_and_send_a_giant_alone() {
    let mut bench = Bench::polling();
    let giant = "x".repeat(2000);
    for text in ["a", &giant, "b"] {
        bench.send(text).unwrap();
    }
    for expected in ["4a", &format!("4{giant}"), "4b"] {
        let poll = bench.open(Link::Poll);
        assert_eq!(bench.body(poll).as_deref(), Some(expected));
    }
}

#[test]
fn a_poll_that_was_begun_wants_to_be_finished() {
    let mut bench = Bench::polling();
    let poll = bench.open(Link::Poll);
    bench.send("a").unwrap();
    assert!(matches!(bench.session.poll_transmit(poll, 100), Transmit::Packet(_)));
    assert!(bench.session.link_wants(poll));
    assert!(matches!(bench.session.poll_transmit(poll, 100), Transmit::Finish(Finish::Payload)));
}

#[test]
fn events_are_announced_only_when_there_are_some() {
    let mut bench = Bench::polling();
    assert_eq!(bench.post("4a\u{1e}3"), Ok(true));
    assert!(bench.session.wants().events);
    assert_eq!(bench.session.poll_event(bench.now), Some(Event::Message("a".into())));
    assert!(!bench.session.wants().events, "a pong is no event");
}

#[test]
fn polls_respect_the_packet_limit() {
    let mut bench =
        Bench::polling_with(SessionConfig { max_packets_per_poll: Some(2), ..Default::default() });
    for text in ["a", "b", "c"] {
        bench.send(text).unwrap();
    }
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("4a\u{1e}4b"));
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("4c"));
}

#[test]
fn pings_of_clients_are_refused_unless_configured() {
    let mut bench = Bench::polling();
    assert_eq!(bench.post("2"), Err(Refusal::PingFromClient));
    let (mut bench, link) = Bench::websocket();
    bench.session.handle_packet(bench.now, link, Packet::PING);
    assert_eq!(bench.messages(), ["<transport error>"]);
    let client_pings = engineio_proto::ClientPings::Ignore;
    let mut bench = Bench::polling_with(SessionConfig { client_pings, ..Default::default() });
    assert_eq!(bench.post("2\u{1e}4a"), Ok(true));
    assert_eq!(bench.messages(), ["a"]);
}

#[test]
fn packets_without_meaning_on_a_websocket_are_ignored() {
    let (mut bench, link) = Bench::websocket();
    for packet in [Packet::Open(Text::default()), Packet::Upgrade, Packet::Noop, Packet::PONG] {
        assert!(bench.session.handle_packet(bench.now, link, packet));
    }
    assert!(bench.session.is_open());
}

#[test]
fn a_full_queue_follows_its_policy() {
    let config = |overflow| SessionConfig { max_queued_packets: 2, overflow, ..Default::default() };
    let fill = |overflow| {
        let mut bench = Bench::polling_with(config(overflow));
        bench.send("a").unwrap();
        bench.send("b").unwrap();
        let result = bench.send("c");
        (bench, result)
    };
    let (mut bench, result) = fill(Overflow::Close);
    assert_eq!(result, Err(SendError::Closed));
    assert_eq!(bench.messages(), ["<slow consumer>"]);
    for overflow in [Overflow::DropNewest, Overflow::Wait] {
        let (mut bench, result) = fill(overflow);
        assert_eq!(result, Err(SendError::Full(Message::from("c"))));
        let poll = bench.open(Link::Poll);
        assert_eq!(bench.body(poll).as_deref(), Some("4a\u{1e}4b"));
        assert!(bench.session.has_room());
    }
    let (mut bench, result) = fill(Overflow::DropOldest);
    assert_eq!(result, Ok(()));
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("4b\u{1e}4c"));
}

#[test]
fn text_with_the_separator_is_for_websockets() {
    let torn = "a\u{1e}1";
    let mut bench = Bench::polling();
    assert_eq!(bench.send(torn), Err(SendError::Separator));
    let prepared = Prepared::new(torn.into());
    assert_eq!(bench.session.send_prepared(&prepared), Err(SendError::Separator));
    let (mut bench, link) = Bench::websocket();
    bench.send(torn).unwrap();
    assert_eq!(bench.frames(link), ["4a\u{1e}1"]);
}

#[test]
fn only_some_packets_are_the_applications() {
    let mut bench = Bench::polling();
    let send = |bench: &mut Bench, packet| bench.session.send_packet(bench.now, packet);
    for packet in [Packet::Open(Text::default()), Packet::PING, Packet::PONG, Packet::Upgrade] {
        assert_eq!(send(&mut bench, packet), Err(SendError::PacketType));
    }
    send(&mut bench, Packet::Noop).unwrap();
    send(&mut bench, Packet::Message("m".into())).unwrap();
    send(&mut bench, Packet::Close).unwrap();
    assert_eq!(send(&mut bench, Packet::Noop), Err(SendError::Closed));
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("6\u{1e}4m\u{1e}1"));
}

#[test]
fn posts_are_judged_by_their_heads() {
    let heads = [
        (PostHead { octet_stream: true, ..PostHead::default() }, Refusal::OctetStream),
        (PostHead { content_encoding: true, ..PostHead::default() }, Refusal::ContentEncoding),
        (
            PostHead { content_length: Some(1_000_001), ..PostHead::default() },
            Refusal::TooLarge { limit: 1_000_000 },
        ),
    ];
    for (head, refusal) in heads {
        let mut bench = Bench::polling();
        assert_eq!(bench.session.handle_link(bench.now, Link::Post(head)), Err(refusal));
        assert!(!bench.session.is_alive());
    }
}

#[test]
fn dropped_messages_are_not_waited_for() {
    let mut bench = Bench::polling_with(SessionConfig {
        overflow: Overflow::DropOldest,
        max_queued_packets: 1,
        ..SessionConfig::default()
    });
    for text in ["old", "new"] {
        bench.send(text).unwrap();
    }
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("4new"));
    bench.open(Link::Poll);
    let progress = bench.session.progress();
    assert_eq!((progress.accepted.count(), progress.confirmed.count()), (2, 2));
}
