//! The server's driver: hands requests to its session and moves the bytes of its links.

use std::collections::VecDeque;

use bytes::Bytes;
use engineio_proto::client::LinkKind;
use engineio_proto::edge::PostHead;
use engineio_proto::server::{Finish, Session, Transmit};
use engineio_proto::{Closed, Link, LinkId, Packet, PayloadEncoder, Refusal, Sid, Transport};

use crate::client::{show, single};
use crate::connection::{Connection, LINGER, Tip};
use crate::exchange::{Answer, Exchange, Stage};
use crate::pair::Pair;

/// Bytes of data after which a write in batches is large enough, at most.
const LARGEST_WRITE: usize = 300;

impl Pair {
    /// A request opens a link of the session; the first one makes the session.
    pub(crate) fn server_link(&mut self, link: Link) -> Result<LinkId, Refusal> {
        let now = self.now;
        if let Some(session) = &mut self.server {
            let outcome = session.handle_link(now, link);
            self.refusals += u32::from(outcome.is_err());
            return outcome;
        }
        let upgrades: &[_] = if self.config.upgrades { &[Transport::WebSocket] } else { &[] };
        let sid = Sid::from_random([7; 16]);
        let (session, first) = Session::accept(&self.server_config, sid, upgrades, link, now);
        self.server = Some(session);
        self.accepted_at = Some(now + self.rng.between(std::time::Duration::ZERO, self.config.decision));
        Ok(first)
    }

    /// The application accepts the client when it has thought long enough.
    pub(crate) fn decide(&mut self) {
        if self.accepted_at.is_some_and(|at| at <= self.now) {
            self.accepted_at = None;
            if let Some(session) = &mut self.server {
                self.trace.note(self.now, || "server accepts".to_owned());
                session.open(self.now);
            }
        }
    }

    /// The head of a request reaches the server.
    pub(crate) fn server_head(&mut self, exchange: &mut Exchange) {
        let post = exchange.kind == LinkKind::Post;
        let link = if post { Link::Post(self.post_head(exchange)) } else { Link::Poll };
        exchange.stage = match self.server_link(link) {
            Ok(link) => {
                self.trace.note(self.now, || format!("server {link:?} is {:?}", exchange.kind));
                exchange.server_link = Some(link);
                if post { Stage::Body(self.arrival()) } else { Stage::Serving }
            }
            Err(refusal) => self.refuse(&refusal),
        };
        if exchange.orphan && exchange.is_served() {
            exchange.stage = Stage::HungUp(self.arrival());
        }
    }

    /// Clients say how much they send, or send chunks.
    fn post_head(&mut self, exchange: &Exchange) -> PostHead {
        let content_length = self.rng.one_in(2).then_some(exchange.body.len() as u64);
        PostHead { content_length, ..PostHead::default() }
    }

    /// The body of a POST reaches the server.
    pub(crate) fn server_body(&mut self, exchange: &mut Exchange) {
        let (Some(session), Some(link)) = (&mut self.server, exchange.server_link) else { return };
        exchange.stage = match session.handle_payload(self.now, link, exchange.body.clone()) {
            Ok(()) => Stage::Serving,
            Err(refusal) => {
                self.refusals += 1;
                self.refuse(&refusal)
            }
        };
    }

    fn refuse(&mut self, refusal: &Refusal) -> Stage {
        self.trace.note(self.now, || format!("server refuses: {refusal:?}"));
        let status = if matches!(refusal, Refusal::TooLarge { .. }) { 413 } else { 400 };
        Stage::Answer(self.arrival(), Answer { status, body: Bytes::new() })
    }

    /// A request ended before the server could answer it.
    pub(crate) fn server_lost(&mut self, exchange: &Exchange, how: Closed) {
        if let (Some(session), Some(link)) = (&mut self.server, exchange.server_link) {
            self.trace.note(self.now, || format!("server {link:?} ends: {how:?}"));
            session.handle_closed(self.now, link, how);
        }
    }

