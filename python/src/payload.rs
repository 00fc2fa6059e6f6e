//! Polling payloads, for Python's `Payload`.

use engineio_proto::SEPARATOR;
use engineio_proto::edge;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

/// Joins packets in text form; with an index as the call of a JSONP callback.
#[pyfunction]
#[pyo3(signature = (packets, jsonp_index=None))]
pub(crate) fn join_payload<'py>(
    packets: &Bound<'py, PyList>,
    jsonp_index: Option<u32>,
) -> PyResult<Bound<'py, PyString>> {
    let mut payload = String::new();
    for (at, packet) in packets.iter().enumerate() {
        if at > 0 {
            payload.push(char::from(SEPARATOR));
        }
        payload.push_str(&packet.cast::<PyString>()?.to_cow()?);
    }
    let payload = jsonp_index.map_or_else(|| payload.clone(), |index| edge::jsonp_call(index, &payload));
    Ok(PyString::new(packets.py(), &payload))
}

/// Splits a payload into packets in text form; one that begins with `d=` is a form of JSONP.
///
/// Raises `ValueError` for more packets than `max_packets`. An empty payload has no packets.
#[pyfunction]
pub(crate) fn split_payload<'py>(
    payload: &Bound<'py, PyString>,
    max_packets: usize,
) -> PyResult<Bound<'py, PyList>> {
    let text = payload.to_cow()?;
    let form = if text.starts_with("d=") { edge::form_data(&text) } else { None };
    let text = form.as_deref().unwrap_or(&text);
    let packets: Vec<&str> =
        if text.is_empty() { Vec::new() } else { text.split(char::from(SEPARATOR)).collect() };
    if packets.len() > max_packets {
        return Err(PyValueError::new_err("Too many packets in payload"));
    }
    PyList::new(payload.py(), packets)
}

/// The payload in the form that a JSONP client posts; None if there is no `d`.
#[pyfunction]
pub(crate) fn form_data(body: &[u8]) -> Option<Vec<u8>> {
    edge::form_data(std::str::from_utf8(body).ok()?).map(String::into_bytes)
}
