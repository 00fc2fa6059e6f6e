//! Whether a session keeps its promises.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engineio_fuzz::{Sent, close_code, closed};
use engineio_proto::edge::PostHead;
use engineio_proto::server::{Event, Session, Transmit};
use engineio_proto::{
    Closed, DisconnectReason, Instant, Link, LinkId, Load, Mark, Message, Packet, Prepared, SendError, Sid,
    Transport,
};

use crate::ops::{Input, Op};

/// The session, and what has to be known to tell whether it keeps its promises.
pub(crate) struct Check {
    session: Session,
    now: Instant,
    links: Vec<LinkId>,
    sent: Sent,
    noops: usize,
    decided: bool,
    seen: Seen,
}

/// What the application was told.
#[derive(Default)]
struct Seen {
    upgraded: bool,
    closed: bool,
}

impl Check {
    pub(crate) fn new(input: &Input<'_>) -> Self {
        let config = Arc::new(input.config.session());
        let first = if input.websocket { Link::WebSocket } else { Link::Poll };
        let upgrades: &[Transport] = if input.offer_upgrade { &[Transport::WebSocket] } else { &[] };
        let sid = Sid::from_random([1; 16]);
        let now = Instant::from_micros(1);
        let (session, link) = Session::accept(&config, sid, upgrades, first, now);
        Self {
            session,
            now,
            links: vec![link],
            sent: Sent::new(config.overflow),
            noops: 0,
            decided: false,
            seen: Seen::default(),
        }
    }

    pub(crate) fn apply(&mut self, op: Op<'_>) {
        let now = self.now;
        match op {
            Op::Advance(millis) => self.advance(now + Duration::from_millis(millis.into())),
            Op::NextDeadline => self.advance(self.session.poll_timeout().unwrap_or(now).max(now)),
            Op::Open => self.decide(true),
            Op::Reject => self.decide(false),
            Op::Abort => self.session.abort(now, DisconnectReason::ServerDisconnect),
            Op::Poll => self.link(Link::Poll),
            Op::Post { content_length, octet_stream, content_encoding } => {
                let content_length = content_length.map(u64::from);
                self.link(Link::Post(PostHead {
                    content_length,
                    octet_stream,
                    content_encoding,
                    expects: false,
                }));
            }
            Op::WebSocket => self.link(Link::WebSocket),
            Op::Payload(link, body) => self.payload(link, body),
            Op::Packet(link, packet) => self.packet(link, packet.into()),
            Op::Packets(link, packets) => self.packets(link, packets.into_iter().map(Packet::from).collect()),
            Op::BadFrame(link, code) => {
                self.session.handle_bad_frame(now, self.pick(link), close_code(code));
            }
            Op::Partial(link, partial) => self.session.handle_partial(now, self.pick(link), partial),
            Op::Sent(link, mark) => self.session.handle_sent(self.pick(link), self.sent.mark(mark)),
            Op::Closed(link, how) => self.session.handle_closed(now, self.pick(link), closed(how)),
            Op::Transmit(link, room) => self.transmit(self.pick(link), room.into()),
            Op::TransmitAll(link, max_bytes) => self.transmit_all(self.pick(link), max_bytes.into()),
            Op::Event => self.event(),
            Op::Events(max) => self.events(usize::from(max) + 1),
            Op::Lend => self.session.lend(&mut VecDeque::with_capacity(8), &mut VecDeque::with_capacity(8)),
            Op::Handled(count) => self.session.handle_handled(now, load(count)),
            Op::Send(text) => self.send(text.into()),
            Op::SendPrepared(len) => self.send_prepared(&Prepared::new(vec![len; len.into()].into())),
            Op::SendPacket(packet) => self.send_packet(packet.into()),
            Op::Close(shutdown) => {
                let reason =
                    if shutdown { DisconnectReason::Shutdown } else { DisconnectReason::ServerDisconnect };
                self.session.close(now, reason);
            }
        }
    }

    /// The application decides about its client once.
    fn decide(&mut self, accepts: bool) {
        match std::mem::replace(&mut self.decided, true) {
            true => {}
            false if accepts => self.session.open(self.now),
            false => self.session.reject(),
        }
    }

    fn pick(&self, link: u8) -> LinkId {
        self.links[usize::from(link) % self.links.len()]
    }

    fn advance(&mut self, now: Instant) {
        self.now = now;
        self.session.handle_timeout(now);
        assert!(
            self.session.poll_timeout().is_none_or(|at| at > now),
            "every deadline that has come is applied"
        );
    }

    fn link(&mut self, link: Link) {
        if let Ok(link) = self.session.handle_link(self.now, link) {
            assert!(!self.links.contains(&link), "ids are not used again");
            self.links.push(link);
        }
    }

