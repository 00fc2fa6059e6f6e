//! A server's session without a driver.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engineio_proto::edge::PostHead;
use engineio_proto::server::{Event, Finish, Session, Transmit};
use engineio_proto::ws::CloseCode;
use engineio_proto::{
    ClientPings, Closed, DisconnectReason, Instant, Link, LinkId, Load, Mark, Message, Packet, Prepared,
    SessionConfig, Sid, Transport,
};
use proptest::prelude::*;

use super::check_deadline;
use super::values::{body, closed, code, message, overflow, packet, room};

const REASONS: &[DisconnectReason] = &[DisconnectReason::ServerDisconnect, DisconnectReason::Shutdown];

const PINGS: &[ClientPings] = &[ClientPings::Refuse, ClientPings::Ignore];

/// A call; links are chosen among all there ever were, the newest first.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Open,
    Link(Link),
    Payload(usize, Bytes),
    Packet(usize, Packet),
    Packets(usize, Vec<Packet>),
    BadFrame(usize, CloseCode),
    Partial(usize, bool),
    Sent(usize, usize),
    Closed(usize, Closed),
    Transmit(usize, usize),
    TransmitAll(usize, usize),
    Event,
    Events(usize),
    Handled(usize),
    Pass(u64),
    Late(u64),
    Send(Message),
    SendPrepared(Message),
    SendPacket(Packet),
    Close(DisconnectReason),
    Leave,
}

pub(crate) fn server_operation() -> impl Strategy<Value = Operation> {
    let link = || 0..4usize;
    prop_oneof![
        4 => Just(Operation::Open),
        12 => new_link().prop_map(Operation::Link),
        8 => (link(), body()).prop_map(|(link, body)| Operation::Payload(link, body)),
        8 => (link(), packet()).prop_map(|(link, packet)| Operation::Packet(link, packet)),
        4 => (link(), prop::collection::vec(packet(), 0..5))
            .prop_map(|(link, packets)| Operation::Packets(link, packets)),
        1 => (link(), code()).prop_map(|(link, code)| Operation::BadFrame(link, code)),
        1 => (link(), any::<bool>()).prop_map(|(link, partial)| Operation::Partial(link, partial)),
        2 => (link(), link()).prop_map(|(link, mark)| Operation::Sent(link, mark)),
        2 => (link(), closed()).prop_map(|(link, how)| Operation::Closed(link, how)),
        16 => (link(), room()).prop_map(|(link, room)| Operation::Transmit(link, room)),
        8 => (link(), room()).prop_map(|(link, room)| Operation::TransmitAll(link, room)),
        6 => Just(Operation::Event),
        3 => (1..5usize).prop_map(Operation::Events),
        3 => (0..9usize).prop_map(Operation::Handled),
        4 => (0..400u64).prop_map(Operation::Pass),
        2 => (0..400u64).prop_map(Operation::Late),
        6 => message().prop_map(Operation::Send),
        1 => message().prop_map(Operation::SendPrepared),
        1 => packet().prop_map(Operation::SendPacket),
        1 => prop::sample::select(REASONS).prop_map(Operation::Close),
        1 => Just(Operation::Leave),
    ]
}

fn new_link() -> impl Strategy<Value = Link> {
    let head =
        |content_length, octet_stream| PostHead { content_length, octet_stream, ..PostHead::default() };
    prop_oneof![
        4 => Just(Link::Poll),
        4 => Just(Link::Post(PostHead::default())),
        1 => (prop::option::of(0..2000u64), any::<bool>())
            .prop_map(move |(length, octets)| Link::Post(head(length, octets))),
        3 => Just(Link::WebSocket),
    ]
}

pub(crate) fn server_config() -> impl Strategy<Value = SessionConfig> {
    (overflow(), prop::sample::select(PINGS), 1..5usize, prop::option::of(1..4usize), any::<bool>()).prop_map(
        |(overflow, client_pings, small, max_packets_per_poll, drain_events)| SessionConfig {
            ping_interval: Duration::from_millis(300),
            ping_timeout: Duration::from_millis(200),
            upgrade_timeout: Duration::from_millis(500),
            max_payload: 100 * small,
            max_queued_packets: small,
            max_inbound: small,
            overflow,
            client_pings,
            max_packets_per_poll,
            drain_events,
            ..SessionConfig::default()
        },
    )
}

/// A session, every link that it ever had, and its clock.
#[derive(Debug)]
pub(crate) struct ServerBench {
    session: Session,
    now: Instant,
    links: Vec<LinkId>,
    marks: Vec<Mark>,
    /// The links that wrote a packet.
    begun: Vec<LinkId>,
    ended: bool,
}

impl ServerBench {
    pub(crate) fn new(config: SessionConfig, websocket: bool) -> Self {
        let first = if websocket { Link::WebSocket } else { Link::Poll };
        let sid = Sid::from_random([1; 16]);
        let now = Instant::EPOCH;
        let (session, link) = Session::accept(&Arc::new(config), sid, &[Transport::WebSocket], first, now);
        let marks = vec![session.progress().accepted];
        Self { session, now, links: vec![link], marks, begun: Vec::new(), ended: false }
    }

