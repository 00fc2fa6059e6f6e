//! The session itself: its life from handshake to end.

use std::sync::Arc;

use super::backlog::Backlog;
use super::config::ClientConfig;
use super::event::{Cause, Disconnect, Event, Wants};
use super::links::Links;
use super::opened::Opened;
use super::pongs::Pongs;
use crate::heartbeat::Watchdog;
use crate::inbound::Inbound;
use crate::queue::{Mark, Outbound, Progress, QueueLimits, Room};
use crate::timer::{Timer, TimerTable};
use crate::unfinished::Unfinished;
use crate::upgrade::Probe;
use crate::ws::{CloseCode, Role};
use crate::{
    DisconnectReason, Instant, Load, Message, OpenPacket, Outgoing, Overflow, Packet, Prepared, SendError,
    Sid, Transport,
};

/// A session, as the client sees it: a state machine without I/O.
///
/// It is driven as the server's is: `handle_*` say what happened, `poll_*` say what to do next, the rest are
/// commands and questions of the application. Here it is the session that says which link to open, with
/// [`poll_link`](Self::poll_link). After any call a driver does what [`wants`](Self::wants) and
/// [`link_wants`](Self::link_wants) say, and calls [`handle_timeout`](Self::handle_timeout) at
/// [`poll_timeout`](Self::poll_timeout).
///
/// ```
/// use std::sync::Arc;
/// use engineio_proto::client::{ClientConfig, Event, LinkKind, Session};
/// use engineio_proto::{Instant, Transport};
///
/// let now = Instant::EPOCH;
/// let mut session = Session::connect(&Arc::new(ClientConfig::default()), Transport::Polling, now);
/// let (handshake, kind) = session.poll_link(now).unwrap();
/// assert_eq!(kind, LinkKind::Poll);
/// let answer = r#"0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
/// session.handle_response(now, handshake, answer.into());
/// assert!(matches!(session.poll_event(now), Some(Event::Open(_))));
/// ```
#[derive(Debug)]
pub struct Session {
    pub(super) config: Arc<ClientConfig>,
    pub(super) state: State,
    pub(super) transport: Transport,
    pub(super) opened: Opened,
    pub(super) links: Links,
    pub(super) probe: Probe,
    pub(super) watchdog: Watchdog,
    pub(super) unfinished: Unfinished,
    pub(super) pongs: Pongs,
    /// Whether the server takes as many packets in one POST as its byte limit allows.
    pub(super) large_posts: bool,
    pub(super) outbound: Outbound,
    pub(super) inbound: Inbound<Event>,
    pub(super) backlog: Backlog,
    pub(super) timers: TimerTable,
    /// How a mute session ends unless the server says better.
    pub(super) verdict: Option<Box<(DisconnectReason, Cause)>>,
}

const _: () = assert!(size_of::<Session>() <= 512, "programs that test servers keep many sessions");

/// Where a session stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The server has not answered the handshake.
    Connecting,
    /// In use.
    Open,
    /// The application is done: what is queued leaves, then a close packet.
    Closing {
        /// Whether the close packet was handed to a link.
        said: bool,
    },
    /// The server refused a POST: nothing leaves any more, and what it still has to say is read. Most often it
    /// has just closed the session, and the poll that tells so is on its way.
    Mute,
    /// Over; a WebSocket is closed with this code.
    Closed(CloseCode),
}

impl Session {
    /// Starts a session over `first`.
    ///
    /// A client that remembers that an earlier session reached the server by WebSocket starts with it and saves
    /// the upgrade; the [`transport`](Self::transport) of the old session is all there is to remember.
    pub fn connect(config: &Arc<ClientConfig>, first: Transport, now: Instant) -> Self {
        let mut timers = TimerTable::new();
        timers.set(Timer::Close, now + config.connect_timeout);
        Self {
            config: Arc::clone(config),
            state: State::Connecting,
            transport: first,
            opened: Opened::default(),
            links: Links::default(),
            probe: Probe::Idle,
            watchdog: Watchdog::default(),
            unfinished: Unfinished::default(),
            pongs: Pongs::default(),
            large_posts: false,
            outbound: Outbound::default(),
            inbound: Inbound::default(),
            backlog: Backlog::default(),
            timers,
            verdict: None,
        }
    }