    fn payload(&mut self, link: u8, body: &[u8]) {
        let alive = self.session.is_alive();
        let accepted =
            self.session.handle_payload(self.now, self.pick(link), Bytes::copy_from_slice(body)).is_ok();
        assert!(alive || !accepted);
    }

    fn packet(&mut self, link: u8, packet: Packet) {
        // A driver does not read while it is told not to.
        if !self.session.wants().reading_paused {
            self.session.handle_packet(self.now, self.pick(link), packet);
        }
    }

    fn packets(&mut self, link: u8, mut packets: Vec<Packet>) {
        if !self.session.wants().reading_paused {
            self.session.handle_packets(self.now, self.pick(link), &mut packets);
            assert!(packets.is_empty(), "what is of no use is dropped");
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

    fn transmit(&mut self, link: LinkId, room: usize) {
        let wanted = self.session.link_wants(link);
        match self.session.poll_transmit(link, room) {
            Transmit::Packet(packet) => self.sent.left(packet),
            Transmit::Wait => return assert!(!wanted, "what a link is woken for is there"),
            Transmit::Finish(_) => {}
        }
        assert!(wanted, "what is there wakes the link");
    }

    fn event(&mut self) {
        let wanted = self.session.wants().events;
        let event = self.session.poll_event(self.now);
        assert_eq!(wanted, event.is_some(), "what comes was announced, and what was announced comes");
        if let Some(event) = event {
            self.see(&event);
        }
    }

    fn events(&mut self, max: usize) {
        let wanted = self.session.wants().events;
        let mut events = VecDeque::new();
        self.session.poll_events(self.now, max, &mut events);
        assert_eq!(wanted, !events.is_empty(), "what comes was announced, and what was announced comes");
        assert!(events.len() <= max);
        for event in &events {
            self.see(event);
        }
    }

    fn see(&mut self, event: &Event) {
        assert!(!self.seen.closed, "nothing follows the end");
        match event {
            Event::Upgraded => assert!(!std::mem::replace(&mut self.seen.upgraded, true)),
            Event::Closed(end) => {
                self.seen.closed = true;
                assert!(!self.session.is_alive());
                assert!(end.unconfirmed <= self.session.progress().accepted.count());
            }
            Event::Message(_) | Event::Drained => {}
        }
    }

    fn send(&mut self, message: Message) {
        let sent = self.session.send(message.clone());
        self.accepted(message, sent);
    }

    fn send_prepared(&mut self, prepared: &Prepared) {
        let sent = self.session.send_prepared(prepared);
        self.accepted(prepared.message().clone(), sent);
    }

    fn send_packet(&mut self, packet: Packet) {
        if matches!(packet, Packet::Noop) {
            self.noops += 1;
        }
        let message = if let Packet::Message(message) = &packet { Some(message.clone()) } else { None };
        let sent = self.session.send_packet(self.now, packet);
        if let Some(message) = message {
            let mark = sent.map(|()| self.session.progress().accepted);
            self.accepted(message, mark);
        }
    }

    fn accepted(&mut self, message: Message, sent: Result<Mark, SendError>) {
        self.sent.accepted(message, sent);
        // As a driver does: sending sets a deadline that wants to be applied at once.
        if self.session.poll_timeout() == Some(Instant::EPOCH) {
            self.advance(self.now);
        }
    }

    pub(crate) fn promises(&self) {
        // Besides messages there can be the open packet, one ping, and the application's own noops.
        self.sent.check(self.session.progress(), 2 + self.noops);
        if self.session.wants().finished {
            assert!(!self.session.is_alive());
            assert_eq!(self.session.poll_timeout(), None);
        }
        assert!(!self.seen.closed || !self.session.is_alive());
    }

    /// A session that hears nothing more, neither from its client nor from its driver, comes to its end.
    pub(crate) fn silence_is_the_end(&mut self) {
        self.decide(true);
        for link in self.links.clone() {
            // What hosts bound with deadlines of their own: the bodies of POSTs.
            if !self.session.is_websocket(link) {
                self.session.handle_closed(self.now, link, Closed::Timeout);
            }
        }
        for _ in 0..8 {
            while self.session.wants().events {
                self.event();
            }
            self.session.handle_handled(self.now, Load { messages: usize::MAX, bytes: 0 });
            if let Some(at) = self.session.poll_timeout() {
                self.advance(at.max(self.now));
            }
        }
        assert!(self.session.wants().finished);
    }
}

/// As many messages, whose sizes do not have to be those of the messages that were taken.
fn load(messages: u8) -> Load {
    Load { messages: messages.into(), bytes: usize::from(messages) * 3 }
}
