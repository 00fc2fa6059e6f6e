//! What a Python session holds, and what it does under its lock.

use std::collections::VecDeque;

use bytes::Bytes;
use engineio_proto as proto;
use engineio_proto::edge::Excerpt;
use engineio_proto::server::{Event, Finish, Snapshot};
use engineio_proto::ws::CloseCode;
use engineio_proto::{
    ClientPings, Instant, Link, LinkId, Load, Outgoing, PayloadEncoder, SessionConfig, Transmit,
};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::clock;
use crate::data;
use crate::refusal::Refusal;

/// Bytes that a WebSocket takes at a time.
const BATCH: usize = 64 << 10;

/// A session and what its Python face keeps besides.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct State {
    pub(crate) core: proto::server::Session,
    pub(crate) created: Instant,
    /// The heartbeat was started: until then the session counts as pinged when it was made.
    pub(crate) started: bool,
    /// The application accepted the client.
    pub(crate) connected: bool,
    /// The application knows that the session has ended.
    pub(crate) closed: bool,
    /// Somebody is delivering events.
    pub(crate) delivering: bool,
    /// The message that was delivered in order and is being handled.
    pub(crate) handling: Load,
    /// A pong came with a payload, and `schedule_ping` was not called since.
    pub(crate) ponged: bool,
    /// Readers of the queue are to find its end.
    pub(crate) marker: bool,
    /// The deadline that Python was told of.
    pub(crate) alarm: Option<Instant>,
    pub(crate) poll: Option<LinkId>,
    pub(crate) post: Option<LinkId>,
    pub(crate) close_code: Option<CloseCode>,
    /// The packets whose messages are queued, in order: who takes them out gets the same objects.
    pub(crate) originals: VecDeque<Original>,
}

/// A message as the application gave it.
#[derive(Debug)]
pub(crate) enum Original {
    /// An instance of the packet class.
    Packet(Py<PyAny>),
    /// `str` or `bytes`.
    Data(Py<PyAny>),
}

impl Original {
    /// What goes over a WebSocket for the message, given in either form.
    pub(crate) fn frame(self, py: Python<'_>, message: &Outgoing) -> PyResult<Py<PyAny>> {
        match self {
            Self::Packet(packet) => packet.call_method0(py, intern!(py, "encode")),
            Self::Data(data) if data.bind(py).is_instance_of::<PyString>() => {
                Ok(data::text_frame(py, message)?.into_any().unbind())
            }
            Self::Data(data) => Ok(data),
        }
    }
}

/// What a WebSocket has received.
#[derive(Debug)]
pub(crate) enum Frame {
    Packet(proto::Packet),
    /// What is no packet.
    Broken,
    TooLarge,
}

/// What there is to do about it.
#[derive(Debug)]
pub(crate) enum Fed {
    /// To be delivered by whom it was given to.
    Message(proto::Message),
    Pong,
    /// Nothing, or what others will do.
    Other,
}

impl State {
    pub(crate) fn new(core: proto::server::Session) -> Self {
        Self {
            core,
            created: clock::now(),
            started: false,
            connected: false,
            closed: false,
            delivering: false,
            handling: Load::default(),
            ponged: false,
            marker: false,
            alarm: None,
            poll: None,
            post: None,
            close_code: None,
            originals: VecDeque::new(),
        }
    }

    pub(crate) fn restore(&mut self, change: impl FnOnce(&mut Snapshot)) {
        let mut snapshot = self.core.snapshot();
        change(&mut snapshot);
        self.core.restore(clock::now(), snapshot);
    }

    /// A poll may still wait when its session has moved to a WebSocket: what is for the one is not for the other.
    pub(crate) fn take(&mut self, for_poll: bool) -> Option<VecDeque<Outgoing>> {
        let mut taken = VecDeque::new();
        let over = match (self.poll, self.core.websocket()) {
            (None, _) if for_poll => true,
            (Some(link), None) => self.take_for_poll(link, &mut taken),
            (Some(link), Some(_)) if for_poll => self.take_for_poll(link, &mut taken),
            (_, Some(link)) => self.take_for_websocket(link, &mut taken),
            (None, None) => {
                self.core.take_queued(&mut taken);
                self.core.wants().finished
            }
        };
        let marked = taken.is_empty() && std::mem::take(&mut self.marker);
        (over || marked || !taken.is_empty()).then_some(taken)
    }

