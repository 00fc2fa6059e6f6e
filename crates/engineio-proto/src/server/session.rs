//! The session itself: its life from handshake to end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::event::{Disconnect, Event, Wants};
use super::links::Links;
use crate::heartbeat::{Heartbeat, Pace};
use crate::inbound::Inbound;
use crate::link::{Link, LinkId};
use crate::queue::{Mark, Outbound, Progress, QueueLimits, Room};
use crate::timer::{Timer, TimerTable};
use crate::unfinished::Unfinished;
use crate::upgrade::Upgrade;
use crate::ws::{CloseCode, Role};
use crate::{
    DisconnectReason, Instant, Load, Message, OpenPacket, Outgoing, Overflow, Packet, Prepared, SendError,
    SessionConfig, Sid, Transport,
};

/// A session, as the server sees it: a state machine without I/O.
///
/// Three kinds of methods drive it. `handle_*` say what happened, `poll_*` say what to do next, and the rest are
/// commands and questions of the application. A driver calls some `handle_*` and then does what
/// [`wants`](Self::wants) and [`link_wants`](Self::link_wants) say: ask links for packets with
/// [`poll_transmit`](Self::poll_transmit), deliver [`poll_event`](Self::poll_event), and call [`handle_timeout`](Self::handle_timeout) at
/// [`poll_timeout`](Self::poll_timeout).
///
/// ```
/// use std::sync::Arc;
/// use engineio_proto::{Instant, Link, SessionConfig, Sid};
/// use engineio_proto::server::{Session, Transmit};
///
/// let now = Instant::EPOCH;
/// let sid = Sid::from_random([7; 16]);
/// let (mut session, poll) = Session::accept(&Arc::new(SessionConfig::default()), sid, &[], Link::Poll, now);
/// session.open(now); // the application accepted the client
/// let Transmit::Packet(open) = session.poll_transmit(poll, usize::MAX) else { panic!("the open packet comes first") };
/// assert!(open.payload_len() > 1);
/// ```
#[derive(Debug)]
pub struct Session {
    pub(super) config: Arc<SessionConfig>,
    pub(super) sid: Sid,
    pub(super) state: State,
    pub(super) transport: Transport,
    pub(super) links: Links,
    pub(super) upgrade: Upgrade,
    pub(super) heartbeat: Heartbeat,
    pub(super) outbound: Outbound,
    pub(super) inbound: Inbound<Event>,
    pub(super) unfinished: Unfinished,
    pub(super) timers: TimerTable,
}

const _: () = assert!(size_of::<Session>() <= 512, "sessions are kept by the hundred thousand");

/// Where a session stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The application has not yet said whether it accepts the client.
    Opening,
    /// In use.
    Open,
    /// The application sends no more: the last packets are on their way out. What the client has sent is delivered.
    Leaving(Farewell),
    /// Over for the application; the last packets are on their way out.
    Closing(Farewell),
    /// Over.
    Closed,
}

/// The last words to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Farewell {
    /// The last packet, until it was said.
    pub(super) packet: Option<LastPacket>,
    /// The code of the WebSocket's close frame, until a session that leaves has said it.
    pub(super) code: Option<CloseCode>,
}

impl Farewell {
    /// Says goodbye to a client that has ended the session itself, or broke the rules, while it was being told.
    fn cut_short(self, transport: Transport, reason: DisconnectReason, code: CloseCode) -> Self {
        let packet = self.packet.and_then(|_| LastPacket::new(transport, reason));
        Self { packet, code: self.code.map(|_| code) }
    }
}

/// The packet that ends a session for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastPacket {
    /// Tells that the session is over.
    Close,
    /// Answers the poll of a client that closed the session itself.
    Noop,
}

impl LastPacket {
    /// What to say over `transport`. On a WebSocket the close frame says it all, unless it was we who ended a
    /// session that was in order.
    const fn new(transport: Transport, reason: DisconnectReason) -> Option<Self> {
        match (transport, reason) {
            (Transport::Polling, DisconnectReason::ClientDisconnect) => Some(Self::Noop),
            (Transport::Polling, _) => Some(Self::Close),
            (Transport::WebSocket, reason) if lingers(reason) => Some(Self::Close),
            (Transport::WebSocket, _) => None,
        }
    }
}

