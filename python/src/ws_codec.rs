//! `WsCodec`: WebSocket frames without I/O, for sockets that Python holds.

use std::borrow::Cow;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Buf;
use engineio_proto::edge::{check_handshake, offered_protocols};
use engineio_proto::ws::{
    CloseCode, CloseFrame, Data, Decoder, FrameError, FrameHeader, Item, Limits, MAX_HEADER, MessageKind,
    OpCode, Role, Scratch, WriteBatch, accept_key, apply_mask,
};
use http::header::SEC_WEBSOCKET_PROTOCOL;
use http::{HeaderMap, HeaderValue};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

use crate::gate::header_map;
use crate::refusal::Refusal;

/// What stands for "the close frame had no code" (RFC 6455, section 7.1.5).
const NO_CODE: u16 = 1005;

/// The sans-IO WebSocket codec: bytes that were read in, messages out; messages in, bytes to be written out.
///
/// Safe to use from several threads at once.
#[pyclass(frozen, module = "engineio_rs._core")]
#[derive(Debug)]
pub(crate) struct WsCodec {
    role: Role,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    decoder: Decoder,
    limits: Limits,
    /// Control frames that answer the peer's.
    output: Vec<u8>,
    /// Data of the last ping, which is the only one that has to be answered.
    ping: Option<Box<[u8]>>,
    end: Option<End>,
    close_sent: bool,
}

/// Why nothing more comes in.
#[derive(Debug)]
enum End {
    Closed(Option<CloseFrame>),
    Failed(CloseCode, Cow<'static, str>),
}

#[pymethods]
impl WsCodec {
    #[new]
    #[pyo3(signature = (role="server", *, max_message_size=1_000_000, max_fragments=1024))]
    fn new(role: &str, max_message_size: usize, max_fragments: u32) -> PyResult<Self> {
        let role = parse_role(role)?;
        let limits = Limits { max_message: max_message_size, max_fragments };
        Ok(Self { role, state: Mutex::new(State::new(role, limits)) })
    }

    /// The value of `Sec-WebSocket-Accept` that answers a client's `Sec-WebSocket-Key`.
    #[staticmethod]
    fn accept_key(key: &str) -> String {
        accept_key(key.as_bytes())
    }

