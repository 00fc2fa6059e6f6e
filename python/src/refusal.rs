//! `Refusal`: why a request is refused, with its reply.

use bytes::Bytes;
use engineio_proto::edge::{self, Standing};
use engineio_proto::{Reply, ReplyStyle, Transport};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::reply::{Constant, reply_dict};

/// Why a request is refused.
#[pyclass(frozen, module = "engineio_rs._core")]
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) edge::Refusal);

#[pymethods]
impl Refusal {
    /// What happened, what was expected and what to change, for the server's owner.
    #[getter]
    fn detail(&self) -> String {
        // The core names what Rust's builder has, where that is called otherwise here.
        match &self.0 {
            edge::Refusal::ForeignOrigin { origin, accepted } => format!(
                "a page of origin {origin} is refused; accepted: {}. Add it to cors_allowed_origins; if a proxy \
                 replaces Host, let it send X-Forwarded-Host",
                accepted.as_str()
            ),
            edge::Refusal::TooLarge { limit } => format!(
                "the body is larger than {limit} bytes; expected at most that: raise max_http_buffer_size, or send \
                 less"
            ),
            other => other.to_string(),
        }
    }

    /// What the client is told.
    #[getter]
    fn text(&self) -> String {
        let reply = Reply::refusal(&self.0, ReplyStyle::Python);
        String::from_utf8_lossy(&reply.body).trim_matches('"').to_owned()
    }

    /// python-engineio's name of the situation: an error is logged once for each.
    #[getter]
    fn key(&self) -> &'static str {
        use edge::Refusal as R;
        match &self.0 {
            R::ForeignOrigin { .. } | R::ForeignSite(_) | R::UnknownPage { .. } => "bad-origin",
            R::UnknownTransport(_) => "bad-transport",
            R::UnsupportedVersion(_) => "bad-version",
            R::JsonpIndex => "bad-jsonp-index",
            R::InvalidUpgrade(_) | R::WebSocketVersion | R::UpgradesOff => "bad-upgrade",
            R::UnknownSid(_) | R::HandshakeMethod | R::SessionClosed => "bad-sid",
            R::NotOpen => "not-connected",
            R::TransportMismatch => "unexpected-http",
            R::BadMethod(_) => "bad-method",
            R::TooLarge { .. } => "too-large",
            R::Unavailable { .. } => "unavailable",
            _ => "bad-request",
        }
    }

    /// Whether the body was larger than `max_http_buffer_size`.
    #[getter]
    fn too_large(&self) -> bool {
        matches!(self.0, edge::Refusal::TooLarge { .. })
    }

    /// Whether a poll was overtaken by the upgrade of its session: it is answered with a noop then.
    #[getter]
    fn overtaken(&self) -> bool {
        self.0.is_overtaken()
    }

    /// The reply: `status`, `headers` and `response`, as python-engineio words it.
    fn reply<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        reply_dict(py, &Reply::refusal(&self.0, ReplyStyle::Python))
    }

    fn __repr__(&self) -> String {
        format!("Refusal({:?})", self.text())
    }
}

impl Refusal {
    /// The refusal of a request by where its session stands; None if nothing speaks against it.
    pub(crate) fn by_standing(sid: &str, standing: Standing, websocket: bool) -> Option<Self> {
        edge::objection(sid, standing, transport(websocket)).map(Self)
    }
}

impl From<edge::Refusal> for Refusal {
    fn from(refusal: edge::Refusal) -> Self {
        Self(refusal)
    }
}

/// The reply to a rejection by the connect handler: `json` is the handler's value, already encoded.
#[pyfunction]
#[pyo3(signature = (json=None))]
pub(crate) fn rejection<'py>(py: Python<'py>, json: Option<&str>) -> PyResult<Bound<'py, PyDict>> {
    let rejection = edge::Rejection::new();
    let rejection = match json {
        Some(json) => rejection.with_json(json),
        None => rejection,
    };
    reply_dict(py, &Reply::refusal(&edge::Refusal::Forbidden(rejection), ReplyStyle::Python))
}

/// The reply to a request that is bad for a reason of the host's.
#[pyfunction]
pub(crate) fn bad_request(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    reply_dict(py, &Reply::refusal(&edge::Refusal::BadRequest("refused by the host"), ReplyStyle::Python))
}

/// The refusal of a session by a server that is full or about to end: the client may come again after so many seconds.
#[pyfunction]
pub(crate) fn unavailable(retry_after: f64) -> PyResult<Refusal> {
    let retry_after = crate::session::duration(retry_after, "retry_after")?;
    Ok(edge::Refusal::Unavailable { retry_after }.into())
}

/// The reply to an accepted POST, to a preflight, or with the packets of a poll, which are a call of JSONP with `jsonp`.
#[pyfunction]
#[pyo3(signature = (payload=None, *, jsonp=false, preflight=false))]
pub(crate) fn granted<'py>(
    py: Python<'py>,
    payload: Option<&Bound<'py, PyBytes>>,
    jsonp: bool,
    preflight: bool,
) -> PyResult<Bound<'py, PyDict>> {
    static ACCEPTED: Constant = Constant::new(Reply::accepted);
    static PREFLIGHT: Constant = Constant::new(|| Reply::preflight(ReplyStyle::Python));
    static PAYLOAD: Constant = Constant::new(|| Reply::payload(Bytes::new()));
    static JSONP: Constant = Constant::new(|| Reply::jsonp(Bytes::new()));
    match payload {
        Some(payload) if jsonp => JSONP.dict(py, Some(payload)),
        Some(payload) => PAYLOAD.dict(py, Some(payload)),
        None if preflight => PREFLIGHT.dict(py, None),
        None => ACCEPTED.dict(py, None),
    }
}

/// The refusal of a request for a session that does not exist, is not open yet, or has moved on; None if nothing
/// speaks against it.
#[pyfunction]
#[pyo3(signature = (sid, *, known, connected, upgraded, websocket))]
#[expect(clippy::fn_params_excessive_bools, reason = "keyword arguments in Python")]
pub(crate) fn objection(
    sid: &str,
    known: bool,
    connected: bool,
    upgraded: bool,
    websocket: bool,
) -> Option<Refusal> {
    let standing = match (known, connected) {
        (false, _) => Standing::Unknown,
        (true, false) => Standing::Opening,
        (true, true) => Standing::On(transport(upgraded)),
    };
    Refusal::by_standing(sid, standing, websocket)
}

const fn transport(websocket: bool) -> Transport {
    if websocket { Transport::WebSocket } else { Transport::Polling }
}
