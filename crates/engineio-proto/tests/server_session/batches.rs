//! Many packets and events at a time, as our driver of a WebSocket takes them.

use std::collections::VecDeque;
use std::time::Duration;

use engineio_proto::server::{Event, Finish};
use engineio_proto::ws::CloseCode;
use engineio_proto::{DisconnectReason, Link, LinkId, Packet, SessionConfig};

use crate::bench::{Bench, wire};

fn websocket(config: SessionConfig) -> (Bench, LinkId) {
    let (mut bench, link) = Bench::new(Link::WebSocket, config);
    bench.session.open(bench.now);
    assert_eq!(written(&mut bench, link, 1000).0.len(), 1, "the open packet");
    (bench, link)
}

/// The packets of one write, and how the link ends.
fn written(bench: &mut Bench, link: LinkId, max: usize) -> (Vec<String>, Option<Finish>) {
    let mut packets = VecDeque::new();
    let finish = bench.session.poll_transmit_all(link, max, &mut packets);
    (packets.iter().map(wire).collect(), finish)
}

fn taken(bench: &mut Bench, max: usize) -> usize {
    let mut events = VecDeque::new();
    bench.session.poll_events(bench.now, max, &mut events);
    assert!(events.iter().all(|event| matches!(event, Event::Message(_))));
    events.len()
}

#[test]
fn packets_of_one_read_are_judged_one_by_one() {
    let (mut bench, link) = Bench::websocket();
    let mut packets = ["a", "b"].map(|text| Packet::Message(text.into())).to_vec();
    packets.extend([Packet::Noop, Packet::Message("c".into()), Packet::Close, Packet::Message("d".into())]);
    bench.session.handle_packets(bench.now, link, &mut packets);
    assert!(packets.is_empty());
    assert_eq!(bench.messages(), ["a", "b", "c", "<client disconnect>"]);
}

#[test]
fn a_write_is_as_long_as_it_may_be_and_no_longer() {
    let (mut bench, link) = websocket(SessionConfig::default());
    for text in ["aaaa", "bbbb", "c"] {
        bench.send(text).unwrap();
    }
    assert_eq!(written(&mut bench, link, 6), (vec!["4aaaa".to_owned(), "4bbbb".to_owned()], None));
    assert_eq!(bench.session.progress().taken.count(), 2);
    assert_eq!(written(&mut bench, link, 6), (vec!["4c".to_owned()], None));
    assert_eq!(bench.session.progress().taken.count(), 3);
    assert_eq!(written(&mut bench, link, 6), (vec![], None));
}

#[test]
fn what_is_queued_leaves_before_the_end() {
    let (mut bench, link) = websocket(SessionConfig::default());
    bench.send("a").unwrap();
    bench.session.close(bench.now, DisconnectReason::ServerDisconnect);
    let end = Some(Finish::Close(CloseCode::NORMAL));
    assert_eq!(written(&mut bench, link, 100), (vec!["4a".to_owned(), "1".to_owned()], end));
}

#[test]
fn a_queue_that_was_emptied_at_once_is_told_once() {
    let (mut bench, link) = websocket(SessionConfig { drain_events: true, ..SessionConfig::default() });
    assert_eq!(bench.messages(), ["<Drained>"], "of the open packet");
    for text in ["a", "b"] {
        bench.send(text).unwrap();
    }
    written(&mut bench, link, 100);
    assert_eq!(bench.messages(), ["<Drained>"]);
    written(&mut bench, link, 100);
    assert!(bench.messages().is_empty());
}

#[test]
fn a_ping_that_left_with_others_can_be_answered() {
    let (mut bench, link) = websocket(SessionConfig::default());
    bench.send("a").unwrap();
    bench.advance(Duration::from_secs(25));
    assert_eq!(written(&mut bench, link, 100).0, ["2", "4a"]);
    bench.advance(Duration::from_secs(3));
    bench.session.handle_packets(bench.now, link, &mut vec![Packet::PONG]);
    assert_eq!(bench.session.round_trip(), Some(Duration::from_secs(3)));
}

#[test]
fn what_was_taken_counts_until_it_is_handled() {
    let (mut bench, link) = websocket(SessionConfig { max_inbound: 2, ..SessionConfig::default() });
    let mut read = vec![Packet::Message("x".into()); 3];
    bench.session.handle_packets(bench.now, link, &mut read);
    assert!(bench.session.wants().reading_paused);
    assert_eq!(taken(&mut bench, 2) + taken(&mut bench, 2), 3);
    assert!(bench.session.wants().reading_paused, "three are in hand");
    bench.handled(1);
    assert!(bench.session.wants().reading_paused, "two are in hand");
    bench.handled(1);
    assert!(!bench.session.wants().reading_paused);
}

#[test]
fn who_is_not_read_is_not_blamed() {
    let (mut bench, link) = websocket(SessionConfig { max_inbound: 2, ..SessionConfig::default() });
    bench.advance(Duration::from_secs(25));
    assert_eq!(written(&mut bench, link, 100).0, ["2"]);
    bench.session.handle_packets(bench.now, link, &mut vec![Packet::Message("x".into()); 2]);
    bench.advance(Duration::from_secs(20));
    assert!(bench.session.is_open());
    assert_eq!(taken(&mut bench, 2), 2);
    bench.handled(2);
    bench.advance(Duration::from_secs(20));
    assert_eq!(bench.messages(), ["<ping timeout>"]);
}
