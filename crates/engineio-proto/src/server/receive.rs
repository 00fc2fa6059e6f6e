//! What comes in over the links.

use bytes::Bytes;

use super::event::Event;
use super::links::Stage;
use super::session::{Session, State};
use crate::config::ClientPings;
use crate::edge::Refusal;
use crate::inspect::{Sender, Stop, inspect};
use crate::link::LinkId;
use crate::queue::Mark;
use crate::upgrade::Step;
use crate::ws::CloseCode;
use crate::{DisconnectReason, Instant, Packet, PacketType, SEPARATOR};

impl Session {
    /// The body of a POST arrived in full.
    ///
    /// Its packets are checked now; messages are decoded when the application takes them. Ask
    /// [`poll_transmit`](Self::poll_transmit) when the POST can be answered.
    ///
    /// # Errors
    ///
    /// How to refuse the POST; the session has ended, after the good packets before the bad one.
    pub fn handle_payload(&mut self, now: Instant, post: LinkId, body: Bytes) -> Result<(), Refusal> {
        if !self.links.post.is_some_and(|open| open.link == post && open.stage == Stage::Reading)
            || !self.is_listening()
        {
            return Err(Refusal::SessionClosed);
        }
        self.check_count(now, &body)?;
        let ignore_pings = self.config.client_pings == ClientPings::Ignore;
        let found = inspect(&body, Sender::Client { ignore_pings });
        if found.heartbeat.is_some() {
            self.ponged(now);
        }
        self.keep_body(body, found.messages);
        let outcome = self.stop(now, found.stop);
        if outcome.is_err() {
            self.links.post = None;
        }
        self.update_pause(now);
        self.conclude();
        outcome
    }

    fn check_count(&mut self, now: Instant, body: &[u8]) -> Result<(), Refusal> {
        let Some(max) = self.config.max_packets_per_post else { return Ok(()) };
        if memchr::memchr_iter(SEPARATOR, body).count() < max {
            return Ok(());
        }
        self.links.post = None;
        self.end(now, DisconnectReason::TransportError, "a POST with too many packets");
        Err(Refusal::BadRequest("too many packets in the payload"))
    }

    fn keep_body(&mut self, body: Bytes, len: usize) {
        self.inbound.push_body(body, len);
        let admits = self.inbound.admits_body(self.config.inbound_limit().bytes);
        let stage = if admits { Stage::Accepted } else { Stage::Queued };
        if let Some(post) = &mut self.links.post {
            post.stage = stage;
        }
    }

    /// What ended the look over a body ends the session.
    fn stop(&mut self, now: Instant, stop: Option<Stop>) -> Result<(), Refusal> {
        match stop {
            None => Ok(()),
            Some(Stop::Close) => {
                self.end(now, DisconnectReason::ClientDisconnect, "the client sent a close packet");
                if let Some(post) = &mut self.links.post {
                    post.stage = Stage::Accepted;
                }
                Ok(())
            }
            Some(Stop::Unexpected(PacketType::Ping)) => {
                self.end(now, DisconnectReason::TransportError, "the client sent a ping");
                Err(Refusal::PingFromClient)
            }
            Some(Stop::Unexpected(packet_type)) => {
                self.end(now, DisconnectReason::ParseError, "a packet that clients do not send by polling");
                Err(Refusal::IllegalPacket(packet_type))
            }
            Some(Stop::Broken(error)) => {
                self.end(now, DisconnectReason::ParseError, "a POST held something that is no packet");
                Err(Refusal::BadPacket(error))
            }
        }
    }

    /// A packet came over a WebSocket.
    ///
    /// Returns whether the WebSocket is still of use; ask [`poll_transmit`](Self::poll_transmit) how to end it.
    pub fn handle_packet(&mut self, now: Instant, link: LinkId, packet: Packet) -> bool {
        if self.upgrade.link() == Some(link) {
            self.advance_upgrade(now, link, &packet);
        } else if self.is_in_use(link) {
            self.receive(now, packet);
        }
        self.links.websocket == Some(link) || self.upgrade.link() == Some(link)
    }

    /// Packets came over a WebSocket, in one read: [`handle_packet`](Self::handle_packet) for each, as long as the
    /// WebSocket is of use.
    #[inline]
    pub fn handle_packets(&mut self, now: Instant, link: LinkId, packets: &mut Vec<Packet>) {
        let mut is_in_use = self.is_in_use(link);
        for packet in packets.drain(..) {
            match packet {
                // The common case, without asking again who the link is.
                Packet::Message(message) if is_in_use => self.inbound.push(Event::Message(message)),
                packet => {
                    if !self.handle_packet(now, link, packet) {
                        break;
                    }
                    is_in_use = self.is_in_use(link);
                }
            }
        }
        self.update_pause(now);
    }

    /// Whether `link` is the WebSocket of a session whose messages are delivered.
    fn is_in_use(&self, link: LinkId) -> bool {
        self.links.websocket == Some(link) && self.is_in_session()
    }

    fn advance_upgrade(&mut self, now: Instant, link: LinkId, packet: &Packet) {
        match self.upgrade.advance(packet) {
            Step::Probed => {
                self.links.unanswered_probe = Some(link);
                self.release_polls(now);
            }
            Step::Complete => self.complete_upgrade(now, link),
            Step::Failed => self.fail_upgrade(),
        }
    }

    pub(super) fn receive(&mut self, now: Instant, packet: Packet) {
        match packet {
            Packet::Message(message) => {
                self.inbound.push(Event::Message(message));
                self.update_pause(now);
            }
            Packet::Pong(_) => self.ponged(now),
            Packet::Close => {
                self.end(now, DisconnectReason::ClientDisconnect, "the client sent a close packet");
            }
            Packet::Ping(_) if self.config.client_pings == ClientPings::Refuse => {
                self.end(now, DisconnectReason::TransportError, "the client sent a ping");
            }
            // Some embedded clients send an upgrade packet on every WebSocket.
            Packet::Ping(_) | Packet::Open(_) | Packet::Upgrade | Packet::Noop => {}
        }
    }

    /// A pong counts only for a ping that has left: a client that does not read is not alive.
    fn ponged(&mut self, now: Instant) {
        if self.state == State::Open && !self.outbound.ping_waits() {
            self.heartbeat.ponged(&mut self.timers, now, self.config.ping_interval);
        }
    }

    /// A WebSocket received something that is no frame, no UTF-8, no packet, or too much.
    pub fn handle_bad_frame(&mut self, now: Instant, link: LinkId, code: CloseCode) {
        if self.upgrade.link() == Some(link) {
            self.fail_upgrade();
            self.links.failed_probe = Some((link, code));
        } else if self.links.websocket == Some(link) {
            let (reason, detail) = DisconnectReason::of_bad_frame(code);
            self.end_with(now, reason, detail, code);
        }
    }

    /// A WebSocket message has begun and is not complete, or there is none such any more.
    pub fn handle_partial(&mut self, now: Instant, link: LinkId, partial: bool) {
        if self.is_in_use(link) {
            self.unfinished.set(&mut self.timers, partial, now + self.config.message_timeout);
        }
    }

    /// A WebSocket wrote everything up to `upto`.
    pub fn handle_sent(&mut self, link: LinkId, upto: Mark) {
        if self.links.websocket == Some(link) {
            self.outbound.confirm(upto);
        }
    }
}
