//! What is read, and when it is not: while the application is behind.

use std::time::Duration;

use engineio_proto::client::{ClientConfig, Event, LinkKind};

use crate::bench::Bench;

#[test]
fn polling_pauses_while_two_large_bodies_wait_and_the_watchdog_with_it() {
    let (mut bench, mut poll) = Bench::polling_with(ClientConfig { max_payload: 100, ..Default::default() });
    bench.respond(poll, &format!("4{}\u{1e}4b", "a".repeat(90)));
    poll = bench.open(LinkKind::Poll);
    bench.respond(poll, "4cccccc");
    assert!(bench.opens_nothing(), "they hold more than a response may");
    bench.advance(Duration::from_secs(100));
    assert_eq!(bench.events(), ["a".repeat(90), "b".into(), "cccccc".into()]);
    bench.open(LinkKind::Poll);
    bench.advance(Duration::from_secs(45));
    assert!(!bench.session.is_open());
}

#[test]
fn polling_reads_as_many_responses_ahead_as_messages_may_wait() {
    let (mut bench, mut poll) = Bench::polling_with(ClientConfig { max_inbound: 5, ..Default::default() });
    for number in 0..4 {
        bench.respond(poll, &format!("4{number}a\u{1e}4{number}b"));
        poll = bench.open(LinkKind::Poll);
    }
    bench.respond(poll, "44a\u{1e}1");
    assert!(bench.opens_nothing());
    let mut expected: Vec<_> = (0..4).flat_map(|n| [format!("{n}a"), format!("{n}b")]).collect();
    expected.push("4a".to_owned());
    let last = "<server disconnect: the server sent a close packet; 0>".to_owned();
    assert_eq!(bench.events(), [expected, vec![last]].concat(), "in order, and the end is the last");
}

#[test]
fn polling_goes_on_when_there_is_room_for_a_response_again() {
    let (mut bench, mut poll) = Bench::polling_with(ClientConfig { max_inbound: 3, ..Default::default() });
    for number in 0..2 {
        bench.respond(poll, &format!("4{number}"));
        poll = bench.open(LinkKind::Poll);
    }
    bench.respond(poll, "42");
    assert!(bench.opens_nothing());
    assert!(matches!(bench.session.poll_event(bench.now), Some(Event::Message(_))));
    poll = bench.open(LinkKind::Poll);
    bench.respond(poll, "43");
    assert!(bench.opens_nothing());
    assert_eq!(bench.events(), ["1", "2", "3"]);
    assert!(bench.opens_nothing(), "delivered is not handled");
    bench.handled(2);
    bench.open(LinkKind::Poll);
}

#[test]
fn reading_pauses_while_the_application_is_behind() {
    let (mut bench, link) = Bench::websocket();
    for _ in 0..256 {
        bench.receive(link, "4x");
    }
    assert!(bench.session.wants().reading_paused);
    assert_eq!(bench.events().len(), 256);
    assert!(bench.session.wants().reading_paused, "delivered is not handled");
    bench.advance(Duration::from_secs(100));
    bench.handled(1);
    assert!(!bench.session.wants().reading_paused && bench.session.is_open());
}

#[test]
fn packets_without_meaning_are_ignored() {
    let (mut bench, poll) = Bench::polling();
    bench.respond(poll, "6\u{1e}3");
    assert!(bench.session.is_open());
    let (mut bench, link) = Bench::websocket();
    for packet in ["0{}", "3", "5", "6"] {
        assert!(bench.receive(link, packet));
    }
    assert_eq!(bench.events(), [""; 0]);
}

#[test]
fn an_unfinished_message_has_a_deadline() {
    let (mut bench, link) = Bench::websocket();
    bench.session.handle_partial(bench.now, link, true);
    bench.advance(Duration::from_secs(20));
    bench.session.handle_partial(bench.now, link, true);
    bench.advance(Duration::from_secs(10));
    assert_eq!(bench.events(), ["<transport error: a WebSocket message was not completed in time; 0>"]);
}

#[test]
fn an_unfinished_message_is_not_held_against_a_server_that_we_do_not_read() {
    let (mut bench, link) = Bench::websocket();
    for _ in 0..256 {
        bench.receive(link, "4x");
    }
    bench.session.handle_partial(bench.now, link, true);
    assert!(bench.session.wants().reading_paused);
    bench.advance(Duration::from_secs(3600));
    assert_eq!(bench.events().len(), 256);
    bench.handled(256);
    bench.advance(Duration::from_secs(29));
    assert!(bench.session.is_open(), "its time runs from when we read again");
    bench.advance(Duration::from_secs(1));
    assert_eq!(bench.events(), ["<transport error: a WebSocket message was not completed in time; 0>"]);
}
