//! Sessions that a shutdown ends: the client is told, and what it has sent is delivered.

use std::time::Duration;

use bytes::Bytes;
use engineio_proto::edge::Refusal;
use engineio_proto::server::{Event, Finish};
use engineio_proto::ws::CloseCode;
use engineio_proto::{Closed, DisconnectReason, Link, LinkId, Packet, SendError, SessionConfig, Transport};

use crate::bench::{Bench, POST};

const GOING_AWAY: &str = "Close(CloseCode(1001))";

fn receive(bench: &mut Bench, link: LinkId, text: &str) {
    assert!(bench.session.handle_packet(bench.now, link, Packet::Message(text.into())));
}

/// A session on WebSocket that has said everything.
fn told_websocket() -> (Bench, LinkId) {
    let (mut bench, link) = Bench::websocket();
    bench.session.leave(bench.now);
    assert_eq!(bench.frames(link), ["1", GOING_AWAY]);
    (bench, link)
}

#[test]
fn a_websocket_is_told_behind_its_queue_and_read_until_it_closes() {
    let (mut bench, link) = Bench::websocket();
    bench.send("last").unwrap();
    receive(&mut bench, link, "before");
    bench.session.leave(bench.now);
    assert!(bench.session.is_leaving() && !bench.session.is_open() && !bench.session.is_alive());
    assert_eq!(bench.send("late"), Err(SendError::Closed));
    receive(&mut bench, link, "between");
    assert_eq!(bench.frames(link), ["4last", "1", GOING_AWAY]);
    assert!(!bench.session.link_wants(link), "nothing follows the close frame");
    receive(&mut bench, link, "under way");
    assert_eq!(bench.messages(), ["before", "between", "under way"]);
    assert!(!bench.session.wants().finished);
    bench.session.handle_closed(bench.now, link, Closed::Eof);
    assert_eq!(bench.messages(), ["<shutdown>"]);
    assert!(bench.session.wants().finished);
}

#[test]
fn one_end_is_told_and_its_reason_is_the_shutdown() {
    type End = fn(&mut Bench, LinkId);
    let ends: [End; 7] = [
        |bench, link| bench.session.handle_closed(bench.now, link, Closed::Eof),
        |bench, link| {
            bench.session.handle_packet(bench.now, link, Packet::Close);
        },
        |bench, link| {
            bench.session.handle_packet(bench.now, link, Packet::PING);
        },
        |bench, link| bench.session.handle_bad_frame(bench.now, link, CloseCode::PROTOCOL),
        |bench, _| bench.advance(Duration::from_secs(5)),
        |bench, _| bench.session.abort(bench.now, DisconnectReason::ServerDisconnect),
        |bench, link| {
            bench.session.close(bench.now, DisconnectReason::ServerDisconnect);
            bench.session.handle_closed(bench.now, link, Closed::Eof);
        },
    ];
    for (number, end) in ends.into_iter().enumerate() {
        let (mut bench, link) = told_websocket();
        receive(&mut bench, link, "under way");
        end(&mut bench, link);
        assert_eq!(bench.messages(), ["under way", "<shutdown>"], "{number}");
        assert!(bench.session.wants().finished, "{number}");
        assert_eq!(bench.session.poll_timeout(), None, "{number}");
        bench.session.leave(bench.now);
        bench.session.handle_closed(bench.now, link, Closed::Eof);
        assert_eq!(bench.messages(), [""; 0], "{number}");
    }
}

