//! A client's session without a driver.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engineio_proto::client::{ClientConfig, Event, LinkKind, Session, Transmit};
use engineio_proto::ws::CloseCode;
use engineio_proto::{Closed, Instant, LinkId, Load, Mark, Message, Packet, Prepared, Transport};
use proptest::prelude::*;

use super::check_deadline;
use super::values::{body, closed, code, message, overflow, packet, room};

/// A call; links are chosen among all there ever were, the newest first.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    PollLink,
    Response(usize, Bytes),
    Refused(usize, u16),
    Packet(usize, Packet),
    BadFrame(usize, CloseCode),
    Partial(usize, bool),
    Sent(usize, usize),
    Closed(usize, Closed),
    Transmit(usize, usize),
    Event,
    Handled(usize),
    Pass(u64),
    Late(u64),
    Send(Message),
    SendPrepared(Message),
    SendPacket(Packet),
    Close,
    Abort,
}

pub(crate) fn client_operation() -> impl Strategy<Value = Operation> {
    let link = || 0..4usize;
    prop_oneof![
        12 => Just(Operation::PollLink),
        14 => (link(), body()).prop_map(|(link, body)| Operation::Response(link, body)),
        1 => (link(), 400..420u16).prop_map(|(link, status)| Operation::Refused(link, status)),
        10 => (link(), packet()).prop_map(|(link, packet)| Operation::Packet(link, packet)),
        1 => (link(), code()).prop_map(|(link, code)| Operation::BadFrame(link, code)),
        1 => (link(), any::<bool>()).prop_map(|(link, partial)| Operation::Partial(link, partial)),
        2 => (link(), link()).prop_map(|(link, mark)| Operation::Sent(link, mark)),
        1 => (link(), closed()).prop_map(|(link, how)| Operation::Closed(link, how)),
        16 => (link(), room()).prop_map(|(link, room)| Operation::Transmit(link, room)),
        6 => Just(Operation::Event),
        3 => (0..9usize).prop_map(Operation::Handled),
        3 => (0..200u64).prop_map(Operation::Pass),
        1 => (0..200u64).prop_map(Operation::Late),
        6 => message().prop_map(Operation::Send),
        1 => message().prop_map(Operation::SendPrepared),
        1 => packet().prop_map(Operation::SendPacket),
        1 => Just(Operation::Close),
        1 => Just(Operation::Abort),
    ]
}

pub(crate) fn client_config() -> impl Strategy<Value = ClientConfig> {
    (overflow(), 1..5usize, any::<bool>(), any::<bool>()).prop_map(
        |(overflow, small, upgrade, drain_events)| ClientConfig {
            upgrade,
            upgrade_timeout: Duration::from_millis(500),
            max_payload: 100 * small,
            max_queued_packets: small,
            max_inbound: small,
            overflow,
            drain_events,
            ..ClientConfig::default()
        },
    )
}

/// A session, every link that it ever asked for, and its clock.
#[derive(Debug)]
pub(crate) struct ClientBench {
    session: Session,
    now: Instant,
    links: Vec<(LinkId, LinkKind)>,
    marks: Vec<Mark>,
    ended: bool,
}

impl ClientBench {
    pub(crate) fn new(config: ClientConfig, websocket: bool) -> Self {
        let first = if websocket { Transport::WebSocket } else { Transport::Polling };
        let mut session = Session::connect(&Arc::new(config), first, Instant::EPOCH);
        let links = session.poll_link(Instant::EPOCH).into_iter().collect();
        let marks = vec![session.progress().accepted];
        Self { session, now: Instant::EPOCH, links, marks, ended: false }
    }

    pub(crate) fn apply(&mut self, operation: Operation) {
        let now = self.now;
        match operation {
            Operation::PollLink => self.open_link(),
            Operation::Response(link, body) => self.session.handle_response(now, self.link(link), body),
            Operation::Refused(link, status) => {
                self.session.handle_refused(now, self.link(link), status, Bytes::new());
            }
            Operation::Packet(link, packet) => {
                self.session.handle_packet(now, self.link(link), packet);
            }
            Operation::BadFrame(link, code) => self.session.handle_bad_frame(self.link(link), code),
            Operation::Partial(link, partial) => self.session.handle_partial(now, self.link(link), partial),
            Operation::Sent(link, mark) => self.session.handle_sent(self.link(link), self.mark(mark)),
            Operation::Closed(link, how) => self.session.handle_closed(self.link(link), how),
            Operation::Transmit(link, room) => self.transmit(link, room),
            Operation::Event => self.take_event(),
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
            Operation::Close => self.session.close(now),
            Operation::Abort => self.session.abort(),
        }
        check_deadline(self.session.poll_timeout(), self.now, self.session.wants().finished);
    }

    fn link(&self, back: usize) -> LinkId {
        self.links.iter().rev().cycle().nth(back).unwrap_or_else(|| panic!("no link")).0
    }

    fn mark(&self, back: usize) -> Mark {
        self.marks.iter().rev().copied().cycle().nth(back).unwrap_or_default()
    }

    /// There is never a second link of the same kind, as long as the first has not ended.
    fn open_link(&mut self) {
        let announced = self.session.wants().links;
        let living: Vec<_> =
            self.links.iter().filter(|(link, _)| !self.session.has_ended(*link)).copied().collect();
        let opened = self.session.poll_link(self.now);
        assert_eq!(announced, opened.is_some());
        if let Some((_, kind)) = opened {
            assert!(living.iter().all(|(_, other)| *other != kind), "a second {kind:?} besides {living:?}");
        }
        self.links.extend(opened);
    }

    fn transmit(&mut self, link: usize, room: usize) {
        let link = self.link(link);
        let wants = self.session.link_wants(link);
        let transmit = self.session.poll_transmit(link, room);
        assert_eq!(wants, !matches!(transmit, Transmit::Wait), "{transmit:?}");
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

    /// Closed by its application, the session ends by its own deadlines and says so.
    pub(crate) fn finish(mut self) {
        self.session.close(self.now);
        while let Some(at) = self.session.poll_timeout() {
            self.pass(at.saturating_since(self.now));
        }
        assert!(self.session.wants().finished && self.session.poll_link(self.now).is_none());
        while self.session.wants().events {
            self.take_event();
        }
        assert!(self.ended, "no end");
        self.take_event();
    }
}
