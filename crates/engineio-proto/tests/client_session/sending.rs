//! What the application may send, and when the queue is full.

use engineio_proto::client::ClientConfig;
use engineio_proto::{Overflow, Packet, Prepared, SendError, Text};

use crate::bench::Bench;

#[test]
fn messages_that_the_server_would_refuse_are_refused_here() {
    let (mut bench, _) = Bench::polling();
    let refused = |size| Err(SendError::TooLarge { size, limit: 1000 });
    bench.send(&"x".repeat(999)).unwrap();
    assert_eq!(bench.send(&"x".repeat(1000)), refused(1001));
    assert_eq!(bench.session.send(vec![0; 750].into()).map(drop), refused(1001));
    assert_eq!(bench.session.send_prepared(&Prepared::new(vec![0; 750].into())).map(drop), refused(1001));
    let (mut bench, _) = Bench::websocket();
    bench.session.send(vec![0; 1000].into()).unwrap();
    assert_eq!(bench.session.send(vec![0; 1001].into()).map(drop), refused(1001));
}

#[test]
fn text_with_the_separator_is_for_websockets() {
    let (mut bench, _) = Bench::polling();
    assert_eq!(bench.send("a\u{1e}1"), Err(SendError::Separator));
    let (mut bench, link) = Bench::websocket();
    bench.send("a\u{1e}1").unwrap();
    assert_eq!(bench.frames(link), ["4a\u{1e}1"]);
}

#[test]
fn a_full_queue_follows_its_policy() {
    let fill = |overflow| {
        let config = ClientConfig { max_queued_packets: 2, overflow, ..ClientConfig::default() };
        let (mut bench, _) = Bench::polling_with(config);
        bench.send("a").unwrap();
        bench.send("b").unwrap();
        let result = bench.send("c");
        (bench, result)
    };
    let (mut bench, result) = fill(Overflow::Close);
    assert_eq!(result, Err(SendError::Closed));
    assert_eq!(bench.events(), ["<slow consumer: the outbound queue is full; 2>"]);
    for overflow in [Overflow::DropNewest, Overflow::Wait] {
        let (mut bench, result) = fill(overflow);
        assert_eq!(result, Err(SendError::Full("c".into())));
        assert!(!bench.session.has_room());
        assert_eq!(bench.posted(), "4a\u{1e}4b");
    }
    let (mut bench, result) = fill(Overflow::DropOldest);
    assert_eq!(result, Ok(()));
    assert_eq!(bench.posted(), "4b\u{1e}4c");
}

#[test]
fn only_some_packets_are_the_applications() {
    let (mut bench, _) = Bench::polling();
    let mut send = |packet| bench.session.send_packet(bench.now, packet);
    for packet in [Packet::Open(Text::default()), Packet::PING, Packet::PONG, Packet::Upgrade, Packet::Noop] {
        assert_eq!(send(packet), Err(SendError::PacketType));
    }
    send(Packet::Message("m".into())).unwrap();
    send(Packet::Close).unwrap();
    assert_eq!(send(Packet::Close), Err(SendError::Closed));
    assert_eq!(bench.posted(), "4m\u{1e}1");
}

#[test]
fn an_empty_queue_is_news_when_asked_for() {
    let config = ClientConfig { drain_events: true, ..ClientConfig::default() };
    let (mut bench, _) = Bench::polling_with(config);
    bench.send("a").unwrap();
    bench.posted();
    assert_eq!(bench.events(), ["<Drained>"]);
}
