//! `Session`: one session of the core, for Python's sockets.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engineio_proto as proto;
use engineio_proto::edge::{Standing, jsonp_call};
use engineio_proto::server::{Event, Received};
use engineio_proto::ws::CloseCode;
use engineio_proto::{
    Closed, DisconnectReason, Link, LinkId, Load, Message, Outgoing, SendError, SessionConfig, Transport,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use crate::clock;
use crate::data;
use crate::gate::parse_sid;
use crate::post::{accepted_texts, post_head};
use crate::refusal::Refusal;
use crate::state::{Fed, Original, State, defaults};
use crate::weight::load_of;

/// One session. Safe to use from several threads; nothing of Python is called while its lock is held.
#[pyclass(frozen, module = "engineio_rs._core")]
#[derive(Debug)]
pub(crate) struct Session {
    state: Mutex<State>,
    /// What its packets are instances of.
    packet_class: Py<PyAny>,
    /// Whether text that is JSON is decoded for the application.
    parse_json: bool,
}

#[pymethods]
impl Session {
    #[new]
    #[pyo3(signature = (sid, packet_class, *, parse_json=true))]
    fn new(sid: &str, packet_class: Py<PyAny>, parse_json: bool) -> PyResult<Self> {
        let core = proto::server::Session::hosted(&Arc::new(defaults()), parse_sid(sid)?);
        Ok(Self { state: Mutex::new(State::new(core)), packet_class, parse_json })
    }

    /// Takes over the options that a living session follows.
    #[pyo3(signature = (ping_interval, ping_timeout, max_payload, max_inbound, max_packets_per_poll=None, max_packets_per_post=None, max_inbound_bytes=None))]
    #[expect(clippy::too_many_arguments, reason = "options in Python")]
    fn configure(
        &self,
        ping_interval: f64,
        ping_timeout: f64,
        max_payload: usize,
        max_inbound: usize,
        max_packets_per_poll: Option<usize>,
        max_packets_per_post: Option<usize>,
        max_inbound_bytes: Option<usize>,
    ) -> PyResult<()> {
        let config = SessionConfig {
            ping_interval: duration(ping_interval, "ping_interval")?,
            ping_timeout: duration(ping_timeout, "ping_timeout")?,
            max_payload,
            max_inbound,
            max_inbound_bytes,
            max_packets_per_poll,
            max_packets_per_post,
            ..defaults()
        };
        let mut state = self.lock();
        if **state.core.config() != config {
            state.core.configure(&Arc::new(config));
        }
        Ok(())
    }

    /// Queues a packet. Returns whether the session took it: one that has ended takes no more.
    ///
    /// Raises `ValueError` for a packet that is not the application's to send, or text that polling cannot carry.
    fn send(&self, py: Python<'_>, packet: &Bound<'_, PyAny>) -> PyResult<bool> {
        let encoded = packet.call_method0(pyo3::intern!(py, "encode"))?;
        let decoded = data::decode(&encoded)?;
        let mut state = self.lock();
        let before = state.core.progress().accepted;
        let outcome = state.core.send_hosted(clock::now(), decoded);
        if state.core.progress().accepted > before {
            state.originals.push_back(Original::Packet(packet.clone().unbind()));
        }
        drop(state);
        match outcome {
            Ok(()) => Ok(true),
            Err(SendError::Closed | SendError::Full(_)) => Ok(false),
            Err(error) => Err(PyValueError::new_err(error.to_string())),
        }
    }

    /// Schedules the next ping. Returns whether that was new.
    fn schedule_ping(&self) -> bool {
        let mut state = self.lock();
        let new = state.core.schedule_ping(clock::now());
        let first = !mem::replace(&mut state.started, true);
        let ponged = mem::take(&mut state.ponged);
        new || first || ponged
    }

    /// Whether a ping is due now; it counts as sent then.
    fn take_ping(&self) -> bool {
        self.lock().core.take_ping(clock::ago(-0.01))
    }

    /// Whether the client has not answered a ping in time. The session has ended then.
    fn is_overdue(&self) -> bool {
        self.lock().core.is_overdue(clock::now())
    }

    /// A poll begins. Returns why it is refused, if it is.
    fn open_poll(&self) -> Option<Refusal> {
        self.lock().open_poll().err()
    }

    /// A poll begins. Returns what answers it, as the body of the reply or with an index as a call of JSONP, if it can
    /// be answered now; why it is refused, if it is; and else None, which leaves it to `take`, as is done where a packet
    /// was queued that encodes itself.
    fn begin_poll<'py>(&self, py: Python<'py>, jsonp: Option<u32>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let begun = self.lock().begin_poll();
        match begun {
            Err(refusal) => Ok(Some(Py::new(py, refusal)?.into_bound(py).into_any())),
            Ok(None) => Ok(None),
            Ok(Some((payload, _originals))) => Ok(Some(body(py, &payload, jsonp).into_any())),
        }
    }

    /// The poll that waits was not answered in time, or its client went away.
    fn abort_poll(&self) {
        let mut state = self.lock();
        if let Some(link) = state.poll.take() {
            state.core.handle_closed(clock::now(), link, Closed::Aborted);
        }
    }

    /// The packets that can leave now, by the WebSocket, the poll that waits, or else the handshake's reply. None
    /// if there is nothing yet; an empty list at the end. `for_poll` is for the poll that waits, and for nobody else.
    #[pyo3(signature = (for_poll=false))]
    fn take<'py>(&self, py: Python<'py>, for_poll: bool) -> PyResult<Option<Bound<'py, PyList>>> {
        let (taken, originals) = {
            let mut state = self.lock();
            let Some(taken) = state.take(for_poll) else { return Ok(None) };
            let originals = state.originals_of(&taken);
            (taken, originals)
        };
        self.packets(py, taken, originals).map(Some)
    }

    /// Why a request of the client is refused, by where the session stands; None if nothing speaks against it.
    fn objection(&self, websocket: bool) -> Option<Refusal> {
        let state = self.lock();
        let standing = if state.connected { Standing::On(state.core.transport()) } else { Standing::Opening };
        Refusal::by_standing(state.core.sid().as_str(), standing, websocket)
    }

    /// How many messages and other packets wait.
    fn queued(&self) -> usize {
        self.lock().core.progress().queued_packets
    }

    /// Whether something waits that an open poll or WebSocket is about to take.
    fn is_leaving(&self) -> bool {
        let state = self.lock();
        let link = state.poll.or_else(|| state.core.websocket());
        state.core.progress().queued_packets > 0 && link.is_some_and(|link| state.core.link_wants(link))
    }

    /// Lets the readers of the queue find its end, once.
    fn mark_end(&self) {
        self.lock().marker = true;
    }

    /// What was taken last by a WebSocket was written.
    fn sent(&self) {
        let mut state = self.lock();
        let upto = state.core.progress().taken;
        if let Some(link) = state.core.websocket() {
            state.core.handle_sent(link, upto);
        }
    }

    /// A POST begins. Returns why it is refused, if it is.
    #[pyo3(signature = (content_length=None, content_type=None, content_encoding=None))]
    fn open_post(
        &self,
        content_length: Option<u64>,
        content_type: Option<&str>,
        content_encoding: Option<&str>,
    ) -> Option<Refusal> {
        let head = post_head(content_length, content_type, content_encoding);
        let mut state = self.lock();
        match state.core.handle_link(clock::now(), Link::Post(head)) {
            Ok(link) => {
                state.post = Some(link);
                None
            }
            Err(refusal) => Some(state.told(refusal)),
        }
    }

    /// The body of the POST did not come in full, is too long or came too slowly; for the latter two, the refusal is
    /// returned.
    #[pyo3(signature = (too_large=false, *, too_slow=false))]
    fn abort_post(&self, too_large: bool, too_slow: bool) -> Option<Refusal> {
        let mut state = self.lock();
        let link = state.post.take()?;
        let limit = state.core.config().max_payload;
        let (how, refusal) = match (too_large, too_slow) {
            (true, _) => (Closed::TooLarge, Some(proto::Refusal::TooLarge { limit })),
            (_, true) => (Closed::Timeout, Some(proto::Refusal::Timeout)),
            (false, false) => (Closed::Aborted, None),
        };
        state.core.handle_closed(clock::now(), link, how);
        refusal.map(Refusal)
    }

    /// The body of the POST came. Returns its packets up to the first that is wrong, and why the POST is refused
    /// if there is such a one. The messages among them are events already; of the pongs, which say all the same, only
    /// the first is there.
    fn payload<'py>(
        &self,
        py: Python<'py>,
        body: &Bound<'py, PyBytes>,
    ) -> PyResult<(Bound<'py, PyList>, Option<Refusal>)> {
        let body = data::bytes_of(body);
        let refusal = {
            let mut state = self.lock();
            state.payload(body.clone()).map(|refusal| state.told(refusal))
        };
        let class = self.packet_class.bind(py);
        let packets = PyList::empty(py);
        for text in accepted_texts(&body, refusal.is_some()) {
            packets.append(from_text(class, &text)?)?;
        }
        Ok((packets, refusal))
    }

    /// The same without the packets, for those who need not see each. Returns whether the pong that was waited for is
    /// among them, and why the POST is refused if it is.
    fn accept(&self, body: &Bound<'_, PyBytes>) -> (bool, Option<Refusal>) {
        let mut state = self.lock();
        let ponged = mem::take(&mut state.ponged);
        let refusal = state.payload(data::bytes_of(body));
        let fresh = state.ponged;
        state.ponged |= ponged;
        (fresh, refusal.map(|refusal| state.told(refusal)))
    }

    /// Whether the POST waits for room behind what came before it.
    #[getter]
    fn post_waits(&self) -> bool {
        let state = self.lock();
        state.post.is_some_and(|link| !state.core.link_wants(link))
    }

    /// The answer to the POST can be sent, or was.
    fn close_post(&self) {
        let mut state = self.lock();
        if let Some(link) = state.post.take() {
            let _ = state.core.poll_transmit(link, 0);
        }
    }

    /// A WebSocket opens: as the session's transport if the session begins with it, else as the probe of an upgrade.
    /// Returns its number.
    fn open_websocket(&self) -> u32 {
        let mut state = self.lock();
        let link = if state.connected {
            // A hosted session that is open refuses no WebSocket: one of no use has ended already.
            match state.core.handle_link(clock::now(), Link::WebSocket) {
                Ok(link) => link,
                Err(_) => return 0,
            }
        } else {
            state.connected = true;
            state.core.begin_websocket()
        };
        link.number()
    }

    /// Whether that WebSocket is the session's transport.
    fn is_websocket(&self, link: u32) -> bool {
        self.lock().core.is_websocket(LinkId::from_number(link))
    }

    /// Whether that WebSocket has nothing more to say and is to be closed.
    fn is_over(&self, link: u32) -> bool {
        let state = self.lock();
        let link = LinkId::from_number(link);
        !state.core.is_websocket(link) && !state.core.is_probing(link)
    }

    /// A packet came over a WebSocket that probes. Returns what to answer, encoded, and whether it is still of use.
    fn probe<'py>(
        &self,
        py: Python<'py>,
        link: u32,
        packet: &Bound<'py, PyAny>,
    ) -> PyResult<(Vec<Bound<'py, PyString>>, bool)> {
        let packet = data::decode(&packet.call_method0(pyo3::intern!(py, "encode"))?)?;
        let (alive, answers) = self.lock().probe(LinkId::from_number(link), packet);
        let answers = answers.iter().map(|answer| PyString::from_bytes(py, &data::encode(answer)));
        Ok((answers.collect::<PyResult<_>>()?, alive))
    }

    /// That WebSocket received what is no packet, or too much.
    fn bad_frame(&self, link: u32, too_large: bool) {
        let code = if too_large { CloseCode::TOO_BIG } else { CloseCode::POLICY };
        self.lock().core.handle_bad_frame(clock::now(), LinkId::from_number(link), code);
    }

    /// Whether what came over that WebSocket is a packet; if not, it has failed.
    fn is_sound(&self, py: Python<'_>, link: u32, packet: &Bound<'_, PyAny>) -> PyResult<bool> {
        let encoded = packet.call_method0(pyo3::intern!(py, "encode"))?;
        let sound = data::decode(&encoded).is_ok();
        if !sound {
            self.bad_frame(link, false);
        }
        Ok(sound)
    }

    /// That WebSocket failed, with the code that its driver closed it with if the peer broke the rules.
    #[pyo3(signature = (link, code=None))]
    fn bad_frame_of(&self, link: u32, code: Option<u16>) {
        if let Some(code) = code.and_then(CloseCode::new) {
            self.lock().core.handle_bad_frame(clock::now(), LinkId::from_number(link), code);
        }
    }

    /// That WebSocket is no probe any more, unless it has become the session's transport.
    fn fail_probe(&self, link: u32) {
        let link = LinkId::from_number(link);
        let mut state = self.lock();
        if state.core.is_probing(link) {
            state.core.handle_closed(clock::now(), link, Closed::Eof);
        }
    }

    /// That WebSocket was closed, by whomever.
    fn close_websocket(&self, link: u32) {
        self.lock().core.handle_closed(clock::now(), LinkId::from_number(link), Closed::Eof);
    }

    /// The code to close the WebSocket with.
    #[getter]
    fn close_code(&self) -> u16 {
        self.lock().close_code.unwrap_or(CloseCode::NORMAL).get()
    }

    /// A packet of the client. Returns what it was: `message`, `pong`, `close` or `unexpected`.
    fn receive(&self, py: Python<'_>, packet: &Bound<'_, PyAny>) -> PyResult<&'static str> {
        let encoded = packet.call_method0(pyo3::intern!(py, "encode"))?;
        let Ok(packet) = data::decode(&encoded) else { return Ok(name(Received::Unexpected)) };
        let mut state = self.lock();
        let pinged = state.core.snapshot().pinged_at.is_some();
        let received = state.core.receive_packet(clock::now(), packet);
        state.ponged |= pinged && state.core.snapshot().pinged_at.is_none();
        Ok(name(received))
    }

    /// What a packet of a payload was that the session has seen already.
    #[staticmethod]
    fn classify(py: Python<'_>, packet: &Bound<'_, PyAny>) -> PyResult<&'static str> {
        let encoded = packet.call_method0(pyo3::intern!(py, "encode"))?;
        Ok(data::decode(&encoded).map_or(name(Received::Unexpected), |packet| name(Received::of(&packet))))
    }

    /// Ends the session, if it has not ended. `reason` is the name of a constant of `Server.reason`; `abort` leaves
    /// the client without a last packet.
    fn close(&self, reason: &str, abort: bool) {
        let mut state = self.lock();
        let reason = reason_of(reason);
        if abort && state.core.websocket().is_none() {
            state.core.abort(clock::now(), reason);
        } else {
            state.core.close(clock::now(), reason);
        }
    }

    /// Ends the session because the server stops: what is queued leaves, the client is told, and what it has sent is
    /// still delivered.
    fn leave(&self) {
        self.lock().core.leave(clock::now());
    }

    /// Whether the session is being ended by `leave` and is still read.
    #[getter]
    fn is_draining(&self) -> bool {
        self.lock().core.is_leaving()
    }

    /// Applies the deadlines that have come.
    fn handle_timeout(&self) {
        let mut state = self.lock();
        state.alarm = None;
        state.core.handle_timeout(clock::now());
    }

    /// The next deadline, in seconds from now; None if there is none.
    fn timeout(&self) -> Option<f64> {
        let deadline = self.lock().core.poll_timeout()?;
        Some(deadline.saturating_since(clock::now()).as_secs_f64())
    }

    /// The next deadline, in seconds from now, if it is earlier than the one that this returned last; None if there
    /// is nothing new. After `handle_timeout` every deadline is new.
    fn alarm(&self) -> Option<f64> {
        let mut state = self.lock();
        let deadline = state.new_deadline()?;
        state.alarm = Some(deadline);
        Some(deadline.saturating_since(clock::now()).as_secs_f64())
    }

    /// Whether there is nothing that a request has left to be told: no new deadline (see `alarm`), nothing to deliver,
    /// and no end.
    #[getter]
    fn is_settled(&self) -> bool {
        self.lock().is_settled()
    }

    /// Whether there is something to deliver.
    #[getter]
    fn has_events(&self) -> bool {
        self.lock().core.wants().events
    }

    /// Claims the delivery of events. False if somebody else is at it, or there are none.
    fn begin_delivery(&self) -> bool {
        let mut state = self.lock();
        let free = !state.delivering && state.core.wants().events;
        state.delivering |= free;
        free
    }

    /// The next event: `('message', data, weight)` or `('disconnect', name of the reason, 0)`. None ends the delivery. A
    /// message counts as handled when this is called again, or when `handled` is called with its weight if others may
    /// overtake it.
    #[pyo3(signature = (in_order=true))]
    fn next_event<'py>(
        &self,
        py: Python<'py>,
        in_order: bool,
    ) -> PyResult<Option<(&'static str, Bound<'py, PyAny>, usize)>> {
        let event = self.lock().next_event();
        match event {
            Some(Event::Message(message)) => {
                let (data, weight) = self.deliver(py, &message, in_order)?;
                Ok(Some(("message", data, weight)))
            }
            Some(Event::Closed(end)) => {
                Ok(Some(("disconnect", PyString::new(py, reason_name(end.reason)).into_any(), 0)))
            }
            Some(Event::Upgraded | Event::Drained) | None => Ok(None),
        }
    }

    /// The delivery stops, whatever is left.
    fn end_delivery(&self) {
        let mut state = self.lock();
        state.delivering = false;
        state.finish_handling(clock::now());
    }

    /// What came over the WebSocket that is the session's transport: `(data, weight)` for a message that is to be
    /// handled, `pong`, or another word for all that needs no answer by itself. With `in_order` nobody else delivers
    /// until `settle` is called for the message, and `handled` is called with its weight otherwise. More than `limit`
    /// bytes, and what is no packet, end the session.
    fn feed<'py>(
        &self,
        py: Python<'py>,
        link: u32,
        data: &Bound<'py, PyAny>,
        limit: usize,
        in_order: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let received = data::frame(data, limit)?;
        let fed = self.lock().feed(LinkId::from_number(link), received, in_order);
        match fed {
            Fed::Message(message) => Ok(self.deliver(py, &message, in_order)?.into_pyobject(py)?.into_any()),
            Fed::Pong => Ok(pyo3::intern!(py, "pong").clone().into_any()),
            Fed::Other => Ok(pyo3::intern!(py, "other").clone().into_any()),
        }
    }

    /// The message that was fed in order was handled. Returns whether more is to be delivered; if not, others may
    /// deliver.
    fn settle(&self) -> bool {
        self.lock().settle()
    }

    /// A message of this weight was handled that others could overtake.
    fn handled(&self, weight: usize) {
        self.lock().core.handle_handled(clock::now(), Load { messages: 1, bytes: weight });
    }

    /// Whether so much waits or is being handled that no more is to be read.
    #[getter]
    fn reading_paused(&self) -> bool {
        self.lock().core.wants().reading_paused
    }

    /// Whether so much is being handled that no other message is to be delivered.
    #[getter]
    fn hands_full(&self) -> bool {
        self.lock().core.hands_full()
    }

    /// Queues a message if nothing speaks against it: text or bytes for a session whose time is not over. False
    /// leaves all of it to `send`, which tells what there is to be told.
    fn post(&self, data: &Bound<'_, PyAny>) -> bool {
        data::message(data).is_some_and(|message| self.lock().post(data, message))
    }

    /// What that WebSocket can send now, as `str` and `bytes`; None if there is nothing, and an empty list if it is to
    /// be closed. All that was taken before counts as written.
    fn frames<'py>(&self, py: Python<'py>, link: u32) -> PyResult<Option<Bound<'py, PyList>>> {
        let mut taken = VecDeque::new();
        let originals = {
            let mut state = self.lock();
            let link = LinkId::from_number(link);
            let written = state.core.progress().taken;
            state.core.handle_sent(link, written);
            let over = state.take_for_websocket(link, &mut taken);
            if taken.is_empty() {
                return Ok(over.then(|| PyList::empty(py)));
            }
            state.originals_of(&taken)
        };
        let mut originals = originals.into_iter();
        let list = PyList::empty(py);
        for packet in taken {
            let original = if packet.is_message() { originals.next() } else { None };
            match original {
                Some(original) => list.append(original.frame(py, &packet)?)?,
                None => list.append(data::text_frame(py, &packet)?)?,
            }
        }
        Ok(Some(list))
    }

    /// Whether `frames` has something to say for that WebSocket.
    fn has_frames(&self, link: u32) -> bool {
        self.lock().has_something_for_websocket(LinkId::from_number(link))
    }

    /// Whether the session is over and may be forgotten.
    #[getter]
    fn finished(&self) -> bool {
        self.lock().core.wants().finished
    }

    #[getter]
    fn get_connected(&self) -> bool {
        self.lock().connected
    }

    #[setter]
    fn set_connected(&self, connected: bool) {
        self.lock().connected = connected;
    }

    #[getter]
    fn get_upgrading(&self) -> bool {
        self.lock().core.snapshot().upgrading
    }

    #[setter]
    fn set_upgrading(&self, upgrading: bool) {
        self.lock().restore(|snapshot| snapshot.upgrading = upgrading);
    }

    #[getter]
    fn get_upgraded(&self) -> bool {
        self.lock().core.transport() == Transport::WebSocket
    }

    #[setter]
    fn set_upgraded(&self, upgraded: bool) {
        let transport = if upgraded { Transport::WebSocket } else { Transport::Polling };
        self.lock().restore(|snapshot| snapshot.transport = transport);
    }

    #[getter]
    fn get_closing(&self) -> bool {
        !self.lock().core.is_alive()
    }

    #[setter]
    fn set_closing(&self, closing: bool) {
        self.lock().restore(|snapshot| snapshot.ended = closing);
    }

    #[getter]
    fn get_closed(&self) -> bool {
        self.lock().closed
    }

    #[setter]
    fn set_closed(&self, closed: bool) {
        let mut state = self.lock();
        state.closed = closed;
        state.restore(|snapshot| snapshot.ended |= closed);
    }

    /// Seconds since the ping that waits for its pong; None if none does.
    #[getter]
    fn get_ping_age(&self) -> Option<f64> {
        let state = self.lock();
        let since = if state.started { state.core.snapshot().pinged_at? } else { state.created };
        Some(clock::now().saturating_since(since).as_secs_f64())
    }

    #[setter]
    fn set_ping_age(&self, age: Option<f64>) {
        let mut state = self.lock();
        state.started = true;
        state.restore(|snapshot| snapshot.pinged_at = age.map(clock::ago));
    }
}