impl Session {
    /// Starts a session for a handshake request, before the application has accepted it.
    ///
    /// Nothing is transmitted until [`open`](Self::open). `upgrades` is what the open packet offers.
    pub fn accept(
        config: &Arc<SessionConfig>,
        sid: Sid,
        upgrades: &[Transport],
        first: Link,
        now: Instant,
    ) -> (Self, LinkId) {
        let transport = if first == Link::WebSocket { Transport::WebSocket } else { Transport::Polling };
        let mut session = Self {
            config: Arc::clone(config),
            sid,
            state: State::Opening,
            transport,
            links: Links::default(),
            upgrade: Upgrade::Idle,
            heartbeat: Heartbeat::default(),
            unfinished: Unfinished::default(),
            outbound: Outbound::default(),
            inbound: Inbound::default(),
            timers: TimerTable::new(),
        };
        session.outbound.push_control(Packet::Open(session.open_packet(upgrades).encode()));
        let link = session.links.open_first(transport);
        // Until it is open a session has no deadline of its own: the application decides how long it thinks.
        let _ = now;
        (session, link)
    }

    /// The application accepted the client: the open packet and what was sent meanwhile may leave.
    ///
    /// A session that ended meanwhile stays ended.
    pub fn open(&mut self, now: Instant) {
        if self.state == State::Opening {
            self.state = State::Open;
            Heartbeat::start(&mut self.timers, now, self.config.ping_interval);
            if self.transport == Transport::Polling {
                self.timers.set(Timer::Close, now + self.config.first_poll_timeout);
            }
        }
    }

    /// The application refused the client: there never was a session, and nothing is to be told.
    pub fn reject(&mut self) {
        self.finish();
        self.inbound = Inbound::default();
    }

    /// Ends the session without any last packet.
    pub fn abort(&mut self, now: Instant, reason: DisconnectReason) {
        self.end(now, reason, "given up by the application");
        self.finish();
    }

    /// Whether that WebSocket shall not be read for now. One that probes is read whatever waits: what it may say is
    /// short, and the client waits for the answer.
    pub fn is_reading_paused(&self, link: LinkId) -> bool {
        self.reading_paused() && self.is_websocket(link)
    }

    /// Whether `link` is the WebSocket that is the session's transport.
    pub fn is_websocket(&self, link: LinkId) -> bool {
        self.links.websocket == Some(link)
    }

    /// Queues a message.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] after the end; [`SendError::Separator`] for text with U+001E while the session is on
    /// polling; [`SendError::Full`] hands the message back under [`Overflow::DropNewest`] and [`Overflow::Wait`].
    /// Under [`Overflow::Close`] a full queue is [`SendError::Closed`] as well, and a deadline at
    /// [`Instant::EPOCH`] that ends the session.
    #[inline]
    pub fn send(&mut self, message: Message) -> Result<Mark, SendError> {
        if self.transport == Transport::Polling && message.has_separator() {
            return Err(self.separator_error());
        }
        self.queue(message, |message| Packet::Message(message).into(), |message| message)
    }

    /// Queues a message that other sessions share.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send); what [`SendError::Full`] hands back is a cheap clone.
    pub fn send_prepared(&mut self, prepared: &Prepared) -> Result<Mark, SendError> {
        if self.transport == Transport::Polling && prepared.has_separator() {
            return Err(self.separator_error());
        }
        self.queue(
            prepared,
            |prepared| Outgoing::Shared(prepared.clone()),
            |prepared| prepared.message().clone(),
        )
    }

    /// Queues a raw packet: a message, a noop, or a close, which ends the session.
    ///
    /// # Errors
    ///
    /// [`SendError::PacketType`] for every other type; otherwise as for [`send`](Self::send).
    pub fn send_packet(&mut self, now: Instant, packet: Packet) -> Result<(), SendError> {
        match packet {
            Packet::Message(message) => self.send(message).map(drop),
            Packet::Close if self.is_alive() => {
                self.close(now, DisconnectReason::ServerDisconnect);
                Ok(())
            }
            // A noop would only confuse a WebSocket client; on polling it is what ends a poll.
            Packet::Noop if self.is_alive() => {
                if self.transport == Transport::Polling {
                    self.outbound.push_control(Packet::Noop);
                }
                Ok(())
            }
            Packet::Close | Packet::Noop => Err(SendError::Closed),
            Packet::Open(_) | Packet::Ping(_) | Packet::Pong(_) | Packet::Upgrade => {
                Err(SendError::PacketType)
            }
        }
    }

    /// Ends the session because the application, or the server as a whole, says so.
    ///
    /// What is queued still leaves, then the client is told. Without effect once the session has ended.
    pub fn close(&mut self, now: Instant, reason: DisconnectReason) {
        self.end(now, reason, "closed by the application");
    }

