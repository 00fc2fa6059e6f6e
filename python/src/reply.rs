//! HTTP replies as Python dictionaries.

use engineio_proto::Reply;
use http::header::{CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

/// `{'status': '200 OK', 'headers': [...], 'response': b'...'}`.
pub(crate) fn reply_dict<'py>(py: Python<'py>, reply: &Reply) -> PyResult<Bound<'py, PyDict>> {
    let mut headers = HeaderMap::new();
    reply.write_headers(&mut headers);
    let dict = PyDict::new(py);
    dict.set_item(intern!(py, "status"), format!("{} {}", reply.status.as_u16(), reply.phrase))?;
    dict.set_item(intern!(py, "headers"), header_list(py, &headers)?)?;
    dict.set_item(intern!(py, "response"), PyBytes::new(py, &reply.body))?;
    Ok(dict)
}

/// The header fields as a list of pairs.
pub(crate) fn header_list<'py>(py: Python<'py>, headers: &HeaderMap) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for (name, value) in headers {
        list.append((title_case(py, name), text(py, value)))?;
    }
    Ok(list)
}

/// `content-type` as `Content-Type`: some readers of the list compare names exactly.
fn title_case<'py>(py: Python<'py>, name: &HeaderName) -> Bound<'py, PyString> {
    // What stands in nearly every reply need not be made anew.
    match *name {
        CONTENT_TYPE => return intern!(py, "Content-Type").clone(),
        VARY => return intern!(py, "Vary").clone(),
        _ => {}
    }
    let words = name.as_str().split('-').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or(("", word));
        first.to_ascii_uppercase() + rest
    });
    PyString::new(py, &words.collect::<Vec<_>>().join("-"))
}

/// WSGI wants the bytes of a value as the first 256 characters.
fn text<'py>(py: Python<'py>, value: &HeaderValue) -> Bound<'py, PyString> {
    match value.to_str() {
        Ok(ascii) => PyString::new(py, ascii),
        Err(_) => PyString::new(py, &value.as_bytes().iter().copied().map(char::from).collect::<String>()),
    }
}