impl Session {
    fn lock(&self) -> MutexGuard<'_, State> {
        // The core does not panic; if it did, its state would still be one of its states.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message as a Python object and how many bytes it counts as until it is handled.
    fn deliver<'py>(
        &self,
        py: Python<'py>,
        message: &Message,
        in_order: bool,
    ) -> PyResult<(Bound<'py, PyAny>, usize)> {
        let data = self.data(py, message)?;
        let load = load_of(message, &data);
        self.lock().delivered(message, load, in_order);
        Ok((data, load.bytes))
    }

    fn data<'py>(&self, py: Python<'py>, message: &Message) -> PyResult<Bound<'py, PyAny>> {
        if self.parse_json {
            data::parsed(self.packet_class.bind(py), message)
        } else {
            Ok(data::raw(py, message))
        }
    }

    /// Packets as Python objects: those that were sent from here as they were sent.
    fn packets<'py>(
        &self,
        py: Python<'py>,
        taken: VecDeque<Outgoing>,
        originals: Vec<Original>,
    ) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        let class = self.packet_class.bind(py);
        let mut originals = originals.into_iter();
        for packet in taken {
            let original = if packet.is_message() { originals.next() } else { None };
            match original {
                Some(Original::Packet(packet)) => list.append(packet)?,
                Some(Original::Data(data)) => list.append(message_packet(class, data)?)?,
                None => list.append(from_text(class, &data::encode(&packet))?)?,
            }
        }
        Ok(list)
    }
}