    /// Ends the session because the server stops, and loses nothing of what the client has sent.
    ///
    /// What is queued leaves, then the client is told. Until it has closed its WebSocket, or has fetched the poll that
    /// tells it, what it sends is delivered as before, for at most
    /// [`leave_timeout`](SessionConfig::leave_timeout). [`Event::Closed`] comes after the last message, once, with
    /// [`DisconnectReason::Shutdown`] however the client ends it. Nothing more can be sent, and no pings are.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use engineio_proto::{Instant, Link, SendError, SessionConfig, Sid};
    /// use engineio_proto::server::Session;
    ///
    /// let (config, sid) = (Arc::new(SessionConfig::default()), Sid::from_random([7; 16]));
    /// let (mut session, _) = Session::accept(&config, sid, &[], Link::WebSocket, Instant::EPOCH);
    /// session.open(Instant::EPOCH);
    /// session.leave(Instant::EPOCH);
    /// assert!(session.is_leaving());
    /// assert_eq!(session.send("too late".into()), Err(SendError::Closed));
    /// ```
    pub fn leave(&mut self, now: Instant) {
        if self.state != State::Open {
            // Without an answer of the application there is nothing to read.
            return self.end(now, DisconnectReason::Shutdown, SHUTDOWN);
        }
        if !self.upgrade.is_probed() {
            self.fail_upgrade();
        }
        let code = Some(close_code(DisconnectReason::Shutdown));
        self.state = State::Leaving(Farewell { packet: Some(LastPacket::Close), code });
        self.timers.clear_all();
        self.timers.set(Timer::Close, now + self.config.leave_timeout);
    }

    /// Whether the session is being ended by [`leave`](Self::leave), and what the client sends is still delivered.
    pub const fn is_leaving(&self) -> bool {
        matches!(self.state, State::Leaving(_))
    }

    /// Whether messages can be sent: the session has not ended, and is not about to.
    #[inline]
    pub const fn is_alive(&self) -> bool {
        matches!(self.state, State::Opening | State::Open)
    }

    /// Whether the application accepted the client and the session has not ended.
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// The session's id.
    pub const fn sid(&self) -> &Sid {
        &self.sid
    }

    /// How its packets travel now.
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// Time between the last answered ping and its pong. By polling it includes the client's pauses.
    pub const fn round_trip(&self) -> Option<Duration> {
        self.heartbeat.round_trip()
    }

    /// How far the outbound messages have come.
    pub fn progress(&self) -> Progress {
        self.outbound.progress()
    }

    /// Whether a message would be accepted for sending without the overflow policy being asked.
    #[inline]
    pub fn has_room(&self) -> bool {
        self.outbound.has_room(self.queue_limits())
    }

    /// What happens to messages that find the queue full.
    pub fn overflow(&self) -> Overflow {
        self.config.overflow
    }

    /// The next event for the application.
    ///
    /// Messages count as unhandled until [`handle_handled`](Self::handle_handled).
    pub fn poll_event(&mut self, now: Instant) -> Option<Event> {
        let event = self.inbound.pop(self.is_behind_post());
        self.admit_waiting_post();
        self.update_pause(now);
        event
    }

    /// All events that there are, up to about `max`. Messages count as unhandled until
    /// [`handle_handled`](Self::handle_handled).
    pub fn poll_events(&mut self, now: Instant, max: usize, into: &mut VecDeque<Event>) {
        if !self.inbound.has_event(self.is_behind_post()) {
            return;
        }
        if !self.inbound.take_all(self.is_behind_post(), max, into) {
            while into.len() < max
                && let Some(event) = self.inbound.pop(self.is_behind_post())
            {
                into.push_back(event);
            }
        }
        self.admit_waiting_post();
        self.update_pause(now);
    }

    /// Lends the session memory for the events and packets of one read, so that connections which take turns all use
    /// the same, which is at hand, instead of one after the other their own. [`poll_events`](Self::poll_events) and
    /// [`poll_transmit_all`](Self::poll_transmit_all) give it back.
    #[inline]
    pub fn lend(&mut self, events: &mut VecDeque<Event>, packets: &mut VecDeque<Outgoing>) {
        self.inbound.lend(events);
        self.outbound.lend(packets);
    }

    /// The application is done with so many messages.
    pub fn handle_handled(&mut self, now: Instant, done: Load) {
        self.inbound.handled(done);
        self.admit_waiting_post();
        self.update_pause(now);
    }

    /// Messages that are being handled take so many bytes more than their data had: they were decoded, say. That counts
    /// until it is said to be handled along with them.
    pub fn handle_grown(&mut self, now: Instant, bytes: usize) {
        self.inbound.weigh(bytes);
        self.update_pause(now);
    }

