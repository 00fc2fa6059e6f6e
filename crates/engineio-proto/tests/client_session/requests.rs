//! GETs and POSTs: how many there are, what they carry, and what becomes of the session when one fails.

use std::time::Duration;

use bytes::Bytes;
use engineio_proto::client::{Cause, ClientConfig, Event, LinkKind};
use engineio_proto::{Closed, DecodeError, DisconnectReason, SendError};

use crate::bench::{Bench, numbers};

#[test]
fn one_get_and_one_post_at_a_time() {
    let (mut bench, poll) = Bench::polling();
    bench.send("a").unwrap();
    let (post, body) = bench.post();
    assert_eq!(body, "4a");
    bench.send("b").unwrap();
    assert!(bench.opens_nothing());
    bench.respond(poll, "4x");
    bench.respond(post, "ok");
    assert_eq!(bench.posted(), "4b");
    bench.open(LinkKind::Poll);
    assert!(bench.opens_nothing());
}

#[test]
fn an_answered_post_confirms_what_it_carried() {
    let (mut bench, _) = Bench::polling();
    let mark = bench.session.send("a".into()).unwrap();
    let (post, _) = bench.post();
    assert!(bench.session.progress().confirmed < mark);
    bench.respond(post, "ok");
    assert_eq!(bench.session.progress().confirmed, mark);
    bench.send("lost").unwrap();
    let (post, _) = bench.post();
    bench.session.handle_closed(post, Closed::Aborted);
    assert_eq!(bench.events(), ["<transport error: a request was lost; 1>"]);
}

#[test]
fn posts_are_small_until_the_server_shows_that_it_takes_more() {
    for (answer, second) in [("ok", 24), ("OK", 16)] {
        let (mut bench, _) = Bench::polling();
        for number in numbers(40) {
            bench.send(&number).unwrap();
        }
        let (post, first) = bench.post();
        assert_eq!(first.split('\u{1e}').count(), 16);
        bench.respond(post, answer);
        assert_eq!(bench.posted().split('\u{1e}').count(), second, "{answer}");
    }
}

#[test]
fn posts_respect_the_servers_limit_in_encoded_bytes() {
    let (mut bench, _) = Bench::polling();
    let binary = vec![0; 360];
    for _ in 0..3 {
        bench.session.send(binary.clone().into()).unwrap();
    }
    assert_eq!(bench.posted().len(), 481 * 2 + 1, "base64 makes 481 bytes of 360");
    assert_eq!(bench.posted().len(), 481);
}

#[test]
fn a_response_over_the_limit_ends_the_session() {
    let config = ClientConfig { max_payload: 200, ..ClientConfig::default() };
    let (mut bench, poll) = Bench::polling_with(config);
    bench.respond(poll, &format!("4{}", "x".repeat(200)));
    assert_eq!(bench.events(), ["<payload too large: a response over the payload limit; 0>"]);
}

#[test]
fn bad_responses_end_the_session_after_the_good_packets_before() {
    let cases = [
        ("4a\u{1e}x", Cause::BadPacket(DecodeError::UnknownType)),
        ("4a\u{1e}b!", Cause::BadPacket(DecodeError::Base64)),
        ("4a\u{1e}", Cause::BadPacket(DecodeError::Empty)),
        ("4a\u{1e}0{}", "a packet that servers do not send by polling".into()),
    ];
    for (body, cause) in cases {
        let (mut bench, poll) = Bench::polling();
        bench.respond(poll, body);
        assert_eq!(bench.session.poll_event(bench.now), Some(Event::Message("a".into())));
        let Some(Event::Closed(end)) = bench.session.poll_event(bench.now) else { panic!("no end") };
        assert_eq!((end.reason, end.cause), (DisconnectReason::ParseError, cause));
    }
    let (mut bench, poll) = Bench::polling();
    bench.respond(poll, "");
    assert!(!bench.session.is_open(), "an empty body is one empty packet");
}

#[test]
fn refused_and_lost_requests_end_the_session() {
    let (mut bench, poll) = Bench::polling();
    bench.session.handle_refused(bench.now, poll, 400, Bytes::new());
    let refused = "<transport error: the server refused a request with status 400; 0>";
    assert_eq!(bench.events(), [refused]);
    for (how, end) in [
        (Closed::Aborted, "<transport error: a request was lost; 0>"),
        (Closed::Timeout, "<transport error: the server did not answer in time; 0>"),
        (Closed::TooLarge, "<payload too large: a response over the payload limit; 0>"),
    ] {
        let (mut bench, poll) = Bench::polling();
        bench.session.handle_closed(poll, how);
        assert_eq!(bench.events(), [end]);
    }
}

#[test]
fn after_a_refused_post_the_server_has_the_last_word() {
    let refused = |status| {
        let (mut bench, poll) = Bench::polling();
        bench.send("a").unwrap();
        let (post, _) = bench.post();
        bench.session.handle_refused(bench.now, post, status, Bytes::new());
        assert_eq!(bench.send("b"), Err(SendError::Closed));
        bench.respond(poll, "4x\u{1e}2");
        assert_eq!(bench.events(), ["x"]);
        let poll = bench.open(LinkKind::Poll);
        assert!(bench.opens_nothing(), "nothing is posted any more");
        (bench, poll)
    };
    let (mut bench, poll) = refused(400);
    bench.respond(poll, "4y\u{1e}1");
    assert_eq!(bench.events(), ["y", "<server disconnect: the server sent a close packet; 1>"]);
    let (mut bench, poll) = refused(413);
    bench.session.handle_refused(bench.now, poll, 400, Bytes::new());
    let end = "<payload too large: the server refused a request with status 413; 1>";
    assert_eq!(bench.events(), [end]);
    let (mut bench, _) = refused(400);
    bench.advance(Duration::from_secs(10));
    let end = "<transport error: the server refused a request with status 400; 1>";
    assert_eq!(bench.events(), [end]);
}

#[test]
fn thousands_of_packets_in_one_response_arrive() {
    let (mut bench, poll) = Bench::polling();
    let packets: Vec<_> = numbers(16_384).iter().map(|number| format!("4{number}")).collect();
    bench.respond(poll, &packets.join("\u{1e}"));
    assert_eq!(bench.events(), numbers(16_384));
}