#[test]
fn a_client_that_does_not_close_is_read_for_a_while_without_pings() {
    let config = SessionConfig {
        ping_interval: Duration::from_secs(1),
        ping_timeout: Duration::from_secs(1),
        leave_timeout: Duration::from_secs(7),
        ..SessionConfig::default()
    };
    let (mut bench, link) = Bench::new(Link::WebSocket, config);
    bench.session.open(bench.now);
    bench.frames(link);
    bench.advance(Duration::from_secs(1));
    assert_eq!(bench.frames(link), ["2"]);
    bench.session.leave(bench.now);
    assert_eq!(bench.frames(link), ["1", GOING_AWAY]);
    assert!(bench.session.handle_packet(bench.now, link, Packet::Pong("".into())));
    for second in 0..7 {
        receive(&mut bench, link, "more");
        assert_eq!(bench.messages(), ["more"], "{second}");
        bench.advance(Duration::from_secs(1));
        assert!(bench.frames(link).is_empty() || second == 6, "{second}");
    }
    assert_eq!(bench.messages(), ["<shutdown>"]);
}

#[test]
fn a_websocket_that_takes_nothing_keeps_its_queue_until_the_close_timeout() {
    let (mut bench, link) = Bench::websocket();
    bench.send("last").unwrap();
    bench.session.leave(bench.now);
    bench.advance(Duration::from_secs(5));
    assert_eq!(bench.messages(), ["<shutdown>"], "no more is read");
    assert_eq!(bench.frames(link), ["4last", "1", GOING_AWAY]);
    assert!(bench.session.wants().finished);
}

#[test]
fn a_waiting_poll_is_answered_and_ends_the_session() {
    let mut bench = Bench::polling();
    let poll = bench.open(Link::Poll);
    bench.session.leave(bench.now);
    assert_eq!(bench.body(poll).as_deref(), Some("1"));
    assert_eq!(bench.messages(), ["<shutdown>"]);
    assert!(bench.session.wants().finished);
    assert_eq!(bench.session.handle_link(bench.now, POST), Err(Refusal::SessionClosed));
}

#[test]
fn posts_are_accepted_until_the_last_poll_was_fetched() {
    let mut bench = Bench::polling();
    bench.send("last").unwrap();
    bench.session.leave(bench.now);
    assert_eq!(bench.post("4a"), Ok(true));
    assert_eq!(bench.messages(), ["a"]);
    let post = bench.open(POST);
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("4last\u{1e}1"));
    assert_eq!(bench.messages(), [""; 0], "a POST is under way");
    assert_eq!(bench.session.handle_link(bench.now, Link::Poll), Err(Refusal::SessionClosed));
    assert_eq!(bench.session.handle_payload(bench.now, post, Bytes::from_static(b"4b")), Ok(()));
    assert!(bench.accepted(post));
    assert_eq!(bench.messages(), ["b", "<shutdown>"]);
    assert!(bench.session.wants().finished);
    assert_eq!(bench.session.handle_link(bench.now, POST), Err(Refusal::SessionClosed));
}

#[test]
fn a_post_that_was_begun_is_not_waited_for_longer_than_the_rest() {
    for lost in [None, Some(Closed::Aborted), Some(Closed::Timeout)] {
        let mut bench = Bench::polling();
        let (post, poll) = (bench.open(POST), bench.open(Link::Poll));
        bench.session.leave(bench.now);
        assert_eq!(bench.body(poll).as_deref(), Some("1"));
        match lost {
            Some(how) => bench.session.handle_closed(bench.now, post, how),
            None => bench.advance(Duration::from_secs(5)),
        }
        assert_eq!(bench.messages(), ["<shutdown>"], "{lost:?}");
        assert!(bench.session.wants().finished, "{lost:?}");
        let late = bench.session.handle_payload(bench.now, post, Bytes::from_static(b"4b"));
        assert_eq!(late, Err(Refusal::SessionClosed));
    }
}

#[test]
fn a_client_between_two_polls_can_come_for_its_end_after_reading_has_stopped() {
    let mut bench = Bench::polling();
    bench.send("last").unwrap();
    bench.session.leave(bench.now);
    bench.advance(Duration::from_secs(5));
    assert_eq!(bench.messages(), ["<shutdown>"]);
    assert_eq!(bench.session.handle_link(bench.now, POST), Err(Refusal::SessionClosed));
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("4last\u{1e}1"));
    assert!(bench.session.wants().finished);
}

