//! Whether a client's session keeps its promises.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engineio_fuzz::{Sent, close_code, closed};
use engineio_proto::client::{Event, LinkKind, Session, Transmit};
use engineio_proto::{
    Instant, LinkId, Load, Mark, Message, OpenPacket, Packet, Prepared, SendError, Sid, Transport,
};

use crate::ops::{Input, Op};

/// The session, and what has to be known to tell whether it keeps its promises.
pub(crate) struct Check {
    session: Session,
    now: Instant,
    links: Vec<(LinkId, LinkKind)>,
    sent: Sent,
    seen: Seen,
}

/// What the application was told.
#[derive(Default)]
struct Seen {
    opened: bool,
    upgraded: bool,
    closed: bool,
}

impl Check {
    pub(crate) fn new(input: &Input<'_>) -> Self {
        let config = Arc::new(input.config.session());
        let first = if input.websocket { Transport::WebSocket } else { Transport::Polling };
        let now = Instant::from_micros(1);
        let mut session = Session::connect(&config, first, now);
        let links = session.poll_link(now).into_iter().collect();
        Self { session, now, links, sent: Sent::new(config.overflow), seen: Seen::default() }
    }

    pub(crate) fn apply(&mut self, op: Op<'_>) {
        let now = self.now;
        match op {
            Op::Advance(millis) => self.advance(now + Duration::from_millis(millis.into())),
            Op::NextDeadline => self.advance(self.session.poll_timeout().unwrap_or(now).max(now)),
            Op::Link => self.link(),
            Op::Accept { upgrade, max_payload } => self.accept(upgrade, max_payload.into()),
            Op::Response(link, body) => {
                self.session.handle_response(now, self.pick(link), Bytes::copy_from_slice(body));
            }
            Op::Ok(link) => self.session.handle_response(now, self.pick(link), Bytes::from_static(b"ok")),
            Op::Refused(link, status) => {
                self.session.handle_refused(now, self.pick(link), status, Bytes::new());
            }
            Op::Packet(link, packet) => self.packet(link, packet.into()),
            Op::Probed(link) => self.packet(link, Packet::Pong("probe".into())),
            Op::BadFrame(link, code) => self.session.handle_bad_frame(self.pick(link), close_code(code)),
            Op::Partial(link, partial) => self.session.handle_partial(now, self.pick(link), partial),
            Op::Sent(link, mark) => self.session.handle_sent(self.pick(link), self.sent.mark(mark)),
            Op::Closed(link, how) => self.session.handle_closed(self.pick(link), closed(how)),
            Op::Transmit(link, room) => self.transmit(self.pick(link), room.into()),
            Op::TransmitAll(link, max_bytes) => self.transmit_all(self.pick(link), max_bytes.into()),
            Op::Event => self.event(),
            Op::Handled(count) => self.session.handle_handled(now, load(count)),
            Op::Send(text) => self.send(text.into()),
            Op::SendPrepared(len) => self.send_prepared(&Prepared::new(vec![len; len.into()].into())),
            Op::SendPacket(packet) => self.send_packet(packet.into()),
            Op::Close => self.session.close(now),
            Op::Abort => self.session.abort(),
        }
    }

    /// One of the last links, the newest first.
    fn pick(&self, back: u8) -> LinkId {
        let back = usize::from(back) % self.links.len().min(8);
        self.links[self.links.len() - 1 - back].0
    }

    fn advance(&mut self, now: Instant) {
        self.now = now;
        self.session.handle_timeout(now);
        let next = self.session.poll_timeout();
        assert!(next.is_none_or(|at| at > now), "every deadline that has come is applied");
    }

    /// There is never a second link of a kind besides one that has not ended.
    fn link(&mut self) {
        let wanted = self.session.wants().links;
        let living: Vec<_> =
            self.links.iter().filter(|link| !self.session.has_ended(link.0)).copied().collect();
        let opened = self.session.poll_link(self.now);
        assert_eq!(wanted, opened.is_some());
        if let Some((link, kind)) = opened {
            assert!(living.iter().all(|other| other.1 != kind && other.0 != link));
            self.links.push((link, kind));
        }
    }

