//! Application data between Python objects and the core.

use bytes::Bytes;
use engineio_proto::{Message, Outgoing, Packet};
use pyo3::exceptions::{PyRecursionError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBytes, PyString};

use crate::state::Frame;

/// From here on it is cheaper to share the memory of the Python object than to copy it.
const SHARE: usize = 1024;

/// The bytes of a Python string.
pub(crate) fn text_bytes(text: &Bound<'_, PyString>) -> PyResult<Bytes> {
    let text = PyBackedStr::try_from(text.clone())?;
    Ok(if text.len() < SHARE {
        Bytes::copy_from_slice(text.as_bytes())
    } else {
        Bytes::from_owner(Backed(text))
    })
}

struct Backed(PyBackedStr);

impl AsRef<[u8]> for Backed {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The form of a packet that a payload carries, and, but for binary messages, a WebSocket.
pub(crate) fn encode(packet: &Outgoing) -> Vec<u8> {
    let mut text = Vec::with_capacity(packet.payload_len());
    packet.encode_payload(&mut text);
    text
}

/// The bytes of a Python `bytes`.
pub(crate) fn bytes_of(data: &Bound<'_, PyBytes>) -> Bytes {
    if data.as_bytes().len() < SHARE {
        Bytes::copy_from_slice(data.as_bytes())
    } else {
        Bytes::from_owner(PyBackedBytes::from(data.clone()))
    }
}

/// The packet that an encoded one (str or bytes, as on a WebSocket) stands for.
pub(crate) fn decode(encoded: &Bound<'_, PyAny>) -> PyResult<Packet> {
    if let Ok(data) = encoded.cast::<PyBytes>() {
        return Ok(Packet::binary(bytes_of(data)));
    }
    let text = encoded.cast::<PyString>()?;
    Packet::decode(text_bytes(text)?).map_err(|error| PyValueError::new_err(error.to_string()))
}

/// What came over a WebSocket, as `str` or `bytes`.
pub(crate) fn frame(data: &Bound<'_, PyAny>, limit: usize) -> PyResult<Frame> {
    let packet = if let Ok(data) = data.cast::<PyBytes>() {
        if data.as_bytes().len() > limit {
            return Ok(Frame::TooLarge);
        }
        Ok(Packet::binary(bytes_of(data)))
    } else {
        let text = text_bytes(data.cast::<PyString>()?)?;
        if text.len() > limit {
            return Ok(Frame::TooLarge);
        }
        Packet::decode(text)
    };
    Ok(packet.map_or(Frame::Broken, Frame::Packet))
}

/// The message that `str` or `bytes` are.
pub(crate) fn message(data: &Bound<'_, PyAny>) -> Option<Message> {
    if let Ok(data) = data.cast::<PyBytes>() {
        return Some(Message::Binary(bytes_of(data)));
    }
    Some(data.cast::<PyString>().ok()?.to_str().ok()?.into())
}

/// What goes over a WebSocket for any packet but a binary message.
pub(crate) fn text_frame<'py>(py: Python<'py>, packet: &Outgoing) -> PyResult<Bound<'py, PyString>> {
    PyString::from_bytes(py, &encode(packet))
}

/// A message as a Python object; text stays text.
pub(crate) fn raw<'py>(py: Python<'py>, message: &Message) -> Bound<'py, PyAny> {
    match message {
        Message::Text(text) => PyString::new(py, text).into_any(),
        Message::Binary(data) => PyBytes::new(py, data).into_any(),
    }
}

/// A message as python-engineio hands it to handlers: text that is JSON becomes what it stands for.
pub(crate) fn parsed<'py>(
    packet_class: &Bound<'py, PyAny>,
    message: &Message,
) -> PyResult<Bound<'py, PyAny>> {
    match message {
        Message::Text(text) => from_json(packet_class, text),
        Message::Binary(data) => Ok(PyBytes::new(packet_class.py(), data).into_any()),
    }
}

/// What a text stands for: JSON, by the `json` of the packet class, or itself.
///
/// Numbers stay text: who sends `1` expects `'1'`.
pub(crate) fn from_json<'py>(packet_class: &Bound<'py, PyAny>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    let py = packet_class.py();
    let itself = || PyString::new(py, text).into_any();
    if is_number(text) {
        return Ok(itself());
    }
    let json = packet_class.getattr(intern!(py, "json"))?;
    if is_default(&json) && !could_be_json(text) {
        return Ok(itself());
    }
    match json.call_method1(intern!(py, "loads"), (text,)) {
        Ok(data) => Ok(data),
        Err(error)
            if error.is_instance_of::<PyValueError>(py) || error.is_instance_of::<PyRecursionError>(py) =>
        {
            Ok(itself())
        }
        Err(error) => Err(error),
    }
}

/// Whether it is the package's own module, of which we know what it takes.
fn is_default(json: &Bound<'_, PyAny>) -> bool {
    json.getattr(intern!(json.py(), "__engineio_default__")).is_ok()
}

fn is_number(text: &str) -> bool {
    text.trim_start().starts_with(|first: char| first == '-' || first.is_numeric())
}

/// Whether the first character allows for JSON, of the kind that Python reads: `NaN` and `Infinity` are.
fn could_be_json(text: &str) -> bool {
    let first = text.trim_start_matches([' ', '\t', '\n', '\r']).bytes().next();
    matches!(first, Some(b'{' | b'[' | b'"' | b't' | b'f' | b'n' | b'N' | b'I'))
}