    /// What the driver should look at. O(1).
    #[inline]
    pub fn wants(&self) -> Wants {
        Wants {
            events: self.inbound.has_event(self.is_behind_post()),
            reading_paused: self.reading_paused(),
            finished: self.state == State::Closed,
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called. O(1). A deadline at [`Instant::EPOCH`] wants
    /// it at once.
    #[inline]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Applies every deadline that has come. Read what has already arrived first: a pong in the socket's buffer
    /// is not late. A deadline of the client's that is seen late, since the process stood still, is put off once, by half
    /// a second, for that to be read.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((timer, due)) = self.timers.pop_expired(now, Role::Server) {
            match timer {
                Timer::Ping => {
                    let pace = self.pace();
                    self.outbound.push_ping();
                    self.heartbeat.pinged(&mut self.timers, due, now, pace);
                }
                Timer::Pong => {
                    self.end(now, DisconnectReason::PingTimeout, "no pong within the ping timeout");
                }
                Timer::Overflow => {
                    self.end(now, DisconnectReason::SlowConsumer, "the outbound queue is full");
                }
                Timer::Upgrade => self.fail_upgrade(),
                Timer::Hold => self.links.release_poll(),
                Timer::Message => {
                    self.end(
                        now,
                        DisconnectReason::TransportError,
                        "a WebSocket message was not completed in time",
                    );
                }
                Timer::Close if self.is_leaving() => self.end(now, DisconnectReason::Shutdown, SHUTDOWN),
                Timer::Close if self.is_alive() => {
                    let words = "no request came after the handshake";
                    self.end(now, DisconnectReason::PingTimeout, words);
                }
                Timer::Close => self.finish(),
            }
        }
    }

    /// Ends the session: the application gets one `Closed`, the client its last packets. A client that may be
    /// moving to a WebSocket gets them where it arrives.
    pub(super) fn end(&mut self, now: Instant, reason: DisconnectReason, detail: &'static str) {
        self.end_with(now, reason, detail, close_code(reason));
    }

    pub(super) fn end_with(
        &mut self,
        now: Instant,
        reason: DisconnectReason,
        detail: &'static str,
        code: CloseCode,
    ) {
        let Some(farewell) = self.farewell(reason, code) else { return };
        self.tell_end(reason, detail);
        if !keeps_queue(reason) {
            self.outbound.clear();
        }
        if !(self.upgrade.is_probed() && keeps_queue(reason)) {
            self.fail_upgrade();
        }
        self.state = State::Closing(farewell);
        self.timers.clear_all();
        if !self.is_told() && (self.has_listener() || lingers(reason)) {
            self.timers.set(Timer::Close, now + self.config.close_timeout);
        } else {
            self.finish();
        }
    }

    /// What is left to say to the client if the session ends now; `None` if it has ended.
    fn farewell(&self, reason: DisconnectReason, code: CloseCode) -> Option<Farewell> {
        match self.state {
            State::Opening | State::Open => {
                Some(Farewell { packet: LastPacket::new(self.transport, reason), code: Some(code) })
            }
            State::Leaving(farewell) if keeps_queue(reason) => Some(farewell),
            State::Leaving(farewell) => Some(farewell.cut_short(self.transport, reason, code)),
            State::Closing(_) | State::Closed => None,
        }
    }

    /// Tells the application of the end, once. A session that leaves ends because of that, whatever comes in between.
    fn tell_end(&mut self, reason: DisconnectReason, detail: &'static str) {
        let reason = if self.is_leaving() { DisconnectReason::Shutdown } else { reason };
        let unconfirmed = self.outbound.unconfirmed();
        self.inbound.end(Event::Closed(Disconnect { reason, detail, unconfirmed }));
    }

    /// Ends a session on polling whose client was told, unless a POST is still being read.
    pub(super) fn conclude(&mut self) {
        let awaits_post = self.is_leaving() && self.links.post_under_way();
        if self.transport == Transport::Polling && self.is_told() && !awaits_post {
            self.tell_end(DisconnectReason::Shutdown, SHUTDOWN);
            self.finish();
        }
    }

    /// The client that was to be told is gone.
    pub(super) fn give_up(&mut self) {
        self.tell_end(DisconnectReason::Shutdown, SHUTDOWN);
        self.finish();
    }

    /// Everything is said.
    pub(super) fn finish(&mut self) {
        self.state = State::Closed;
        self.upgrade = Upgrade::Idle;
        self.outbound.clear();
        self.timers.clear_all();
    }

