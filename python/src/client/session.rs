//! `ClientSession`: a client's session of the core, for I/O that Python does.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use engineio_proto::client::{self, ClientConfig, Finish, LinkKind, Transmit};
use engineio_proto::ws::CloseCode;
use engineio_proto::{Closed, LinkId, Load, Outgoing, Packet, SendError, Transport};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use super::delivery::{Delivery, Source};
use super::event::Event;
use super::turn::Turn;
use crate::session::duration;
use crate::{clock, data};

/// Events taken from the session at a time.
const BATCH: usize = 256;

/// Bytes of their messages, after which no more are taken at a time.
pub(super) const BATCH_BYTES: usize = 1 << 20;

/// One session of a client. Safe to use from several threads; nothing of Python is called while its lock is held.
///
/// Requests and `WebSockets` are links, which have numbers: `open_link()` says which to open, and what becomes of each is
/// told with its number. What the application shall hear are the events of [`Delivery`].
#[pyclass(extends = Delivery, frozen, module = "engineio_rs._core")]
#[derive(Debug)]
pub(crate) struct ClientSession(Arc<Shared>);

/// The session, and whose turn it is to deliver its events.
#[derive(Debug)]
struct Shared {
    core: Mutex<client::Session>,
    turn: Turn,
    /// The bytes of the messages that were taken and not yet handled, in the order in which they came.
    taken: Mutex<VecDeque<usize>>,
}

#[pymethods]
impl ClientSession {
    #[new]
    #[pyo3(signature = (transport, packet_class, *, upgrade=true, connect_timeout=20.0, max_payload=16_777_216))]
    fn new(
        transport: &str,
        packet_class: Py<PyAny>,
        upgrade: bool,
        connect_timeout: f64,
        max_payload: usize,
    ) -> PyResult<PyClassInitializer<Self>> {
        let first = Transport::from_name(transport).ok_or_else(|| {
            PyValueError::new_err(format!("transport is 'polling' or 'websocket', not {transport:?}"))
        })?;
        let connect_timeout = duration(connect_timeout, "connect_timeout")?;
        let hold_for_upgrade = true;
        let config = ClientConfig {
            upgrade,
            connect_timeout,
            max_payload,
            hold_for_upgrade,
            ..ClientConfig::default()
        };
        let core = client::Session::connect(&Arc::new(config), first, clock::now());
        let shared =
            Arc::new(Shared { core: Mutex::new(core), turn: Turn::default(), taken: Mutex::default() });
        let delivery = Delivery::new(Arc::<Shared>::clone(&shared), packet_class);
        Ok(PyClassInitializer::from(delivery).add_subclass(Self(shared)))
    }

    /// The next link to open and its number: `poll`, `post` or `websocket`; None if there is none for now.
    fn open_link(&self) -> Option<(&'static str, u32)> {
        let (link, kind) = self.0.lock().poll_link(clock::now())?;
        Some((kind_name(kind), link.number()))
    }

    /// A GET or POST was answered with success.
    fn answered(&self, link: u32, body: &Bound<'_, PyBytes>) {
        let body = data::bytes_of(body);
        self.0.change(|core| core.handle_response(clock::now(), LinkId::from_number(link), body));
    }

    /// A request was answered with another status.
    fn refused(&self, link: u32, status: u16) {
        self.0.change(|core| {
            core.handle_refused(clock::now(), LinkId::from_number(link), status, Bytes::new());
        });
    }

    /// A link was lost: it took too long, or had more bytes than are taken, or neither.
    #[pyo3(signature = (link, timed_out=false, too_large=false))]
    fn lost(&self, link: u32, timed_out: bool, too_large: bool) {
        let how = match (timed_out, too_large) {
            (_, true) => Closed::TooLarge,
            (true, false) => Closed::Timeout,
            (false, false) => Closed::Eof,
        };
        self.0.change(|core| core.handle_closed(LinkId::from_number(link), how));
    }

    /// A WebSocket received a message: str or bytes. Returns whether it is still of use.
    fn received(&self, link: u32, message: &Bound<'_, PyAny>) -> bool {
        let link = LinkId::from_number(link);
        match data::decode(message) {
            Ok(packet) => self.0.change(|core| core.handle_packet(clock::now(), link, packet)),
            Err(_) => self.0.change(|core| {
                core.handle_bad_frame(link, CloseCode::POLICY);
                false
            }),
        }
    }

