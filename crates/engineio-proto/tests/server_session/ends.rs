//! How a session ends, and what its client is told.

use std::time::Duration;

use bytes::Bytes;
use engineio_proto::edge::Refusal;
use engineio_proto::server::{Event, Finish};
use engineio_proto::ws::CloseCode;
use engineio_proto::{Closed, DisconnectReason, Link, SendError, SessionConfig};

use crate::bench::{Bench, POST};

#[test]
fn a_clients_close_ends_the_session_and_what_follows_is_ignored() {
    let mut bench = Bench::polling();
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.post("4a\u{1e}1\u{1e}4b"), Ok(true));
    assert_eq!(bench.body(poll).as_deref(), Some("6"));
    assert_eq!(bench.messages(), ["a", "<client disconnect>"]);
}

#[test]
fn two_polls_at_once_end_the_session() {
    let mut bench = Bench::polling();
    let first = bench.open(Link::Poll);
    assert_eq!(bench.session.handle_link(bench.now, Link::Poll), Err(Refusal::DuplicatePoll));
    assert_eq!(bench.body(first).as_deref(), Some("1"));
    assert_eq!(bench.messages(), ["<transport error>"]);
}

#[test]
fn two_posts_at_once_end_the_session() {
    let mut bench = Bench::polling();
    let first = bench.open(POST);
    assert_eq!(bench.session.handle_link(bench.now, POST), Err(Refusal::DuplicatePost));
    let refused = bench.session.handle_payload(bench.now, first, Bytes::from_static(b"4a"));
    assert_eq!(refused, Err(Refusal::SessionClosed));
    assert_eq!(bench.messages(), ["<transport error>"]);
}

#[test]
fn an_aborted_poll_ends_the_session_and_counts_what_is_unconfirmed() {
    let mut bench = Bench::polling();
    let poll = bench.open(Link::Poll);
    bench.send("a").unwrap();
    assert_eq!(bench.body(poll).as_deref(), Some("4a"));
    let next = bench.open(Link::Poll);
    bench.send("b").unwrap();
    bench.session.handle_closed(bench.now, poll, Closed::Aborted);
    assert!(bench.session.is_open(), "the next poll confirmed the one before");
    bench.session.handle_closed(bench.now, next, Closed::Aborted);
    let Some(Event::Closed(end)) = bench.session.poll_event(bench.now) else { panic!("no end") };
    assert_eq!((end.reason, end.unconfirmed), (DisconnectReason::TransportError, 1));
}

#[test]
fn nothing_follows_the_end() {
    let mut bench = Bench::polling_with(SessionConfig { drain_events: true, ..Default::default() });
    bench.send("last").unwrap();
    bench.session.close(bench.now, DisconnectReason::ServerDisconnect);
    assert_eq!(bench.messages(), ["<Drained>", "<server disconnect>"], "the open packet has left");
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("4last\u{1e}1"));
    assert_eq!(bench.messages(), [""; 0], "the queue is empty, and nobody cares any more");
}

#[test]
fn a_server_disconnect_reaches_a_client_between_two_polls() {
    let mut bench = Bench::polling();
    bench.send("last").unwrap();
    bench.session.close(bench.now, DisconnectReason::ServerDisconnect);
    assert_eq!(bench.messages(), ["<server disconnect>"]);
    assert_eq!(bench.send("late"), Err(SendError::Closed));
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("4last\u{1e}1"));
    assert!(bench.session.wants().finished);
}

#[test]
fn a_closed_session_is_given_up_in_time() {
    let mut bench = Bench::polling();
    bench.session.close(bench.now, DisconnectReason::ServerDisconnect);
    bench.advance(Duration::from_secs(30));
    assert!(bench.session.wants().finished);
    assert_eq!(bench.session.handle_link(bench.now, Link::Poll), Err(Refusal::SessionClosed));
}

#[test]
fn a_client_that_leaves_during_connect_gets_one_disconnect_after_it() {
    let (mut bench, link) = Bench::new(Link::WebSocket, SessionConfig::default());
    bench.session.handle_closed(bench.now, link, Closed::Eof);
    bench.session.open(bench.now);
    assert_eq!(bench.messages(), ["<transport close>"]);
    assert!(bench.session.wants().finished);
}

