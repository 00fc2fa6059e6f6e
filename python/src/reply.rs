//! HTTP replies as Python dictionaries.

use engineio_proto::Reply;
use http::header::{ACCESS_CONTROL_ALLOW_CREDENTIALS, VARY};
use http::{HeaderMap, HeaderName, HeaderValue};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

/// `{'status': '200 OK', 'headers': [...], 'response': b'...'}`.
pub(crate) fn reply_dict<'py>(py: Python<'py>, reply: &Reply) -> PyResult<Bound<'py, PyDict>> {
    Parts::of(py, reply)?.dict(py, None)
}

/// A reply that is always the same, but for its body perhaps, whose objects are made once.
pub(crate) struct Constant {
    make: fn() -> Reply,
    parts: PyOnceLock<Parts>,
}

impl Constant {
    pub(crate) const fn new(make: fn() -> Reply) -> Self {
        Self { make, parts: PyOnceLock::new() }
    }

    /// The reply, with another body if there is one.
    pub(crate) fn dict<'py>(
        &self,
        py: Python<'py>,
        body: Option<&Bound<'py, PyBytes>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        self.parts.get_or_try_init(py, || Parts::of(py, &(self.make)()))?.dict(py, body)
    }
}

/// What a reply consists of.
struct Parts {
    status: Py<PyString>,
    fields: Vec<Py<PyTuple>>,
    body: Py<PyBytes>,
}

impl Parts {
    fn of(py: Python<'_>, reply: &Reply) -> PyResult<Self> {
        let mut headers = HeaderMap::new();
        reply.write_headers(&mut headers);
        let fields = headers.iter().map(|(name, value)| pair(py, name, value).map(Bound::unbind));
        Ok(Self {
            status: PyString::new(py, &format!("{} {}", reply.status.as_u16(), reply.phrase)).unbind(),
            fields: fields.collect::<PyResult<_>>()?,
            body: PyBytes::new(py, &reply.body).unbind(),
        })
    }

    /// A dictionary and a list of their own: others write into them.
    fn dict<'py>(&self, py: Python<'py>, body: Option<&Bound<'py, PyBytes>>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item(intern!(py, "status"), &self.status)?;
        dict.set_item(intern!(py, "headers"), PyList::new(py, &self.fields)?)?;
        dict.set_item(intern!(py, "response"), body.unwrap_or(self.body.bind(py)))?;
        Ok(dict)
    }
}

/// The header fields as a list of pairs.
pub(crate) fn header_list<'py>(py: Python<'py>, headers: &HeaderMap) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for (name, value) in headers {
        match known_pair(py, name, value)? {
            Some(known) => list.append(known)?,
            None => list.append(pair(py, name, value)?)?,
        }
    }
    Ok(list)
}

/// What stands in nearly every reply and depends on no request need not be made anew.
const KNOWN: [(HeaderName, &str); 4] = [
    (ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
    (VARY, "Origin, Accept-Encoding"),
    (VARY, "Accept-Encoding"),
    (VARY, "Origin"),
];

fn known_pair<'py>(
    py: Python<'py>,
    name: &HeaderName,
    value: &HeaderValue,
) -> PyResult<Option<&'py Bound<'py, PyTuple>>> {
    static PAIRS: PyOnceLock<Vec<Py<PyTuple>>> = PyOnceLock::new();
    let Some(at) = KNOWN.iter().position(|(known, text)| known == name && value == text) else {
        return Ok(None);
    };
    let make = |(name, text): &(HeaderName, &'static str)| {
        pair(py, name, &HeaderValue::from_static(text)).map(Bound::unbind)
    };
    let pairs = PAIRS.get_or_try_init(py, || KNOWN.iter().map(make).collect::<PyResult<_>>())?;
    Ok(pairs.get(at).map(|pair| pair.bind(py)))
}

fn pair<'py>(py: Python<'py>, name: &HeaderName, value: &HeaderValue) -> PyResult<Bound<'py, PyTuple>> {
    (title_case(py, name), text(py, value)).into_pyobject(py)
}

/// `content-type` as `Content-Type`: some readers of the list compare names exactly.
fn title_case<'py>(py: Python<'py>, name: &HeaderName) -> Bound<'py, PyString> {
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
