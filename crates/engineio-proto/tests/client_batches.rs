//! What a client's WebSocket writes in one go.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::collections::VecDeque;
use std::sync::Arc;

use engineio_proto::client::{ClientConfig, Event, Finish, Session};
use engineio_proto::ws::CloseCode;
use engineio_proto::{Instant, LinkId, Message, Outgoing, Packet, Transport};

const NOW: Instant = Instant::EPOCH;
const OPEN: &str =
    r#"{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

fn websocket() -> (Session, LinkId) {
    let config = Arc::new(ClientConfig { drain_events: true, ..ClientConfig::default() });
    let mut session = Session::connect(&config, Transport::WebSocket, NOW);
    let (link, _) = session.poll_link(NOW).unwrap();
    session.handle_packet(NOW, link, Packet::Open(OPEN.into()));
    assert!(matches!(session.poll_event(NOW), Some(Event::Open(_))));
    (session, link)
}

fn send(session: &mut Session, texts: &[&str]) {
    for text in texts {
        session.send(Message::from(*text)).unwrap();
    }
}

/// The packets of one write, as they would be by polling, and how the link ends.
fn written(session: &mut Session, link: LinkId, max: usize) -> (String, Option<Finish>) {
    let mut packets = VecDeque::new();
    let finish = session.poll_transmit_all(link, max, &mut packets);
    let mut text = Vec::new();
    for packet in &packets {
        text.push(b' ');
        Outgoing::encode_payload(packet, &mut text);
    }
    (String::from_utf8(text).unwrap(), finish)
}

#[test]
fn all_that_waits_leaves_at_once_and_the_queue_is_drained() {
    let (mut session, link) = websocket();
    send(&mut session, &["a", "b", "c"]);
    assert_eq!(written(&mut session, link, 100), (" 4a 4b 4c".to_owned(), None));
    assert_eq!(session.progress().taken.count(), 3);
    assert_eq!(session.poll_event(NOW), Some(Event::Drained));
    assert_eq!(written(&mut session, link, 100), (String::new(), None));
    assert_eq!(session.poll_event(NOW), None);
}

#[test]
fn a_pong_goes_first_and_only_so_much_at_once() {
    let (mut session, link) = websocket();
    send(&mut session, &["aaaa", "bbbb", "c"]);
    session.handle_packet(NOW, link, Packet::Ping("x".into()));
    assert_eq!(written(&mut session, link, 6), (" 3x 4aaaa 4bbbb".to_owned(), None));
    assert_eq!(session.poll_event(NOW), None, "something is left");
    assert_eq!(written(&mut session, link, 6), (" 4c".to_owned(), None));
}

#[test]
fn what_is_queued_leaves_before_the_end() {
    let (mut session, link) = websocket();
    send(&mut session, &["a"]);
    session.close(NOW);
    let end = Some(Finish::Close(CloseCode::NORMAL));
    assert_eq!(written(&mut session, link, 100), (" 4a 1".to_owned(), end));
}
