//! Sessions whose handshake, links and heartbeat come in the order of a host.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed test panics")]

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use engineio_proto::edge::{PostHead, Standing, objection};
use engineio_proto::server::{Event, Finish, Received, Session, Snapshot};
use engineio_proto::{
    DisconnectReason, Instant, Link, LinkId, Outgoing, Packet, Refusal, SendError, SessionConfig, Sid,
    Transmit, Transport,
};

const NOW: Instant = Instant::from_micros(1_000_000_000);

fn session(config: SessionConfig) -> Session {
    Session::hosted(&Arc::new(config), Sid::from_random([7; 16]))
}

fn text(packet: &Outgoing) -> String {
    let mut out = Vec::new();
    packet.encode_payload(&mut out);
    String::from_utf8(out).unwrap()
}

fn queued(session: &mut Session) -> Vec<String> {
    let mut packets = VecDeque::new();
    session.take_queued(&mut packets);
    packets.iter().map(text).collect()
}

fn polled(session: &mut Session, link: LinkId) -> Vec<String> {
    let mut packets = Vec::new();
    loop {
        match session.poll_transmit(link, usize::MAX) {
            Transmit::Packet(packet) => packets.push(text(&packet)),
            Transmit::Finish(Finish::Payload) => return packets,
            other => panic!("{other:?}"),
        }
    }
}

fn poll(session: &mut Session) -> Vec<String> {
    let link = session.handle_link(NOW, Link::Poll).unwrap();
    polled(session, link)
}

#[test]
fn the_reply_to_the_handshake_takes_what_is_queued() {
    let config = SessionConfig { max_packets_per_poll: Some(3), ..SessionConfig::default() };
    let mut session = session(config);
    session.send_hosted(NOW, Packet::Open("{}".into())).unwrap();
    for message in ["a", "b", "c"] {
        session.send(message.into()).unwrap();
    }
    assert!(session.has_queued());
    assert_eq!(queued(&mut session), ["0{}", "4a", "4b"]);
    session.close(NOW, DisconnectReason::ServerDisconnect);
    assert_eq!(queued(&mut session), ["4c", "1"]);
    assert!(session.wants().finished && !session.has_queued());
}

#[test]
fn the_heartbeat_rests_until_the_host_starts_it() {
    let mut session = session(SessionConfig::default());
    assert_eq!(session.poll_timeout(), None);
    assert!(session.schedule_ping(NOW));
    assert!(!session.schedule_ping(NOW), "it is scheduled already");
    let due = session.poll_timeout().unwrap();
    assert!(!session.take_ping(NOW));
    assert!(session.take_ping(due));
    assert_eq!(session.snapshot().pinged_at, Some(due));
    session.send_hosted(due, Packet::PING).unwrap();
    assert!(!session.schedule_ping(due), "the ping has not left");
    assert_eq!(poll(&mut session), ["2"]);
    assert!(session.schedule_ping(due), "its pong has come");
    assert_eq!(session.poll_timeout(), Some(due + Duration::from_secs(25)));
}

#[test]
fn a_client_is_overdue_after_the_ping_timeout() {
    let mut session = session(SessionConfig::default());
    let pinged = Snapshot { pinged_at: Some(NOW), ..session.snapshot() };
    session.restore(NOW, pinged);
    let timeout = Duration::from_secs(20);
    assert!(!session.is_overdue(NOW + timeout));
    assert!(session.is_overdue(NOW + timeout + Duration::from_micros(1)));
    let event = session.poll_event(NOW);
    assert!(matches!(event, Some(Event::Closed(end)) if end.reason == DisconnectReason::PingTimeout));
    assert!(!session.is_overdue(NOW + timeout * 2), "once");
    assert!(!session.schedule_ping(NOW));
}