    /// Does what the server's session asks for. Whether there was anything to do.
    pub(crate) fn pump_server(&mut self) -> bool {
        let Some(mut session) = self.server.take() else { return false };
        let mut progress = false;
        let mut exchanges = std::mem::take(&mut self.network.exchanges);
        for exchange in exchanges.iter_mut().filter(|exchange| exchange.is_served()) {
            progress |= self.answer(&mut session, exchange);
        }
        self.network.exchanges = exchanges;
        let mut connections = std::mem::take(&mut self.network.connections);
        for connection in &mut connections {
            progress |= self.write_server(&mut session, connection);
        }
        self.network.connections = connections;
        self.server = Some(session);
        progress
    }

    fn answer(&mut self, session: &mut Session, exchange: &mut Exchange) -> bool {
        let Some(link) = exchange.server_link.filter(|link| session.link_wants(*link)) else { return false };
        let mut payload = PayloadEncoder::new();
        let finish = loop {
            match session.poll_transmit(link, payload.room(self.config.server.max_payload)) {
                Transmit::Packet(packet) => payload.push(&packet),
                Transmit::Wait => {
                    self.broken = Some("a link that wanted to answer has nothing".to_owned());
                    return false;
                }
                Transmit::Finish(finish) => break finish,
            }
        };
        if finish == Finish::Payload && payload.packets() == 0 {
            self.broken = Some("a response without packets".to_owned());
        }
        let (status, body) = match finish {
            Finish::Payload => (200, payload.finish()),
            Finish::Accepted => (200, Bytes::from_static(self.config.answer.as_bytes())),
            Finish::Refused(_) | Finish::Close(_) => (400, Bytes::new()),
        };
        self.trace.note(self.now, || format!("server {link:?} answers {status} {}", show(&body)));
        exchange.stage = Stage::Answer(self.arrival(), Answer { status, body });
        true
    }

    fn write_server(&mut self, session: &mut Session, connection: &mut Connection) -> bool {
        let Some(link) = connection.server_link else { return false };
        if connection.server == Tip::Leaving && session.wants().finished {
            connection.server = Tip::Closing(self.now + LINGER);
        }
        if self.config.batches {
            return self.write_batch(session, connection, link);
        }
        let mut progress = false;
        while connection.server == Tip::Open && connection.down.has_room() && session.link_wants(link) {
            progress = true;
            let arrival = self.arrival();
            match session.poll_transmit(link, usize::MAX) {
                Transmit::Packet(packet) => {
                    let packet = single(packet);
                    self.trace.note(self.now, || format!("server {link:?} writes {packet:?}"));
                    let taken = session.progress().taken;
                    if matches!(packet, Packet::Message(_)) {
                        self.server_app.note_written(taken.count());
                    }
                    connection.down.push(arrival, packet);
                    session.handle_sent(link, taken);
                }
                Transmit::Wait => self.broken = Some("a link that wanted to write has nothing".to_owned()),
                Transmit::Finish(_) => self.finish_writing(session, connection, link),
            }
        }
        progress
    }

    /// Writes up to some number of bytes at once.
    fn write_batch(&mut self, session: &mut Session, connection: &mut Connection, link: LinkId) -> bool {
        let may_write = connection.server == Tip::Open && connection.down.has_room();
        if !may_write || !session.link_wants(link) {
            return false;
        }
        let mut taken = session.progress().taken.count();
        let mut packets = VecDeque::new();
        let finish = session.poll_transmit_all(link, 1 + self.rng.index(LARGEST_WRITE), &mut packets);
        if packets.is_empty() && finish.is_none() {
            self.broken = Some("a link that wanted to write has nothing".to_owned());
        }
        let arrival = self.arrival();
        for packet in packets {
            let packet = single(packet);
            self.trace.note(self.now, || format!("server {link:?} writes {packet:?}"));
            if matches!(packet, Packet::Message(_)) {
                taken += 1;
                self.server_app.note_written(taken);
            }
            connection.down.push(arrival, packet);
        }
        session.handle_sent(link, session.progress().taken);
        if finish.is_some() {
            self.finish_writing(session, connection, link);
        }
        true
    }

    fn finish_writing(&mut self, session: &Session, connection: &mut Connection, link: LinkId) {
        self.trace.note(self.now, || format!("server {link:?} closes its WebSocket"));
        connection.down.end(self.arrival());
        let closing = Tip::Closing(self.now + LINGER);
        connection.server = if session.is_leaving() { Tip::Leaving } else { closing };
    }
}