    pub(crate) fn apply(&mut self, operation: Operation) {
        let now = self.now;
        match operation {
            Operation::Open => self.session.open(now),
            Operation::Link(link) => self.links.extend(self.session.handle_link(now, link)),
            Operation::Payload(link, body) => drop(self.session.handle_payload(now, self.link(link), body)),
            Operation::Packet(link, packet) => {
                self.session.handle_packet(now, self.link(link), packet);
            }
            Operation::Packets(link, mut packets) => {
                self.session.lend(&mut VecDeque::with_capacity(20), &mut VecDeque::with_capacity(20));
                self.session.handle_packets(now, self.link(link), &mut packets);
                assert!(packets.is_empty());
            }
            Operation::BadFrame(link, code) => self.session.handle_bad_frame(now, self.link(link), code),
            Operation::Partial(link, partial) => self.session.handle_partial(now, self.link(link), partial),
            Operation::Sent(link, mark) => self.session.handle_sent(self.link(link), self.mark(mark)),
            Operation::Closed(link, how) => self.session.handle_closed(now, self.link(link), how),
            Operation::Transmit(link, room) => self.transmit(link, room),
            Operation::TransmitAll(link, room) => self.transmit_all(link, room),
            Operation::Event => self.take_event(),
            Operation::Events(max) => self.take_events(max),
            Operation::Handled(count) => {
                self.session.handle_handled(now, Load { messages: count, bytes: 2 * count });
            }
            Operation::Pass(millis) => self.pass(Duration::from_millis(millis)),
            Operation::Late(millis) => self.now = now + Duration::from_millis(millis),
            Operation::Send(message) => self.marks.extend(self.session.send(message)),
            Operation::SendPrepared(message) => {
                self.marks.extend(self.session.send_prepared(&Prepared::new(message)));
            }
            Operation::SendPacket(packet) => drop(self.session.send_packet(now, packet)),
            Operation::Close(reason) => self.session.close(now, reason),
            Operation::Leave => self.session.leave(now),
        }
        check_deadline(self.session.poll_timeout(), self.now, self.session.wants().finished);
    }

    fn link(&self, back: usize) -> LinkId {
        self.links.iter().rev().copied().cycle().nth(back).unwrap_or_else(|| panic!("no link"))
    }

    fn mark(&self, back: usize) -> Mark {
        self.marks.iter().rev().copied().cycle().nth(back).unwrap_or_default()
    }

    fn transmit(&mut self, link: usize, room: usize) {
        let link = self.link(link);
        let wants = self.session.link_wants(link);
        let transmit = self.session.poll_transmit(link, room);
        assert_eq!(wants, !matches!(transmit, Transmit::Wait), "{transmit:?}");
        match transmit {
            Transmit::Packet(_) => self.begun.push(link),
            Transmit::Finish(Finish::Payload) => {
                assert!(self.begun.contains(&link), "a response without packets");
            }
            _ => {}
        }
    }

    fn transmit_all(&mut self, link: usize, room: usize) {
        let link = self.link(link);
        let wants = self.session.link_wants(link);
        let mut packets = VecDeque::new();
        let finish = self.session.poll_transmit_all(link, room.max(1), &mut packets);
        assert_eq!(wants, finish.is_some() || !packets.is_empty(), "{finish:?} {packets:?}");
        if !packets.is_empty() {
            self.begun.push(link);
        }
        if finish == Some(Finish::Payload) {
            assert!(self.begun.contains(&link), "a response without packets");
        }
    }

    fn take_events(&mut self, max: usize) {
        let announced = self.session.wants().events;
        let mut events = VecDeque::new();
        self.session.poll_events(self.now, max, &mut events);
        assert_eq!(announced, !events.is_empty());
        assert!(!(self.ended && announced), "{events:?} after the end");
        let end = events.iter().position(|event| matches!(event, Event::Closed(_)));
        assert!(end.is_none_or(|end| end + 1 == events.len()), "{events:?}");
        self.ended |= end.is_some();
    }

    fn take_event(&mut self) {
        let announced = self.session.wants().events;
        let event = self.session.poll_event(self.now);
        assert_eq!(announced, event.is_some(), "{event:?}");
        assert!(!(self.ended && event.is_some()), "{event:?} after the end");
        self.ended |= matches!(event, Some(Event::Closed(_)));
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        self.session.handle_timeout(self.now);
        assert!(
            self.session.poll_timeout().is_none_or(|at| at > self.now),
            "a deadline that does not go away"
        );
    }

    /// Closed by its application, or left by its server, the session says so once and ends by its own deadlines.
    pub(crate) fn finish(mut self) {
        if self.links.len().is_multiple_of(2) {
            self.session.leave(self.now);
            self.pass(Duration::from_secs(5));
        }
        self.session.close(self.now, DisconnectReason::ServerDisconnect);
        while self.session.wants().events {
            self.take_event();
        }
        assert!(self.ended, "no end");
        while let Some(at) = self.session.poll_timeout() {
            self.pass(at.saturating_since(self.now));
        }
        assert!(self.session.wants().finished);
        self.take_event();
    }
}