/// The body of the reply to a poll; with an index as the call of a JSONP callback.
fn body<'py>(py: Python<'py>, payload: &[u8], jsonp: Option<u32>) -> Bound<'py, PyBytes> {
    match jsonp {
        None => PyBytes::new(py, payload),
        Some(index) => PyBytes::new(py, jsonp_call(index, &String::from_utf8_lossy(payload)).as_bytes()),
    }
}

/// A packet as an instance of the class, from its text form.
fn from_text<'py>(class: &Bound<'py, PyAny>, text: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    class.call1((0, py.None(), PyString::from_bytes(py, text)?))
}

/// A message as an instance of the class.
fn message_packet<'py>(class: &Bound<'py, PyAny>, data: Py<PyAny>) -> PyResult<Bound<'py, PyAny>> {
    class.call1((crate::packet::MESSAGE, data))
}

/// Seconds as Python gives them.
pub(crate) fn duration(seconds: f64, option: &str) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        PyValueError::new_err(format!("{option} is {seconds}; expected a number of seconds, zero or more"))
    })
}

const fn name(received: Received) -> &'static str {
    match received {
        Received::Message => "message",
        Received::Pong => "pong",
        Received::Close => "close",
        Received::Unexpected => "unexpected",
    }
}

/// The constants of `Server.reason`.
const REASONS: [(&str, DisconnectReason); 5] = [
    ("SERVER_DISCONNECT", DisconnectReason::ServerDisconnect),
    ("CLIENT_DISCONNECT", DisconnectReason::ClientDisconnect),
    ("PING_TIMEOUT", DisconnectReason::PingTimeout),
    ("TRANSPORT_CLOSE", DisconnectReason::TransportClose),
    ("TRANSPORT_ERROR", DisconnectReason::TransportError),
];

fn reason_of(name: &str) -> DisconnectReason {
    let found = REASONS.iter().find(|(known, _)| *known == name);
    found.map_or(DisconnectReason::ServerDisconnect, |(_, reason)| *reason)
}

fn reason_name(reason: DisconnectReason) -> &'static str {
    let found = REASONS.iter().find(|(_, known)| known.as_python_str() == reason.as_python_str());
    found.map_or("SERVER_DISCONNECT", |(name, _)| *name)
}
