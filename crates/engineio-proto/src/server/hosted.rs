//! Sessions of hosts that keep an order of their own: the handshake's reply, the first link and the heartbeat come
//! when the host says so.

use std::collections::VecDeque;
use std::sync::Arc;

use super::links::Links;
use super::session::{Session, State};
use crate::heartbeat::{Heartbeat, Pace};
use crate::inbound::Inbound;
use crate::link::LinkId;
use crate::queue::Outbound;
use crate::timer::{Timer, TimerTable};
use crate::unfinished::Unfinished;
use crate::upgrade::Upgrade;
use crate::ws::Role;
use crate::{DisconnectReason, Instant, Outgoing, Packet, SendError, SessionConfig, Sid, Transport};

/// What a packet of the client was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// A message, which is an event now.
    Message,
    /// A pong.
    Pong,
    /// The client's goodbye: the session has ended.
    Close,
    /// Nothing that clients send at this point; it is ignored.
    Unexpected,
}

impl Received {
    /// What a packet of a client is.
    pub const fn of(packet: &Packet) -> Self {
        match packet {
            Packet::Message(_) => Self::Message,
            Packet::Pong(_) => Self::Pong,
            Packet::Close => Self::Close,
            Packet::Open(_) | Packet::Ping(_) | Packet::Upgrade | Packet::Noop => Self::Unexpected,
        }
    }
}

impl Session {
    /// A session without a link, whose heartbeat rests until [`schedule_ping`](Self::schedule_ping). It is open:
    /// whether the application accepted the client is the host's to know.
    pub fn hosted(config: &Arc<SessionConfig>, sid: Sid) -> Self {
        Self {
            config: Arc::clone(config),
            sid,
            state: State::Open,
            transport: Transport::Polling,
            links: Links::default(),
            upgrade: Upgrade::Idle,
            heartbeat: Heartbeat::default(),
            unfinished: Unfinished::default(),
            outbound: Outbound::default(),
            inbound: Inbound::default(),
            timers: TimerTable::new(),
        }
    }

    /// Exchanges the settings; deadlines that are set already stay.
    pub fn configure(&mut self, config: &Arc<SessionConfig>) {
        self.config = Arc::clone(config);
    }

    /// The settings.
    pub const fn config(&self) -> &Arc<SessionConfig> {
        &self.config
    }

    /// The session begins on a WebSocket: it is the transport from now on.
    pub fn begin_websocket(&mut self) -> LinkId {
        self.transport = Transport::WebSocket;
        self.links.open_first(Transport::WebSocket)
    }

    /// Queues a packet of the host's: what the application may send, the open packet of the handshake, or a ping
    /// for which [`take_ping`](Self::take_ping) said that it is due.
    ///
    /// # Errors
    ///
    /// As for [`send_packet`](Self::send_packet).
    pub fn send_hosted(&mut self, now: Instant, packet: Packet) -> Result<(), SendError> {
        match packet {
            Packet::Open(_) | Packet::Ping(_) if !self.is_alive() => return Err(SendError::Closed),
            Packet::Open(_) => self.outbound.push_control(packet),
            Packet::Ping(_) => self.outbound.push_ping(),
            packet => return self.send_packet(now, packet),
        }
        Ok(())
    }

    /// Takes what is queued without a poll, for the reply to the handshake: at most `max_packets_per_poll` packets
    /// of about `max_payload` bytes, then the last one if the session has ended.
    pub fn take_queued(&mut self, into: &mut VecDeque<Outgoing>) {
        let mut room = self.config.max_payload;
        let max = self.config.max_packets_per_poll.unwrap_or(usize::MAX);
        while into.len() < max
            && let Some(len) = self.outbound.front_payload_len()
            && (into.is_empty() || len < room)
            && let Some(packet) = self.outbound.pop()
        {
            room = room.saturating_sub(len + 1);
            into.push_back(packet);
        }
        if into.len() < max && !self.has_queued() {
            into.extend(self.say_last());
        }
    }

    /// Whether [`take_queued`](Self::take_queued) would give something.
    pub fn has_queued(&self) -> bool {
        self.outbound.front_payload_len().is_some()
    }

    /// Schedules the next ping: at the beginning, and after a pong. Returns whether it was not scheduled already,
    /// nor sent and unanswered in the queue.
    pub fn schedule_ping(&mut self, now: Instant) -> bool {
        if !self.is_alive() || self.outbound.ping_waits() {
            return false;
        }
        let interval = self.config.ping_interval;
        if self.heartbeat.pinged_at().is_some() {
            self.heartbeat.ponged(&mut self.timers, now, interval);
            return true;
        }
        let rests = self.timers.get(Timer::Ping).is_none();
        if rests {
            Heartbeat::start(&mut self.timers, now, interval);
        }
        rests
    }

    /// Whether a ping is due; it counts as sent then, and is the host's to [`send`](Self::send_hosted).
    pub fn take_ping(&mut self, now: Instant) -> bool {
        let due = self.timers.get(Timer::Ping).filter(|due| *due <= now);
        if let Some(due) = due {
            let pace = Pace { interval: self.config.ping_interval, timeout: self.config.ping_timeout };
            self.timers.clear(Timer::Ping);
            self.heartbeat.pinged(&mut self.timers, due, now, pace);
        }
        due.is_some()
    }

    /// Whether the client has not answered a ping in time. The session has ended then.
    pub fn is_overdue(&mut self, now: Instant) -> bool {
        let late = self.timers.get(Timer::Pong).filter(|at| self.is_alive() && *at < now);
        let overdue = late.is_some_and(|at| !self.timers.puts_off(Timer::Pong, at, now, Role::Server));
        if overdue {
            self.end(now, DisconnectReason::PingTimeout, "no pong within the ping timeout");
        }
        overdue
    }

    /// A packet of the client, however it came; judged as on a WebSocket.
    pub fn receive_packet(&mut self, now: Instant, packet: Packet) -> Received {
        let received = Received::of(&packet);
        if self.is_in_session() {
            self.receive(now, packet);
        }
        received
    }

    /// Whether as much is being handled as may be, [`max_inbound`](SessionConfig::max_inbound) messages or
    /// [`max_inbound_bytes`](SessionConfig::max_inbound_bytes), so that no other message is to be delivered for now.
    pub fn hands_full(&self) -> bool {
        self.inbound.hands_full(self.config.inbound_limit())
    }

    /// Whether `link` is a WebSocket that may yet become the session's transport.
    pub fn is_probing(&self, link: LinkId) -> bool {
        self.upgrade.link() == Some(link)
    }

    /// The open WebSocket that is the session's transport.
    pub const fn websocket(&self) -> Option<LinkId> {
        self.links.websocket
    }
}