#[test]
fn packets_that_the_host_hands_over_are_judged_as_on_a_websocket() {
    let mut session = session(SessionConfig::default());
    assert_eq!(session.receive_packet(NOW, Packet::Message("a".into())), Received::Message);
    assert_eq!(session.receive_packet(NOW, Packet::Noop), Received::Unexpected);
    assert_eq!(session.receive_packet(NOW, Packet::PONG), Received::Pong);
    assert_eq!(session.receive_packet(NOW, Packet::Close), Received::Close);
    assert_eq!(session.poll_event(NOW), Some(Event::Message("a".into())));
    assert!(matches!(session.poll_event(NOW), Some(Event::Closed(_))));
    assert_eq!(session.send_hosted(NOW, Packet::PING), Err(SendError::Closed));
    assert_eq!(session.receive_packet(NOW, Packet::Message("b".into())), Received::Message);
    assert_eq!(session.poll_event(NOW), None, "nothing follows the end");
}

#[test]
fn somebody_elses_upgrade_keeps_packets_from_polls() {
    let mut session = session(SessionConfig::default());
    session.restore(NOW, Snapshot { upgrading: true, ..session.snapshot() });
    session.send("a".into()).unwrap();
    assert_eq!(poll(&mut session), ["6"]);
    let websocket = session.handle_link(NOW, Link::WebSocket).unwrap();
    assert!(session.is_probing(websocket));
    session.handle_packet(NOW, websocket, Packet::Ping("probe".into()));
    session.handle_packet(NOW, websocket, Packet::Upgrade);
    assert_eq!(session.websocket(), Some(websocket));
    let late = session.handle_link(NOW, Link::Poll).unwrap_err();
    assert!(late.is_overtaken());
    assert!(!session.snapshot().upgrading);
}

#[test]
fn a_session_can_begin_on_a_websocket() {
    let mut session = session(SessionConfig::default());
    session.send_hosted(NOW, Packet::Open("{}".into())).unwrap();
    let link = session.begin_websocket();
    assert!(session.is_websocket(link) && session.link_wants(link));
    let Transmit::Packet(open) = session.poll_transmit(link, usize::MAX) else { panic!("the open packet") };
    assert_eq!(text(&open), "0{}");
    assert_eq!(LinkId::from_number(link.number()), link);
}

#[test]
fn what_a_snapshot_ends_stays_ended() {
    let mut ended = session(SessionConfig::default());
    ended.restore(NOW, Snapshot { ended: true, ..ended.snapshot() });
    assert!(!ended.is_alive() && !ended.snapshot().finished);
    ended.restore(NOW, Snapshot { ended: false, finished: true, ..ended.snapshot() });
    assert!(ended.snapshot().ended && ended.wants().finished);
}

#[test]
fn settings_change_on_a_living_session() {
    let mut session = session(SessionConfig::default());
    let config = SessionConfig { max_packets_per_post: Some(2), ..SessionConfig::default() };
    session.configure(&Arc::new(config));
    let post = session.handle_link(NOW, Link::Post(PostHead::default())).unwrap();
    assert_eq!(session.handle_payload(NOW, post, "4a\u{1e}4b".into()), Ok(()));
    assert!(matches!(session.poll_transmit(post, 0), Transmit::Finish(Finish::Accepted)));
    let post = session.handle_link(NOW, Link::Post(PostHead::default())).unwrap();
    let refused = session.handle_payload(NOW, post, "4a\u{1e}4b\u{1e}4c".into());
    assert_eq!(refused, Err(Refusal::BadRequest("too many packets in the payload")));
    assert!(!session.is_alive());
}

#[test]
fn requests_for_sessions_of_the_host_are_judged_by_their_standing() {
    use Transport::{Polling, WebSocket};
    for (standing, wanted, refused) in [
        (Standing::Unknown, Polling, true),
        (Standing::Unknown, WebSocket, true),
        (Standing::Opening, Polling, true),
        (Standing::On(Polling), Polling, false),
        (Standing::On(Polling), WebSocket, false),
        (Standing::On(WebSocket), Polling, true),
        (Standing::On(WebSocket), WebSocket, false),
    ] {
        assert_eq!(objection("a", standing, wanted).is_some(), refused, "{standing:?} {wanted}");
    }
}