    /// Queues a message.
    ///
    /// # Errors
    ///
    /// [`SendError::NotOpen`] before the session is open and [`SendError::Closed`] after its end;
    /// [`SendError::Separator`] for text with U+001E while the session is on polling; [`SendError::TooLarge`] for
    /// more than the server accepts; [`SendError::Full`] hands the message back under [`Overflow::DropNewest`] and
    /// [`Overflow::Wait`]. Under [`Overflow::Close`] a full queue ends the session, which is
    /// [`SendError::Closed`] as well.
    pub fn send(&mut self, message: Message) -> Result<Mark, SendError> {
        self.check_message(&message)?;
        self.queue(message, |message| Packet::Message(message).into(), |message| message)
    }

    /// Queues a message that other sessions share.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send); what [`SendError::Full`] hands back is a cheap clone.
    pub fn send_prepared(&mut self, prepared: &Prepared) -> Result<Mark, SendError> {
        self.check_message(prepared.message())?;
        let hand_back = |prepared: &Prepared| prepared.message().clone();
        self.queue(prepared, |prepared| Outgoing::Shared(prepared.clone()), hand_back)
    }

    /// Queues a raw packet: a message, or a close, which ends the session.
    ///
    /// # Errors
    ///
    /// [`SendError::PacketType`] for every other type; otherwise as for [`send`](Self::send).
    pub fn send_packet(&mut self, now: Instant, packet: Packet) -> Result<(), SendError> {
        match packet {
            Packet::Message(message) => self.send(message).map(drop),
            Packet::Close => {
                self.check_open()?;
                self.close(now);
                Ok(())
            }
            _ => Err(SendError::PacketType),
        }
    }

    /// Ends the session: what is queued still leaves, then the server is told.
    ///
    /// [`Event::Closed`] comes when that is done, or was not possible within the close timeout. What the server
    /// sends meanwhile is still delivered. A session that is not open yet ends at once.
    pub fn close(&mut self, now: Instant) {
        match self.state {
            State::Connecting => self.abort(),
            State::Open => {
                self.abandon_upgrade();
                self.state = State::Closing { said: false };
                self.timers.set(Timer::Close, now + self.config.close_timeout);
            }
            State::Closing { .. } | State::Mute | State::Closed(_) => {}
        }
    }

    /// Ends the session at once; what is queued is lost.
    pub fn abort(&mut self) {
        self.end(DisconnectReason::ClientDisconnect, "aborted by the application".into());
    }

    /// Whether the session has begun and messages can be sent.
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// The session's id, once the server has answered.
    pub fn sid(&self) -> Option<&Sid> {
        self.open_packet().map(|open| &open.sid)
    }

    /// What the server said at the handshake, once it did.
    pub fn open_packet(&self) -> Option<&OpenPacket> {
        self.opened.packet()
    }

    /// How its packets travel now.
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// The settings it was started with.
    pub fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// The largest packet that the server accepts, if it said so.
    pub fn max_payload(&self) -> Option<usize> {
        self.open_packet().map(|open| open.max_payload).filter(|limit| *limit > 0)
    }

    /// How far the outbound messages have come.
    pub fn progress(&self) -> Progress {
        self.outbound.progress()
    }