    /// Whether a link is open that can carry the last packets.
    fn has_listener(&self) -> bool {
        match self.transport {
            Transport::Polling => self.links.poll_waiting(),
            Transport::WebSocket => self.links.websocket.is_some(),
        }
    }

    /// Whether the application accepted the client and what it sends is delivered.
    pub(super) const fn is_in_session(&self) -> bool {
        matches!(self.state, State::Open | State::Leaving(_))
    }

    /// Whether what the client sends is delivered.
    pub(super) const fn is_listening(&self) -> bool {
        self.is_alive() || self.is_leaving()
    }

    /// Whether we are the ones who do not read.
    fn reading_paused(&self) -> bool {
        let full = self.inbound.is_full(self.config.inbound_limit());
        self.is_listening() && (full || self.is_behind_post())
    }

    /// A POST whose body waits is accepted as soon as there is room for another one.
    fn admit_waiting_post(&mut self) {
        self.links.admit_waiting_post(&self.inbound, self.config.inbound_limit().bytes);
    }

    /// Whether what comes over the WebSocket has to wait for a POST that was begun before the upgrade.
    fn is_behind_post(&self) -> bool {
        self.is_listening() && self.transport == Transport::WebSocket && self.links.post_under_way()
    }

    pub(super) fn update_pause(&mut self, now: Instant) {
        if self.state == State::Open {
            let paused = self.reading_paused() || self.links.post_queued();
            let pace = self.pace();
            self.heartbeat.suspend(&mut self.timers, paused, now, pace);
            self.unfinished.suspend(&mut self.timers, paused, || now + self.config.message_timeout);
        }
    }

    fn pace(&self) -> Pace {
        Pace { interval: self.config.ping_interval, timeout: self.config.ping_timeout }
    }

    fn queue_limits(&self) -> QueueLimits {
        QueueLimits {
            bytes: self.config.max_queued_bytes,
            packets: self.config.max_queued_packets,
            overflow: self.config.overflow,
        }
    }

    fn separator_error(&self) -> SendError {
        if self.is_alive() { SendError::Separator } else { SendError::Closed }
    }

    #[inline]
    fn queue<T>(
        &mut self,
        message: T,
        outgoing: impl FnOnce(T) -> Outgoing,
        hand_back: impl FnOnce(T) -> Message,
    ) -> Result<Mark, SendError> {
        if !self.is_alive() {
            return Err(SendError::Closed);
        }
        let room = if self.has_room() { Room::Made } else { self.make_room() };
        match room {
            Room::Made => Ok(self.outbound.push_message(outgoing(message))),
            Room::None => Err(SendError::Full(hand_back(message))),
            Room::Overrun => Err(SendError::Closed),
        }
    }

    #[cold]
    fn make_room(&mut self) -> Room {
        let room = self.outbound.make_room(self.queue_limits());
        if room == Room::Overrun {
            // Sending takes no time, so that it is cheap; what follows does.
            self.timers.set(Timer::Overflow, Instant::EPOCH);
        }
        room
    }

    fn open_packet(&self, upgrades: &[Transport]) -> OpenPacket {
        OpenPacket {
            sid: self.sid.clone(),
            upgrades: upgrades.to_vec(),
            ping_interval: self.config.ping_interval + self.config.ping_grace,
            ping_timeout: self.config.ping_timeout,
            max_payload: self.config.max_payload,
        }
    }
}

/// Why a session ends that leaves.
const SHUTDOWN: &str = "the server is shutting down";

/// Whether the queue still leaves after the end: the client is there and did nothing wrong.
const fn keeps_queue(reason: DisconnectReason) -> bool {
    matches!(
        reason,
        DisconnectReason::ServerDisconnect | DisconnectReason::Shutdown | DisconnectReason::HandlerPanicked
    )
}

/// Whether a client on polling that is not there right now is told when it comes back.
const fn lingers(reason: DisconnectReason) -> bool {
    keeps_queue(reason) || matches!(reason, DisconnectReason::SlowConsumer)
}

const fn close_code(reason: DisconnectReason) -> CloseCode {
    match reason {
        DisconnectReason::Shutdown => CloseCode::GOING_AWAY,
        DisconnectReason::SlowConsumer | DisconnectReason::TransportError => CloseCode::POLICY,
        DisconnectReason::TooLarge => CloseCode::TOO_BIG,
        DisconnectReason::HandlerPanicked => CloseCode::INTERNAL,
        _ => CloseCode::NORMAL,
    }
}
