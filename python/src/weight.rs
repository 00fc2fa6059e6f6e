//! How much memory a message takes once it is a Python object.

use engineio_proto::{Load, Message};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

/// Longer text is asked for its size: a single wide character makes all of them take four bytes.
const SHORT: usize = 1024;

/// What the marks of JSON stand for, in bytes: a little more than they take in `CPython` on 64 bits.
const ARRAY: usize = 96;
const OBJECT: usize = 240;
const ITEM: usize = 40;
const QUOTE: usize = 28;

/// What a message adds to what is in hand, having become `data`.
pub(crate) fn load_of(message: &Message, data: &Bound<'_, PyAny>) -> Load {
    Load { messages: 1, bytes: bytes_of(message, data).max(message.len()) }
}

fn bytes_of(message: &Message, data: &Bound<'_, PyAny>) -> usize {
    match message {
        Message::Text(text) if data.is_instance_of::<PyString>() => size_of_text(text, data),
        Message::Text(text) if !data.is_instance_of::<PyBytes>() => size_of_json(text),
        Message::Text(_) | Message::Binary(_) => message.len(),
    }
}

fn size_of_text(text: &str, data: &Bound<'_, PyAny>) -> usize {
    if text.len() < SHORT || text.is_ascii() {
        return text.len();
    }
    let size = data.call_method0(intern!(data.py(), "__sizeof__"));
    size.and_then(|size| size.extract()).unwrap_or(text.len() * 4)
}

/// An estimate: how large the objects are that the text was decoded to.
fn size_of_json(text: &str) -> usize {
    let marks = text.bytes().map(|byte| match byte {
        b'[' => ARRAY,
        b'{' => OBJECT,
        b',' => ITEM,
        b'"' => QUOTE,
        _ => 1,
    });
    marks.fold(0, usize::saturating_add)
}