    /// The subprotocol to agree on: the first that is offered in `Sec-WebSocket-Protocol`, if any.
    #[staticmethod]
    #[pyo3(signature = (offered=None))]
    fn choose_protocol(offered: Option<&str>) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_str(offered?).ok()?);
        offered_protocols(&headers).next().map(str::to_owned)
    }

    /// Why a handshake, given as a WSGI environment, is not valid; `None` if it is.
    #[staticmethod]
    fn refusal(environ: &Bound<'_, PyDict>) -> PyResult<Option<Refusal>> {
        Ok(check_handshake(&header_map(environ)?).err().map(Refusal))
    }

    /// The response that accepts a handshake, for a driver that owns the socket.
    ///
    /// `headers` are further fields, whose values must be valid.
    #[staticmethod]
    #[pyo3(signature = (key, offered=None, headers=Vec::new()))]
    fn handshake_response<'py>(
        py: Python<'py>,
        key: &str,
        offered: Option<&str>,
        headers: Vec<(String, String)>,
    ) -> Bound<'py, PyBytes> {
        let accept = Self::accept_key(key);
        let mut response = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n"
        );
        let protocol = Self::choose_protocol(offered).map(|it| ("Sec-WebSocket-Protocol".to_owned(), it));
        for (name, value) in protocol.into_iter().chain(headers) {
            response.extend([&name, ": ", &value, "\r\n"]);
        }
        response.push_str("\r\n");
        PyBytes::new(py, response.as_bytes())
    }

    /// Takes bytes that were read, cut anywhere, and returns the messages that they complete.
    ///
    /// What the peer has to be answered (a pong, a close frame) waits in `take_output()`. After a close frame or a
    /// broken one, bytes are discarded: see `ended`.
    fn receive<'py>(&self, py: Python<'py>, data: Cow<'_, [u8]>) -> PyResult<Bound<'py, PyList>> {
        let messages = PyList::empty(py);
        let mask = self.mask()?;
        let mut state = self.state();
        state.receive(&mut data.into_owned(), &messages)?;
        state.answer(mask);
        Ok(messages)
    }

    /// Takes the control frames that are to be written.
    fn take_output<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let output = mem::take(&mut self.state().output);
        PyBytes::new(py, &output)
    }

    /// The frame of a message: text of a `str`, binary of `bytes`.
    fn frame<'py>(&self, py: Python<'py>, message: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        join(py, &[self.message(message)?])
    }

    /// The frames of several messages, one behind the other.
    fn frames<'py>(&self, py: Python<'py>, messages: &Bound<'py, PyList>) -> PyResult<Bound<'py, PyBytes>> {
        let messages: Vec<_> = messages.iter().collect();
        let frames: PyResult<Vec<_>> = messages.iter().map(|message| self.message(message)).collect();
        join(py, &frames?)
    }

    /// A ping frame, with at most 125 bytes of data; more is cut off.
    #[pyo3(signature = (data=b"".as_slice().into()))]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "what is borrowed from Python is extracted as an owner"
    )]
    fn ping<'py>(&self, py: Python<'py>, data: Cow<'_, [u8]>) -> PyResult<Bound<'py, PyBytes>> {
        let mask = self.mask()?;
        Ok(PyBytes::new(py, &control(|batch| batch.ping(&data, mask))))
    }

    /// The close frame to send; nothing if one was sent already. What does not fit of the reason is cut off.
    #[pyo3(signature = (code=1000, reason=""))]
    fn close<'py>(&self, py: Python<'py>, code: u16, reason: &str) -> PyResult<Bound<'py, PyBytes>> {
        let code = CloseCode::new(code).ok_or_else(|| {
            let expected = "1000 to 1003, 1007 to 1014, or 3000 to 4999";
            PyValueError::new_err(format!("{code} must not be sent in a close frame: use {expected}"))
        })?;
        let mask = self.mask()?;
        let mut state = self.state();
        if mem::replace(&mut state.close_sent, true) {
            return Ok(PyBytes::new(py, b""));
        }
        Ok(PyBytes::new(py, &control(|batch| batch.close(code, reason, mask))))
    }

    /// The longest message that is taken, in bytes; can be changed at any time.
    #[getter]
    fn max_message_size(&self) -> usize {
        self.state().limits.max_message
    }

    #[setter]
    fn set_max_message_size(&self, size: usize) {
        let mut state = self.state();
        state.limits.max_message = size;
        let limits = state.limits;
        state.decoder.set_limits(limits);
    }

    /// Whether nothing more comes in: the peer closed, or broke a rule.
    #[getter]
    fn ended(&self) -> bool {
        self.state().end.is_some()
    }

    /// Whether a close frame is on its way to the peer, after which nothing may be sent.
    #[getter]
    fn close_sent(&self) -> bool {
        self.state().close_sent
    }

    /// The code of the peer's close frame, 1005 if there was none in it; `None` before that frame.
    #[getter]
    fn close_code(&self) -> Option<u16> {
        match &self.state().end {
            Some(End::Closed(frame)) => Some(frame.as_ref().map_or(NO_CODE, |frame| frame.code.get())),
            _ => None,
        }
    }

    /// The reason in the peer's close frame.
    #[getter]
    fn close_reason(&self) -> String {
        match &self.state().end {
            Some(End::Closed(Some(frame))) => frame.reason.to_string(),
            _ => String::new(),
        }
    }

    /// The code of the close frame that answers a broken rule, and which rule it was; `None` while all is well.
    #[getter]
    fn error(&self) -> Option<(u16, String)> {
        match &self.state().end {
            Some(End::Failed(code, rule)) => Some((code.get(), rule.to_string())),
            _ => None,
        }
    }

    fn __repr__(&self) -> String {
        format!("<WsCodec {}>", if self.role == Role::Server { "server" } else { "client" })
    }
}

impl WsCodec {
    /// While this is held, no Python code runs: making strings, bytes and lists of them calls none.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message in one frame.
    fn message<'a>(&self, message: &'a Bound<'_, PyAny>) -> PyResult<Frame<'a>> {
        let (opcode, data) = match message.cast::<PyString>() {
            Ok(text) => (OpCode::Text, Cow::Borrowed(text.to_str()?.as_bytes())),
            Err(_) => (OpCode::Binary, message.extract()?),
        };
        Ok(Frame::new(opcode, data, self.mask()?))
    }

    /// A new mask, where the role asks for one.
    fn mask(&self) -> PyResult<Option<[u8; 4]>> {
        if self.role == Role::Server {
            return Ok(None);
        }
        let mut mask = [0; 4];
        match getrandom::fill(&mut mask) {
            Ok(()) => Ok(Some(mask)),
            Err(error) => Err(PyOSError::new_err(format!("the system has no random bytes: {error}"))),
        }
    }
}

impl State {
    fn new(role: Role, limits: Limits) -> Self {
        Self {
            decoder: Decoder::new(role, limits),
            limits,
            output: Vec::new(),
            ping: None,
            end: None,
            close_sent: false,
        }
    }