    pub(crate) fn open_poll(&mut self) -> Result<(), Refusal> {
        match self.core.handle_link(clock::now(), Link::Poll) {
            Ok(link) => {
                self.poll = Some(link);
                Ok(())
            }
            Err(refusal) => Err(self.told(refusal)),
        }
    }

    /// Opens a poll and takes the payload that answers it now; None if there is none yet, or it is for `take` to find
    /// out.
    ///
    /// The originals of its messages are returned, too: they are not to be dropped under the lock.
    pub(crate) fn begin_poll(&mut self) -> Result<Option<(Bytes, Vec<Original>)>, Refusal> {
        self.open_poll()?;
        Ok(self.take_payload())
    }

    fn take_payload(&mut self) -> Option<(Bytes, Vec<Original>)> {
        let link = self.poll?;
        let plain = self.originals.iter().all(|original| matches!(original, Original::Data(_)));
        let mut taken = VecDeque::new();
        if self.marker || !plain || self.core.websocket().is_some() || !self.take_for_poll(link, &mut taken) {
            return None;
        }
        let originals = self.originals_of(&taken);
        let mut payload = PayloadEncoder::new();
        for packet in &taken {
            payload.push(packet);
        }
        Some((payload.finish(), originals))
    }

    /// Returns whether the poll is answered.
    pub(crate) fn take_for_poll(&mut self, link: LinkId, taken: &mut VecDeque<Outgoing>) -> bool {
        if !self.core.link_wants(link) {
            return false;
        }
        let mut room = self.core.config().max_payload;
        while let Transmit::Packet(packet) = self.core.poll_transmit(link, room) {
            room = room.saturating_sub(packet.payload_len() + 1);
            taken.push_back(packet);
        }
        self.poll = None;
        true
    }

    /// Returns whether the WebSocket is to be closed behind what was taken.
    pub(crate) fn take_for_websocket(&mut self, link: LinkId, taken: &mut VecDeque<Outgoing>) -> bool {
        if let Some(Finish::Close(code)) = self.core.poll_transmit_all(link, BATCH, taken) {
            self.close_code.get_or_insert(code);
        }
        // The core says it once.
        self.close_code.is_some()
    }

    /// Whether [`take_for_websocket`](Self::take_for_websocket) has something to say.
    pub(crate) fn has_something_for_websocket(&self, link: LinkId) -> bool {
        self.core.link_wants(link) || self.close_code.is_some()
    }

    /// The next deadline, if it is earlier than the one that Python was told of.
    pub(crate) fn new_deadline(&self) -> Option<Instant> {
        let deadline = self.core.poll_timeout()?;
        self.alarm.is_none_or(|alarm| deadline < alarm).then_some(deadline)
    }

    pub(crate) fn is_settled(&self) -> bool {
        let wants = self.core.wants();
        self.new_deadline().is_none() && !wants.events && !wants.finished
    }

    /// What the client of a refused request is told: a session that has ended is as unknown as any other.
    pub(crate) fn told(&self, refusal: proto::Refusal) -> Refusal {
        match refusal {
            proto::Refusal::SessionClosed => {
                proto::Refusal::UnknownSid(Excerpt::new(self.core.sid().as_str()))
            }
            other => other,
        }
        .into()
    }

    pub(crate) fn payload(&mut self, body: Bytes) -> Option<proto::Refusal> {
        let Some(link) = self.post else { return Some(proto::Refusal::SessionClosed) };
        let pinged = self.core.snapshot().pinged_at.is_some();
        let outcome = self.core.handle_payload(clock::now(), link, body);
        self.ponged |= pinged && self.core.snapshot().pinged_at.is_none();
        if outcome.is_err() {
            self.post = None;
        }
        outcome.err()
    }