    /// The body of a POST.
    fn payload<'py>(&self, py: Python<'py>, link: u32) -> Bound<'py, PyBytes> {
        let body = self.0.change(|core| core.post_body(LinkId::from_number(link)));
        PyBytes::new(py, &body)
    }

    /// What a WebSocket shall write, each str or bytes, and whether it is to be closed after it.
    fn frames<'py>(&self, py: Python<'py>, link: u32) -> PyResult<(Bound<'py, PyList>, bool)> {
        let (packets, over) = self.0.change(|core| packets(core, LinkId::from_number(link)));
        let frames = PyList::empty(py);
        for packet in packets {
            frames.append(frame(py, &packet)?)?;
        }
        Ok((frames, over))
    }

    /// A WebSocket wrote all of its frames.
    fn sent(&self, link: u32) {
        self.0.change(|core| {
            let upto = core.progress().taken;
            core.handle_sent(LinkId::from_number(link), upto);
        });
    }

    /// Queues a packet. True if it was taken, False if the session takes no more, None if the queue is full.
    ///
    /// Raises `ValueError` for a packet that is not the application's to send, that polling cannot carry, or that is
    /// larger than the server accepts.
    fn send(&self, packet: &Bound<'_, PyAny>) -> PyResult<Option<bool>> {
        let encoded = packet.call_method0(pyo3::intern!(packet.py(), "encode"))?;
        let packet = data::decode(&encoded)?;
        outcome(self.0.change(|core| core.send_packet(clock::now(), packet)))
    }

    /// Ends the session: what is queued still leaves.
    fn close(&self) {
        self.0.change(|core| core.close(clock::now()));
    }

    /// Ends the session at once.
    fn abort(&self) {
        self.0.change(client::Session::abort);
    }

    /// Applies the deadlines that have come.
    fn handle_timeout(&self) {
        self.0.change(|core| core.handle_timeout(clock::now()));
    }

    /// The next deadline, in seconds from now; None if there is none.
    fn timeout(&self) -> Option<f64> {
        let deadline = self.0.lock().poll_timeout()?;
        Some(deadline.saturating_since(clock::now()).as_secs_f64())
    }

    /// Whether a link has something to do.
    fn wants(&self, link: u32) -> bool {
        self.0.lock().link_wants(LinkId::from_number(link))
    }

    /// Whether a link is of no more use.
    fn has_ended(&self, link: u32) -> bool {
        self.0.lock().has_ended(LinkId::from_number(link))
    }

    /// How packets travel now.
    #[getter]
    fn transport(&self) -> &'static str {
        self.0.lock().transport().name()
    }

    /// Whether the handshake is not over: the open packet has not come, or the next packet tells which version the server
    /// speaks. For a WebSocket; `timeout()` says how long to wait for it.
    #[getter]
    fn opening(&self) -> bool {
        let core = self.0.lock();
        core.open_packet().is_none() && !core.wants().finished
    }

    /// Whether the session is over.
    #[getter]
    fn finished(&self) -> bool {
        self.0.lock().wants().finished
    }

    /// The application is done with so many messages.
    fn handled(&self, count: usize) {
        let done = self.0.done(count);
        self.0.change(|core| core.handle_handled(clock::now(), done));
    }

    /// Whether a message would be taken without waiting.
    #[getter]
    fn has_room(&self) -> bool {
        self.0.lock().has_room()
    }

    /// Whether nothing is to be read from the WebSocket for now: the application is behind.
    #[getter]
    fn reading_paused(&self) -> bool {
        self.0.lock().wants().reading_paused
    }

    /// How many messages were accepted for sending, and how many of them are known to have been taken over.
    fn progress(&self) -> (u64, u64) {
        let progress = self.0.lock().progress();
        (progress.accepted.count(), progress.confirmed.count())
    }
}

impl Shared {
    /// While this is held, no Python code runs.
    fn lock(&self) -> MutexGuard<'_, client::Session> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many messages were handled, most often those that came first.
    fn done(&self, count: usize) -> Load {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let messages = count.min(taken.len());
        Load { messages, bytes: taken.drain(..messages).sum() }
    }

    fn take(&self, event: &client::Event) -> usize {
        let client::Event::Message(message) = event else { return 0 };
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).push_back(message.len());
        message.len()
    }

    fn change<R>(&self, change: impl FnOnce(&mut client::Session) -> R) -> R {
        let mut core = self.lock();
        let result = change(&mut core);
        let news = core.wants().events;
        drop(core);
        if news {
            self.turn.wake();
        }
        result
    }
}

impl Source for Shared {
    fn turn(&self) -> &Turn {
        &self.turn
    }

    fn refill(&self) {
        let mut core = self.lock();
        let now = clock::now();
        let (mut events, mut bytes) = (Vec::new(), 0);
        while events.len() < BATCH
            && bytes < BATCH_BYTES
            && let Some(event) = core.poll_event(now)
        {
            bytes += self.take(&event);
            events.extend(Event::of_core(event));
        }
        let more = core.wants().events;
        drop(core);
        self.turn.put(events);
        if more {
            self.turn.wake();
        }
    }
}

fn packets(core: &mut client::Session, link: LinkId) -> (Vec<Outgoing>, bool) {
    let mut packets = Vec::new();
    loop {
        match core.poll_transmit(link, usize::MAX) {
            Transmit::Packet(packet) => packets.push(packet),
            Transmit::Wait | Transmit::Finish(Finish::Payload) => return (packets, false),
            Transmit::Finish(Finish::Close(_)) => return (packets, true),
        }
    }
}

/// A packet as a WebSocket carries it.
fn frame<'py>(py: Python<'py>, packet: &Outgoing) -> PyResult<Bound<'py, PyAny>> {
    if let Some(data) = binary(packet) {
        return Ok(PyBytes::new(py, data).into_any());
    }
    Ok(data::text_frame(py, packet)?.into_any())
}

fn binary(packet: &Outgoing) -> Option<&[u8]> {
    match packet {
        Outgoing::Packet(Packet::Message(message)) => message.as_binary(),
        Outgoing::Packet(_) => None,
        Outgoing::Shared(prepared) => prepared.message().as_binary(),
    }
}

const fn kind_name(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Poll => "poll",
        LinkKind::Post => "post",
        LinkKind::WebSocket => "websocket",
    }
}

/// What `send` returns.
pub(crate) fn outcome(outcome: Result<(), SendError>) -> PyResult<Option<bool>> {
    match outcome {
        Ok(()) => Ok(Some(true)),
        Err(SendError::Closed | SendError::NotOpen) => Ok(Some(false)),
        Err(SendError::Full(_)) => Ok(None),
        Err(error) => Err(PyValueError::new_err(error.to_string())),
    }
}