    /// Whether a message would be accepted for sending without the overflow policy being asked.
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
        let event = self.opened.announce().map(Event::Open).or_else(|| self.inbound.pop(false));
        self.backlog.hand_on(&mut self.inbound);
        self.update_pause(now);
        event
    }

    /// How the session ended: from its end until the application takes [`Event::Closed`].
    pub fn ended(&self) -> Option<&Disconnect> {
        match self.inbound.last() {
            Some(Event::Closed(end)) => Some(end),
            _ => None,
        }
    }

    /// The application is done with so many messages.
    pub fn handle_handled(&mut self, now: Instant, done: Load) {
        self.inbound.handled(done);
        self.update_pause(now);
    }

    /// What the driver should look at. O(1).
    pub fn wants(&self) -> Wants {
        Wants {
            events: self.opened.is_news() || self.inbound.has_event(false),
            links: self.next_link().is_some(),
            reading_paused: self.transport == Transport::WebSocket && self.is_paused(),
            finished: matches!(self.state, State::Closed(_)),
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called. O(1).
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Applies every deadline that has come. Read what has already arrived first: a ping in the socket's buffer
    /// is not late. A deadline of the server's that is seen late, since the process stood still, is put off once, by half
    /// a second, for that to be read.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((timer, _)) = self.timers.pop_expired(now, Role::Client) {
            match timer {
                Timer::Upgrade => self.fail_upgrade("the upgrade was not completed in time".into()),
                Timer::Close => self.give_up(),
                Timer::Message => {
                    let words = "a WebSocket message was not completed in time";
                    self.end(DisconnectReason::TransportError, words.into());
                }
                Timer::Hold => self.open_held(now),
                Timer::Ping | Timer::Pong | Timer::Overflow => {
                    let words = "no ping within the ping interval and timeout";
                    self.end(DisconnectReason::PingTimeout, words.into());
                }
            }
        }
    }

    fn give_up(&mut self) {
        let words = match self.state {
            State::Connecting => "the server did not answer the handshake in time",
            _ => "what was queued did not leave in time",
        };
        self.end(DisconnectReason::TransportError, words.into());
    }

    /// Ends the session: the application gets one `Closed`. Whatever else goes wrong once the application has
    /// closed it, that is the reason.
    pub(super) fn end(&mut self, reason: DisconnectReason, cause: Cause) {
        self.end_with(reason, cause, CloseCode::NORMAL);
    }

    pub(super) fn end_with(&mut self, reason: DisconnectReason, cause: Cause, code: CloseCode) {
        let (reason, cause) = match (self.state, self.verdict.take()) {
            (State::Closed(_), _) => return,
            (State::Closing { .. }, _) => (DisconnectReason::ClientDisconnect, cause),
            (State::Mute, Some(verdict)) if !is_final(reason) => *verdict,
            _ => (reason, cause),
        };
        let unconfirmed = self.outbound.unconfirmed();
        self.inbound.end(Event::Closed(Disconnect { reason, cause, unconfirmed }));
        self.state = State::Closed(code);
        self.outbound.clear();
        self.pongs.clear();
        self.probe = Probe::Idle;
        self.links.clear();
        self.timers.clear_all();
    }

    /// The server refused a POST.
    pub(super) fn mute(&mut self, now: Instant, reason: DisconnectReason, cause: Cause) {
        self.abandon_upgrade();
        self.state = State::Mute;
        self.verdict = Some(Box::new((reason, cause)));
        self.links.post = None;
        self.timers.set(Timer::Close, now + self.config.close_timeout);
    }

    pub(super) const fn close_code(&self) -> CloseCode {
        match self.state {
            State::Closed(code) => code,
            _ => CloseCode::NORMAL,
        }
    }

    /// Whether the server was told that the application has closed the session.
    pub(super) fn is_said(&self) -> bool {
        self.state == State::Closing { said: true }
    }

    /// Whether we are the ones who do not read.
    pub(super) fn is_paused(&self) -> bool {
        let (bytes, limit) = (self.config.max_payload, self.config.inbound_limit());
        let full = self.transport == Transport::Polling
            && !self.backlog.has_room(&self.inbound, bytes, limit.messages);
        full || self.inbound.is_full(self.backlog.leaves(limit))
    }

    pub(super) fn update_pause(&mut self, now: Instant) {
        if !matches!(self.state, State::Connecting | State::Closed(_)) {
            let paused = self.is_paused();
            self.watchdog.suspend(&mut self.timers, paused, now);
            self.unfinished.suspend(&mut self.timers, paused, || now + self.config.message_timeout);
        }
    }

    fn check_open(&self) -> Result<(), SendError> {
        match self.state {
            State::Connecting => Err(SendError::NotOpen),
            State::Open => Ok(()),
            State::Closing { .. } | State::Mute | State::Closed(_) => Err(SendError::Closed),
        }
    }

    fn check_message(&self, message: &Message) -> Result<(), SendError> {
        self.check_open()?;
        let size = message.encoded_len(self.transport);
        match self.max_payload() {
            Some(limit) if size > limit => return Err(SendError::TooLarge { size, limit }),
            _ => {}
        }
        if self.transport == Transport::Polling && message.has_separator() {
            return Err(SendError::Separator);
        }
        Ok(())
    }

    fn queue<T>(
        &mut self,
        message: T,
        outgoing: impl FnOnce(T) -> Outgoing,
        hand_back: impl FnOnce(T) -> Message,
    ) -> Result<Mark, SendError> {
        match self.outbound.make_room(self.queue_limits()) {
            Room::Made => Ok(self.outbound.push_message(outgoing(message))),
            Room::None => Err(SendError::Full(hand_back(message))),
            Room::Overrun => {
                self.end(DisconnectReason::SlowConsumer, "the outbound queue is full".into());
                Err(SendError::Closed)
            }
        }
    }

    fn queue_limits(&self) -> QueueLimits {
        QueueLimits {
            bytes: self.config.max_queued_bytes,
            packets: self.config.max_queued_packets,
            overflow: self.config.overflow,
        }
    }
}

/// Whether one of the two sides has said that it ends the session.
const fn is_final(reason: DisconnectReason) -> bool {
    matches!(reason, DisconnectReason::ServerDisconnect | DisconnectReason::ClientDisconnect)
}