#[test]
fn a_post_that_does_not_come_whole_ends_the_session() {
    for (how, reason) in [
        (Closed::Aborted, "<transport error>"),
        (Closed::Eof, "<transport error>"),
        (Closed::Timeout, "<transport error>"),
        (Closed::TooLarge, "<payload too large>"),
    ] {
        let mut bench = Bench::polling();
        let post = bench.open(POST);
        bench.session.handle_closed(bench.now, post, how);
        assert_eq!(bench.messages(), [reason], "{how:?}");
    }
}

#[test]
fn a_bad_frame_ends_the_session_with_its_code() {
    for (code, reason) in [
        (CloseCode::TOO_BIG, "<payload too large>"),
        (CloseCode::PROTOCOL, "<parse error>"),
        (CloseCode::INVALID_DATA, "<parse error>"),
    ] {
        let (mut bench, link) = Bench::websocket();
        bench.session.handle_bad_frame(bench.now, link, code);
        assert_eq!(bench.frames(link), [format!("{:?}", Finish::Close(code))]);
        assert_eq!(bench.messages(), [reason]);
    }
}

#[test]
fn each_reason_has_its_close_code() {
    for (reason, code, says_close) in [
        (DisconnectReason::ServerDisconnect, CloseCode::NORMAL, true),
        (DisconnectReason::Shutdown, CloseCode::GOING_AWAY, true),
        (DisconnectReason::HandlerPanicked, CloseCode::INTERNAL, true),
        (DisconnectReason::SlowConsumer, CloseCode::POLICY, true),
        (DisconnectReason::TransportError, CloseCode::POLICY, false),
        (DisconnectReason::TooLarge, CloseCode::TOO_BIG, false),
        (DisconnectReason::PingTimeout, CloseCode::NORMAL, false),
        (DisconnectReason::ClientDisconnect, CloseCode::NORMAL, false),
    ] {
        let (mut bench, link) = Bench::websocket();
        bench.session.close(bench.now, reason);
        let close = says_close.then(|| "1".to_owned());
        let written: Vec<_> = close.into_iter().chain([format!("{:?}", Finish::Close(code))]).collect();
        assert_eq!(bench.frames(link), written, "{reason}");
    }
}

#[test]
fn an_end_is_final() {
    let mut bench = Bench::polling();
    assert!(bench.post("1").unwrap());
    assert_eq!(bench.messages(), ["<client disconnect>"]);
    assert!(bench.session.wants().finished);
    bench.session.close(bench.now, DisconnectReason::ServerDisconnect);
    assert!(bench.session.wants().finished);
    assert_eq!(bench.session.poll_timeout(), None);
    let (mut bench, link) = Bench::websocket();
    bench.session.close(bench.now, DisconnectReason::ServerDisconnect);
    bench.session.close(bench.now, DisconnectReason::Shutdown);
    assert_eq!(bench.frames(link), ["1".to_owned(), format!("{:?}", Finish::Close(CloseCode::NORMAL))]);
    assert_eq!(bench.messages(), ["<server disconnect>"]);
}

#[test]
fn a_slow_consumer_is_told_the_end_and_gets_nothing_else() {
    let config = SessionConfig { max_queued_packets: 1, ..SessionConfig::default() };
    let mut bench = Bench::polling_with(config);
    bench.send("queued").unwrap();
    assert_eq!(bench.send("too much"), Err(SendError::Closed));
    assert_eq!(bench.messages(), ["<slow consumer>"]);
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("1"));
    assert!(bench.session.wants().finished);
}

#[test]
fn a_client_that_does_not_come_back_after_its_handshake_is_gone_soon() {
    let mut bench = Bench::polling();
    bench.advance(Duration::from_secs(10));
    assert_eq!(bench.messages(), ["<ping timeout>"]);
}

#[test]
fn whatever_comes_after_the_handshake_will_do() {
    for link in [Link::Poll, POST, Link::WebSocket] {
        let mut bench = Bench::polling();
        bench.advance(Duration::from_secs(9));
        bench.open(link);
        bench.advance(Duration::from_secs(12));
        assert!(bench.session.is_open(), "{link:?}");
    }
}

#[test]
fn a_client_that_begins_on_websocket_has_come_already() {
    let (mut bench, _) = Bench::websocket();
    bench.advance(Duration::from_secs(24));
    assert!(bench.session.is_open());
}