    pub(crate) fn probe(&mut self, link: LinkId, packet: proto::Packet) -> (bool, Vec<Outgoing>) {
        let alive = self.core.handle_packet(clock::now(), link, packet);
        let mut answers = Vec::new();
        while alive && self.core.is_probing(link) {
            match self.core.poll_transmit(link, usize::MAX) {
                Transmit::Packet(packet) => answers.push(packet),
                Transmit::Wait | Transmit::Finish(_) => break,
            }
        }
        (alive, answers)
    }

    pub(crate) fn feed(&mut self, link: LinkId, frame: Frame, in_order: bool) -> Fed {
        let now = clock::now();
        let packet = match frame {
            Frame::Packet(packet) => packet,
            Frame::Broken => return self.fail(link, CloseCode::POLICY),
            Frame::TooLarge => return self.fail(link, CloseCode::TOO_BIG),
        };
        let kind = proto::server::Received::of(&packet);
        self.core.handle_packet(now, link, packet);
        match kind {
            proto::server::Received::Pong => Fed::Pong,
            proto::server::Received::Message => self.deliver(now, in_order),
            _ => Fed::Other,
        }
    }

    fn fail(&mut self, link: LinkId, code: CloseCode) -> Fed {
        self.core.handle_bad_frame(clock::now(), link, code);
        Fed::Other
    }

    /// Takes a message out, unless somebody else is at it.
    fn deliver(&mut self, now: Instant, in_order: bool) -> Fed {
        if self.delivering || !self.core.wants().events {
            return Fed::Other;
        }
        match self.core.poll_event(now) {
            Some(Event::Message(message)) => {
                self.delivering = in_order;
                Fed::Message(message)
            }
            // The core says nothing else before the message, but for what means nothing to Python.
            _ => Fed::Other,
        }
    }

    pub(crate) fn settle(&mut self) -> bool {
        self.finish_handling(clock::now());
        self.delivering = self.core.wants().events;
        self.delivering
    }

    pub(crate) fn post(&mut self, data: &Bound<'_, PyAny>, message: proto::Message) -> bool {
        let late = |at| at <= clock::now();
        if self.closed || self.core.poll_timeout().is_some_and(late) || self.core.send(message).is_err() {
            return false;
        }
        self.originals.push_back(Original::Data(data.clone().unbind()));
        true
    }

    /// Takes out the originals of packets that were taken.
    pub(crate) fn originals_of(&mut self, taken: &VecDeque<Outgoing>) -> Vec<Original> {
        let messages = taken.iter().filter(|packet| packet.is_message()).count();
        self.originals.drain(..messages.min(self.originals.len())).collect()
    }

    /// A message that was taken out has become an object of Python's, and counts as that.
    pub(crate) fn delivered(&mut self, message: &proto::Message, load: Load, in_order: bool) {
        let now = clock::now();
        self.core.handle_grown(now, load.bytes.saturating_sub(message.len()));
        if in_order {
            self.handling = load;
        }
    }

    /// The message that was delivered in order was handled, if there is one.
    pub(crate) fn finish_handling(&mut self, now: Instant) {
        let handled = std::mem::take(&mut self.handling);
        if handled.messages > 0 {
            self.core.handle_handled(now, handled);
        }
    }

    /// Events that mean nothing to Python are skipped.
    pub(crate) fn next_event(&mut self) -> Option<Event> {
        let now = clock::now();
        self.finish_handling(now);
        while let Some(event) = self.core.poll_event(now) {
            match event {
                Event::Upgraded | Event::Drained => {}
                event => return Some(event),
            }
        }
        self.delivering = false;
        None
    }
}

/// Limits of the core that python-engineio has no options for, at the core's defaults.
pub(crate) fn defaults() -> SessionConfig {
    SessionConfig { client_pings: ClientPings::Ignore, ..SessionConfig::default() }
}