    /// Decodes the bytes of one read, up to the first that is bad or closes.
    fn receive(&mut self, mut bytes: &mut [u8], messages: &Bound<'_, PyList>) -> PyResult<()> {
        while !bytes.is_empty() && self.end.is_none() {
            let consumed = match self.decoder.decode(bytes) {
                Ok(step) => {
                    let consumed = step.consumed;
                    if let Some(item) = step.item {
                        take(item, messages, &mut self.ping, &mut self.end)?;
                    }
                    consumed
                }
                Err(error) => {
                    self.end = Some(error.into());
                    return Ok(());
                }
            };
            bytes = mem::take(&mut bytes).get_mut(consumed..).unwrap_or_default();
        }
        Ok(())
    }

    /// Queues what the peer has to be told after a read.
    fn answer(&mut self, mask: Option<[u8; 4]>) {
        if self.close_sent {
            return;
        }
        if let Some(data) = self.ping.take() {
            self.output.extend_from_slice(&control(|batch| batch.pong(&data, mask)));
        }
        if let Some(end) = &self.end {
            let (code, reason) = end.answer();
            self.output.extend_from_slice(&control(|batch| batch.close(code, reason, mask)));
            self.close_sent = true;
        }
    }
}

impl End {
    /// What the close frame says that answers it.
    fn answer(&self) -> (CloseCode, &str) {
        match self {
            Self::Closed(frame) => (frame.as_ref().map_or(CloseCode::NORMAL, |frame| frame.code), ""),
            Self::Failed(code, rule) => (*code, rule),
        }
    }
}

impl From<FrameError> for End {
    fn from(error: FrameError) -> Self {
        Self::Failed(error.close_code(), error.to_string().into())
    }
}

/// Takes an item in. Making strings and bytes runs no code of others.
fn take(
    item: Item<'_>,
    messages: &Bound<'_, PyList>,
    ping: &mut Option<Box<[u8]>>,
    end: &mut Option<End>,
) -> PyResult<()> {
    match item {
        Item::Message(MessageKind::Text, data) => return take_text(&data, messages, end),
        Item::Message(MessageKind::Binary, data) => {
            return messages.append(PyBytes::new(messages.py(), &data));
        }
        Item::Ping(data) => *ping = Some(Box::from(&data[..])),
        Item::Pong(_) => {}
        Item::Close(frame) => *end = Some(End::Closed(frame)),
    }
    Ok(())
}

fn take_text(data: &Data<'_>, messages: &Bound<'_, PyList>, end: &mut Option<End>) -> PyResult<()> {
    if let Ok(text) = std::str::from_utf8(data) {
        return messages.append(PyString::new(messages.py(), text));
    }
    *end = Some(End::Failed(CloseCode::INVALID_DATA, "text that is not UTF-8".into()));
    Ok(())
}

fn parse_role(role: &str) -> PyResult<Role> {
    match role {
        "server" => Ok(Role::Server),
        "client" => Ok(Role::Client),
        _ => Err(PyValueError::new_err(format!("role is 'server' or 'client', not {role:?}"))),
    }
}

/// The bytes of control frames.
fn control(write: impl FnOnce(&mut WriteBatch<'_>)) -> Vec<u8> {
    let mut scratch = Scratch::default();
    let mut batch = WriteBatch::new(&mut scratch);
    write(&mut batch);
    batch.copy_to_bytes(batch.len()).into()
}

/// A frame that is about to be written.
struct Frame<'a> {
    header: ([u8; MAX_HEADER], usize),
    data: Cow<'a, [u8]>,
    mask: Option<[u8; 4]>,
}

impl<'a> Frame<'a> {
    fn new(opcode: OpCode, data: Cow<'a, [u8]>, mask: Option<[u8; 4]>) -> Self {
        let mut header = [0; MAX_HEADER];
        let mut room = &mut header[..];
        FrameHeader { opcode, fin: true, len: data.len(), mask }.encode(&mut room);
        let len = MAX_HEADER - room.len();
        Self { header: (header, len), data, mask }
    }

    fn len(&self) -> usize {
        self.header.1 + self.data.len()
    }

    /// Writes it to the beginning of `out`, and returns what is left of that.
    fn write<'o>(&self, out: &'o mut [u8]) -> &'o mut [u8] {
        let (header, len) = &self.header;
        let (head, rest) = out.split_at_mut(*len);
        for (place, byte) in head.iter_mut().zip(header) {
            *place = *byte;
        }
        let (body, rest) = rest.split_at_mut(self.data.len());
        body.copy_from_slice(&self.data);
        if let Some(key) = self.mask {
            apply_mask(body, key, 0);
        }
        rest
    }
}

/// Frames one behind the other, each copied once.
fn join<'py>(py: Python<'py>, frames: &[Frame<'_>]) -> PyResult<Bound<'py, PyBytes>> {
    PyBytes::new_with(py, frames.iter().map(Frame::len).sum(), |out| {
        frames.iter().fold(out, |room, frame| frame.write(room));
        Ok(())
    })
}
