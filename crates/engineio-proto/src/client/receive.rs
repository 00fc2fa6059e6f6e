//! What comes in over a client's links.

use bytes::Bytes;

use super::event::{Cause, Event};
use super::older;
use super::session::{Session, State};
use crate::inspect::{Sender, Stop, inspect, pings};
use crate::link::LinkId;
use crate::queue::Mark;
use crate::timer::Timer;
use crate::upgrade::Probe;
use crate::ws::CloseCode;
use crate::{DisconnectReason, Instant, OpenPacket, Packet, PayloadDecoder, Text, Transport};

impl Session {
    /// A GET or POST was answered with status 200 and this body, in full.
    ///
    /// A GET's packets are checked now; messages are decoded when the application takes them.
    pub fn handle_response(&mut self, now: Instant, link: LinkId, body: Bytes) {
        if self.links.is_poll(link) {
            self.links.poll_over();
            self.receive_body(now, body);
        } else if self.links.is_post(link) {
            self.links.post = None;
            self.posted(&body);
        } else {
            return;
        }
        self.settle_upgrade(now);
        self.update_pause(now);
    }

    fn receive_body(&mut self, now: Instant, body: Bytes) {
        if body.len() > self.config.max_payload {
            self.end(DisconnectReason::TooLarge, "a response over the payload limit".into());
        } else if self.state == State::Connecting {
            self.receive_handshake(now, body);
        } else {
            self.receive_payload(now, body);
        }
    }

    fn receive_handshake(&mut self, now: Instant, body: Bytes) {
        if older::is_payload(&body) {
            return self.end(DisconnectReason::ParseError, Cause::Version3);
        }
        let mut packets = PayloadDecoder::new(body);
        match packets.next() {
            Some(Ok(first)) => self.receive_first(now, &first),
            Some(Err(error)) => self.end(DisconnectReason::ParseError, Cause::BadPacket(error)),
            None => {}
        }
        if let Some(rest) = packets.into_rest().filter(|_| self.is_open()) {
            self.receive_payload(now, rest);
        }
    }

    fn receive_first(&mut self, now: Instant, packet: &Packet) {
        let Packet::Open(data) = packet else {
            return self.end(DisconnectReason::ParseError, "the first packet is not open".into());
        };
        match OpenPacket::decode(data) {
            Ok(open) if self.could_be_older(&open) => {
                self.opened.hold(open);
                self.timers.set(Timer::Hold, now + older::GREETING);
            }
            Ok(open) => self.open(now, open),
            Err(error) => self.end(DisconnectReason::ParseError, Cause::BadOpen(error)),
        }
    }

    /// Whether a server of Engine.IO 3 could have sent this: then what follows decides.
    fn could_be_older(&self, open: &OpenPacket) -> bool {
        self.transport == Transport::WebSocket && open.max_payload == 0
    }

    /// Nothing speaks against version 4: the session is open.
    pub(super) fn open_held(&mut self, now: Instant) {
        if let Some(open) = self.opened.take_held() {
            self.open(now, open);
        }
    }

    fn open(&mut self, now: Instant, open: OpenPacket) {
        self.state = State::Open;
        self.timers.clear(Timer::Close);
        self.timers.clear(Timer::Hold);
        self.watchdog.start(&mut self.timers, now, open.ping_interval + open.ping_timeout);
        let offered = open.upgrades.contains(&Transport::WebSocket);
        if offered && self.config.upgrade && self.transport == Transport::Polling {
            self.probe = Probe::Wanted;
        }
        self.opened.set(open);
    }

    fn receive_payload(&mut self, now: Instant, body: Bytes) {
        let found = inspect(&body, Sender::Server);
        for data in found.heartbeat.into_iter().flat_map(|last| pings(&body, last)) {
            self.pinged(now, Text::try_from(body.slice(data)).unwrap_or_default());
        }
        self.backlog.push(&mut self.inbound, body, found.messages);
        match found.stop {
            None => {}
            Some(Stop::Close) => self.closed_by_server(),
            Some(Stop::Unexpected(_)) => {
                let words = "a packet that servers do not send by polling";
                self.end(DisconnectReason::ParseError, words.into());
            }
            Some(Stop::Broken(error)) => self.end(DisconnectReason::ParseError, Cause::BadPacket(error)),
        }
    }

    /// A POST was accepted.
    ///
    /// python-engineio drops a session that posts more than 16 packets at once, without telling. It answers
    /// `OK`; the servers that answer `ok`, as the protocol has it, have no such limit.
    fn posted(&mut self, answer: &[u8]) {
        self.outbound.confirm_taken();
        self.large_posts |= answer == b"ok";
        if self.is_said() {
            self.end(DisconnectReason::ClientDisconnect, "closed by the application".into());
        }
    }

    /// A packet came over a WebSocket.
    ///
    /// Returns whether the WebSocket is still of use; ask [`poll_transmit`](Self::poll_transmit) how to end it.
    pub fn handle_packet(&mut self, now: Instant, link: LinkId, packet: Packet) -> bool {
        if self.probe.link() == Some(link) {
            if self.probe.advance(&packet) {
                self.settle_upgrade(now);
            } else {
                self.fail_upgrade("the server did not answer the probe as it should".into());
            }
        } else if self.links.websocket == Some(link) {
            self.receive(now, packet);
        }
        self.links.websocket == Some(link) || self.probe.link() == Some(link)
    }

    fn receive(&mut self, now: Instant, packet: Packet) {
        if self.state == State::Connecting && !self.opened.is_held() {
            return self.receive_first(now, &packet);
        }
        if self.opened.is_held() && older::is_greeting(&packet) {
            return self.end(DisconnectReason::ParseError, Cause::Version3);
        }
        self.open_held(now);
        match packet {
            Packet::Message(message) => {
                self.inbound.push(Event::Message(message));
                self.update_pause(now);
            }
            Packet::Ping(data) => self.pinged(now, data),
            Packet::Close => self.closed_by_server(),
            // Some servers let a noop of the polling side slip onto the WebSocket.
            Packet::Open(_) | Packet::Pong(_) | Packet::Upgrade | Packet::Noop => {}
        }
    }

    fn pinged(&mut self, now: Instant, data: Text) {
        self.watchdog.pinged(&mut self.timers, now);
        self.pongs.push(data);
    }

    fn closed_by_server(&mut self) {
        self.end(DisconnectReason::ServerDisconnect, "the server sent a close packet".into());
    }

    /// A WebSocket received something that is no frame, no UTF-8, no packet, or too much.
    pub fn handle_bad_frame(&mut self, link: LinkId, code: CloseCode) {
        let (reason, words) = DisconnectReason::of_bad_frame(code);
        if self.probe.link() == Some(link) {
            self.fail_upgrade(words.into());
        } else if self.links.websocket == Some(link) {
            self.end_with(reason, words.into(), code);
        }
    }

    /// A WebSocket message has begun and is not complete, or there is none such any more.
    pub fn handle_partial(&mut self, now: Instant, link: LinkId, partial: bool) {
        if self.links.websocket == Some(link) {
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