    fn accept(&mut self, upgrade: bool, max_payload: usize) {
        let open = OpenPacket {
            sid: Sid::from_random([1; 16]),
            upgrades: if upgrade { vec![Transport::WebSocket] } else { Vec::new() },
            ping_interval: Duration::from_secs(1),
            ping_timeout: Duration::from_millis(500),
            max_payload,
        };
        let packet = Packet::Open(open.encode());
        let mut body = Vec::new();
        packet.encode_payload(&mut body);
        let link = self.pick(0);
        self.session.handle_response(self.now, link, body.into());
        self.packet(0, packet);
    }

    fn packet(&mut self, link: u8, packet: Packet) {
        // A driver does not read while it is told not to.
        if !self.session.wants().reading_paused {
            self.session.handle_packet(self.now, self.pick(link), packet);
        }
    }

    fn transmit(&mut self, link: LinkId, room: usize) {
        let wanted = self.session.link_wants(link);
        let transmit = self.session.poll_transmit(link, room);
        assert_eq!(wanted, !matches!(transmit, Transmit::Wait), "a link is woken for what is there");
        if let Transmit::Packet(packet) = transmit {
            self.sent.left(packet);
        }
    }

    fn transmit_all(&mut self, link: LinkId, max_bytes: usize) {
        let wanted = self.session.link_wants(link);
        let mut packets = VecDeque::new();
        let finish = self.session.poll_transmit_all(link, max_bytes + 1, &mut packets);
        assert_eq!(wanted, finish.is_some() || !packets.is_empty(), "a link is woken for what is there");
        for packet in packets {
            self.sent.left(packet);
        }
    }

    fn event(&mut self) {
        let wanted = self.session.wants().events;
        let event = self.session.poll_event(self.now);
        assert_eq!(wanted, event.is_some(), "what comes was announced, and what was announced comes");
        let Some(event) = event else { return };
        assert!(!self.seen.closed, "nothing follows the end");
        match event {
            Event::Open(_) => assert!(!std::mem::replace(&mut self.seen.opened, true)),
            Event::Upgraded => assert!(!std::mem::replace(&mut self.seen.upgraded, true)),
            Event::Closed(end) => {
                self.seen.closed = true;
                assert!(end.unconfirmed <= self.session.progress().accepted.count());
            }
            Event::Message(_) | Event::UpgradeFailed(_) | Event::Drained => assert!(self.seen.opened),
        }
    }

    fn send(&mut self, message: Message) {
        let sent = self.session.send(message.clone());
        self.sent.accepted(message, sent);
    }

    fn send_prepared(&mut self, prepared: &Prepared) {
        let sent = self.session.send_prepared(prepared);
        self.sent.accepted(prepared.message().clone(), sent);
    }

    fn send_packet(&mut self, packet: Packet) {
        let message = if let Packet::Message(message) = &packet { Some(message.clone()) } else { None };
        let sent: Result<(), SendError> = self.session.send_packet(self.now, packet);
        if let Some(message) = message {
            let mark: Result<Mark, _> = sent.map(|()| self.session.progress().accepted);
            self.sent.accepted(message, mark);
        }
    }

    pub(crate) fn promises(&self) {
        self.sent.check(self.session.progress(), 0);
        if self.session.wants().finished {
            assert!(!self.session.is_open() && !self.session.wants().links);
            assert_eq!(self.session.poll_timeout(), None);
        }
        assert!(!self.seen.closed || self.session.wants().finished);
    }

    /// A session that hears nothing more, neither from its server nor from its driver, comes to its end.
    pub(crate) fn silence_is_the_end(&mut self) {
        for _ in 0..8 {
            while self.session.wants().events {
                self.event();
            }
            self.session.handle_handled(self.now, Load { messages: usize::MAX, bytes: 0 });
            if let Some(at) = self.session.poll_timeout() {
                self.advance(at.max(self.now));
            }
        }
        assert!(self.session.wants().finished && self.seen.closed);
    }
}

/// As many messages, whose sizes do not have to be those of the messages that were taken.
fn load(messages: u8) -> Load {
    Load { messages: messages.into(), bytes: usize::from(messages) * 3 }
}