#[test]
fn a_poll_that_fails_ends_a_session_that_leaves() {
    let mut bench = Bench::polling();
    let poll = bench.open(Link::Poll);
    bench.session.leave(bench.now);
    bench.session.handle_closed(bench.now, poll, Closed::Aborted);
    assert_eq!(bench.messages(), ["<shutdown>"]);
    assert!(bench.session.wants().finished);
}

#[test]
fn a_client_that_closes_by_polling_while_it_is_told_is_answered() {
    let mut bench = Bench::polling();
    bench.session.leave(bench.now);
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.post("4a\u{1e}1"), Ok(true));
    assert_eq!(bench.body(poll).as_deref(), Some("6"));
    assert_eq!(bench.messages(), ["a", "<shutdown>"]);
    assert!(bench.session.wants().finished);
}

#[test]
fn a_client_that_moves_is_told_where_it_arrives_and_read_there() {
    let mut bench = Bench::polling();
    let websocket = bench.open(Link::WebSocket);
    bench.session.handle_packet(bench.now, websocket, Packet::Ping("probe".into()));
    bench.send("last").unwrap();
    bench.session.leave(bench.now);
    assert_eq!(bench.frames(websocket), ["3probe"]);
    assert!(bench.session.handle_packet(bench.now, websocket, Packet::Upgrade));
    receive(&mut bench, websocket, "a");
    assert_eq!(bench.frames(websocket), ["4last", "1", GOING_AWAY]);
    receive(&mut bench, websocket, "b");
    bench.session.handle_closed(bench.now, websocket, Closed::Eof);
    assert_eq!(bench.messages(), ["<Upgraded>", "a", "b", "<shutdown>"]);
    assert_eq!(bench.session.transport(), Transport::WebSocket);
}

#[test]
fn a_websocket_that_has_not_probed_is_closed_and_polling_goes_on_to_the_end() {
    let mut bench = Bench::polling();
    let websocket = bench.open(Link::WebSocket);
    bench.session.leave(bench.now);
    assert_eq!(bench.frames(websocket), [format!("{:?}", Finish::Close(CloseCode::NORMAL))]);
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("1"));
    assert_eq!(bench.messages(), ["<shutdown>"]);
}

#[test]
fn a_client_that_was_not_accepted_yet_is_told_at_once() {
    let (mut bench, link) = Bench::new(Link::WebSocket, SessionConfig::default());
    bench.session.leave(bench.now);
    bench.session.open(bench.now);
    assert_eq!(bench.messages(), ["<shutdown>"]);
    assert_eq!(bench.frames(link)[1..], ["1", GOING_AWAY]);
}

#[test]
fn what_is_not_known_to_have_arrived_is_counted_at_the_end() {
    let (mut bench, link) = Bench::websocket();
    bench.send("a").unwrap();
    bench.send("b").unwrap();
    let first = bench.session.progress().accepted;
    bench.session.leave(bench.now);
    bench.frames(link);
    bench.session.handle_sent(link, first);
    bench.session.handle_closed(bench.now, link, Closed::Eof);
    let Some(Event::Closed(end)) = bench.session.poll_event(bench.now) else { panic!("no end") };
    assert_eq!((end.reason, end.unconfirmed), (DisconnectReason::Shutdown, 0));
}

#[test]
fn a_flood_is_read_no_faster_than_the_application_takes_it() {
    let config = SessionConfig { max_inbound: 2, ..SessionConfig::default() };
    let (mut bench, link) = Bench::new(Link::WebSocket, config);
    bench.session.open(bench.now);
    bench.session.leave(bench.now);
    bench.frames(link);
    receive(&mut bench, link, "a");
    receive(&mut bench, link, "b");
    assert!(bench.session.wants().reading_paused);
    assert_eq!(bench.messages(), ["a", "b"]);
    bench.handled(2);
    assert!(!bench.session.wants().reading_paused);
}
