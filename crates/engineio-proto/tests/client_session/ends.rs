//! How a session ends.

use std::time::Duration;

use bytes::Bytes;
use engineio_proto::client::ClientConfig;
use engineio_proto::ws::CloseCode;
use engineio_proto::{Closed, SendError, Transport};

use crate::bench::{Bench, numbers};

#[test]
fn a_websocket_that_breaks_ends_the_session() {
    let (mut bench, link) = Bench::websocket();
    bench.send("a").unwrap();
    let mark = bench.session.send("b".into()).unwrap();
    assert_eq!(bench.frames(link), ["4a", "4b"]);
    bench.session.handle_sent(link, mark);
    bench.send("c").unwrap();
    bench.session.handle_closed(link, Closed::Eof);
    assert_eq!(bench.events(), ["<transport close: the WebSocket was closed; 1>"]);
    let (mut bench, link) = Bench::websocket();
    bench.session.handle_bad_frame(link, CloseCode::INVALID_DATA);
    assert_eq!(bench.frames(link), ["Close(CloseCode(1007))"]);
    assert_eq!(bench.events(), ["<parse error: the WebSocket received something that is no packet; 0>"]);
}

#[test]
fn a_server_that_closes_ends_the_session() {
    let (mut bench, poll) = Bench::polling();
    bench.respond(poll, "4a\u{1e}1\u{1e}4b");
    assert_eq!(bench.events(), ["a", "<server disconnect: the server sent a close packet; 0>"]);
    let (mut bench, link) = Bench::websocket();
    assert!(!bench.receive(link, "1"));
    assert!(bench.is_dropped(link));
    assert_eq!(bench.events(), ["<server disconnect: the server sent a close packet; 0>"]);
}

#[test]
fn closing_by_polling_sends_what_is_queued_and_then_says_so() {
    let (mut bench, poll) = Bench::polling();
    for number in numbers(16) {
        bench.send(&number).unwrap();
    }
    bench.session.close(bench.now);
    assert_eq!(bench.send("late"), Err(SendError::Closed));
    assert!(bench.posted().ends_with("\u{1e}415"));
    bench.respond(poll, "4x");
    let (farewell, body) = bench.post();
    assert_eq!(body, "1");
    assert!(bench.opens_nothing(), "no GET after the close packet");
    assert_eq!(bench.events(), ["x"]);
    bench.respond(farewell, "ok");
    assert_eq!(bench.events(), ["<client disconnect: closed by the application; 0>"]);
}

#[test]
fn the_end_of_a_poll_after_the_close_packet_is_no_loss() {
    let (mut bench, poll) = Bench::polling();
    bench.session.close(bench.now);
    let (farewell, _) = bench.post();
    bench.session.handle_refused(bench.now, poll, 400, Bytes::new());
    assert_eq!(bench.events(), [""; 0]);
    bench.respond(farewell, "ok");
    assert_eq!(bench.events(), ["<client disconnect: closed by the application; 0>"]);
}

#[test]
fn closing_a_websocket_waits_for_the_last_byte() {
    let (mut bench, link) = Bench::websocket();
    let mark = bench.session.send("a".into()).unwrap();
    bench.session.close(bench.now);
    assert_eq!(bench.frames(link), ["4a", "1", "Close(CloseCode(1000))"]);
    assert_eq!(bench.events(), [""; 0]);
    bench.session.handle_sent(link, mark);
    bench.session.handle_closed(link, Closed::Eof);
    assert_eq!(bench.events(), ["<client disconnect: closed by the application; 0>"]);
}

#[test]
fn closing_does_not_take_for_ever() {
    let (mut bench, _) = Bench::polling();
    bench.send("a").unwrap();
    bench.session.close(bench.now);
    bench.post();
    bench.advance(Duration::from_secs(10));
    assert_eq!(bench.events(), ["<client disconnect: what was queued did not leave in time; 1>"]);
}

#[test]
fn aborting_ends_at_once() {
    let (mut bench, link) = Bench::websocket();
    bench.send("a").unwrap();
    bench.session.abort();
    bench.session.abort();
    assert!(bench.is_dropped(link));
    assert_eq!(bench.events(), ["<client disconnect: aborted by the application; 1>"]);
    let mut bench = Bench::new(Transport::Polling, ClientConfig::default());
    bench.session.close(bench.now);
    assert!(bench.opens_nothing());
    assert_eq!(bench.events(), ["<client disconnect: aborted by the application; 0>"]);
}
