//! The gate: what a request asks for, before a session is involved.

#![expect(clippy::needless_pass_by_value, reason = "arguments are made from Python's for the call")]

use engineio_proto::edge::{
    AllowedOrigins, Checked as Judged, ContentEncoding, Cors, EdgeConfig, EdgePath, Request, RequestHead,
    SessionCookie, negotiate_as_listed, vary_on,
};
use engineio_proto::{ReplyStyle, Sid, Transport, TransportSet};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString};

use crate::proxies::TrustedProxies;
use crate::refusal::Refusal;
use crate::reply::header_list;

/// Stands for a value that no field can have.
const UNREADABLE: &[u8] = b"\xff";

/// The fields that decisions depend on, as they stand in a WSGI environment.
const FIELDS: [(&str, HeaderName); 18] = [
    ("HTTP_ORIGIN", http::header::ORIGIN),
    ("HTTP_HOST", http::header::HOST),
    ("HTTP_X_FORWARDED_HOST", HeaderName::from_static("x-forwarded-host")),
    ("HTTP_X_FORWARDED_PROTO", HeaderName::from_static("x-forwarded-proto")),
    ("HTTP_SEC_FETCH_SITE", HeaderName::from_static("sec-fetch-site")),
    ("HTTP_REFERER", http::header::REFERER),
    ("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", http::header::ACCESS_CONTROL_REQUEST_HEADERS),
    ("HTTP_UPGRADE", http::header::UPGRADE),
    ("HTTP_CONNECTION", http::header::CONNECTION),
    ("HTTP_SEC_WEBSOCKET_KEY", http::header::SEC_WEBSOCKET_KEY),
    ("HTTP_SEC_WEBSOCKET_VERSION", http::header::SEC_WEBSOCKET_VERSION),
    ("HTTP_ACCEPT_ENCODING", http::header::ACCEPT_ENCODING),
    ("HTTP_CONTENT_ENCODING", http::header::CONTENT_ENCODING),
    ("HTTP_TRANSFER_ENCODING", http::header::TRANSFER_ENCODING),
    ("HTTP_CONTENT_LENGTH", http::header::CONTENT_LENGTH),
    ("HTTP_CONTENT_TYPE", http::header::CONTENT_TYPE),
    ("CONTENT_LENGTH", http::header::CONTENT_LENGTH),
    ("CONTENT_TYPE", http::header::CONTENT_TYPE),
];

/// A request that was looked at.
#[pyclass(frozen, get_all, module = "engineio_rs._core")]
#[derive(Debug)]
pub(crate) struct Checked {
    /// `open`, `poll`, `post`, `upgrade`, `preflight` or `refused`.
    kind: Py<PyString>,
    /// The transport that the request names.
    transport: Py<PyString>,
    /// The session that it names, if any.
    sid: Option<Py<PyString>>,
    /// The index of the JSONP callback that the answer calls.
    jsonp: Option<u32>,
    /// Why it is refused; None for the other kinds.
    refusal: Option<Py<Refusal>>,
    /// The headers that the request asks for in the answer, whatever that will be: those of CORS, and `Vary`.
    headers: Py<PyList>,
}

/// Looks at a request. Options are those of the server as they are now.
///
/// `origins` is None for the server's own pages, True for any, False for no check at all, a list of origins, or as
/// text the one that a function has accepted.
/// `compresses` is whether answers depend on `Accept-Encoding`; `proxies` are the peers whose forwarded headers count.
/// `jsonp` is whether clients may ask for scripts.
#[pyfunction]
#[expect(clippy::too_many_arguments, clippy::fn_params_excessive_bools, reason = "options in Python")]
pub(crate) fn check(
    py: Python<'_>,
    environ: &Bound<'_, PyDict>,
    transports: &Bound<'_, PyAny>,
    origins: Option<Origins>,
    credentials: bool,
    allow_upgrades: bool,
    websocket: bool,
    compresses: bool,
    proxies: &TrustedProxies,
    jsonp: bool,
) -> PyResult<Checked> {
    let config = EdgeConfig {
        transports: transport_set(transports)?,
        allow_upgrades,
        host_can_upgrade: websocket,
        cors: Cors {
            origins: origins.map_or(AllowedOrigins::SameOrigin, Into::into),
            credentials,
            max_age: None,
        },
        style: ReplyStyle::Python,
        jsonp,
        ..EdgeConfig::default()
    };
    let headers = header_map(environ)?;
    let method = text_item(environ, intern!(environ.py(), "REQUEST_METHOD"))?.unwrap_or_default();
    let method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::TRACE);
    let query = text_item(environ, intern!(environ.py(), "QUERY_STRING"))?.unwrap_or_default();
    let mut head = RequestHead::new(&method, &query, &headers);
    // The handshake's other fields are looked at by the driver that answers it.
    head.extended_connect = is_websocket(&headers);
    head.forwarded_trusted = is_forwarded(&headers) && proxies.believes(environ)?;
    head.needs_host = !headers.contains_key(http::header::HOST) && is_http11(environ)?;
    head.secure = secure(environ)?;
    Checked::new(py, &query, config.check(&head), compresses)
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key("x-forwarded-host") || headers.contains_key("x-forwarded-proto")
}

fn transport_set(names: &Bound<'_, PyAny>) -> PyResult<TransportSet> {
    let transport = |name: PyResult<Bound<'_, PyAny>>| {
        let name = name?;
        Ok(Transport::from_name(&name.cast::<PyString>()?.to_cow()?))
    };
    let known: Vec<Option<Transport>> = names.try_iter()?.map(transport).collect::<PyResult<_>>()?;
    Ok(known.into_iter().flatten().collect())
}

/// Which origins are accepted, where it is not the server's own.
#[derive(Clone, Debug, FromPyObject)]
pub(crate) enum Origins {
    /// Any, or no check.
    Any(bool),
    /// The one that a function has accepted; nothing if it has refused.
    Asked(String),
    /// These.
    List(Vec<String>),
}

impl From<Origins> for AllowedOrigins {
    fn from(origins: Origins) -> Self {
        match origins {
            Origins::Any(true) => Self::Any,
            Origins::Any(false) => Self::Off,
            Origins::Asked(accepted) => Self::predicate(move |origin| accepted == origin),
            // python-engineio compares texts, whatever they are.
            Origins::List(list) => Self::texts(list),
        }
    }
}

/// What keeps a text from being an origin, to be put behind it in a sentence; None if it is one.
#[pyfunction]
pub(crate) fn origin_fault(text: &str) -> Option<String> {
    AllowedOrigins::list([text]).err().map(|error| error.fault().to_string())
}

impl Checked {
    fn new(py: Python<'_>, query: &str, judged: Judged, compresses: bool) -> PyResult<Self> {
        let mut headers = HeaderMap::new();
        judged.cors.write_to(&mut headers);
        if compresses {
            // Next to `Origin`, in the same field: some hosts take microseconds for each.
            vary_on(&mut headers, "Accept-Encoding");
        }
        let (kind, transport, sid, jsonp, refusal) = match judged.request {
            Ok(Request::Open { transport, jsonp }) => (intern!(py, "open"), transport, None, jsonp, None),
            Ok(Request::Poll { sid, jsonp }) => {
                (intern!(py, "poll"), Transport::Polling, Some(sid), jsonp, None)
            }
            Ok(Request::Post { sid, jsonp, .. }) => {
                (intern!(py, "post"), Transport::Polling, Some(sid), jsonp, None)
            }
            Ok(Request::Upgrade { sid }) => {
                (intern!(py, "upgrade"), Transport::WebSocket, Some(sid), None, None)
            }
            Ok(Request::Preflight) => (intern!(py, "preflight"), Transport::Polling, None, None, None),
            Err(refusal) => {
                let transport = named_transport(query);
                (intern!(py, "refused"), transport, judged.sid, None, Some(Py::new(py, Refusal(refusal))?))
            }
        };
        Ok(Self {
            kind: kind.clone().unbind(),
            transport: name_of(py, transport).clone().unbind(),
            sid: sid.map(|sid| PyString::new(py, sid.as_str()).unbind()),
            jsonp,
            refusal,
            headers: header_list(py, &headers)?.unbind(),
        })
    }
}

fn name_of(py: Python<'_>, transport: Transport) -> &Bound<'_, PyString> {
    match transport {
        Transport::Polling => intern!(py, "polling"),
        Transport::WebSocket => intern!(py, "websocket"),
    }
}

fn named_transport(query: &str) -> Transport {
    let query = engineio_proto::edge::Query::parse(query).unwrap_or_default();
    query.transport.and_then(|name| Transport::from_name(&name)).unwrap_or(Transport::Polling)
}

fn is_http11(environ: &Bound<'_, PyDict>) -> PyResult<bool> {
    let protocol = text_item(environ, intern!(environ.py(), "SERVER_PROTOCOL"))?;
    Ok(protocol.is_some_and(|protocol| protocol == "HTTP/1.1"))
}

/// The scheme is certain only where the server says that it ended TLS.
fn secure(environ: &Bound<'_, PyDict>) -> PyResult<Option<bool>> {
    let scheme = text_item(environ, intern!(environ.py(), "wsgi.url_scheme"))?;
    Ok(scheme.filter(|scheme| scheme == "https" || scheme == "wss").map(|_| true))
}

fn is_websocket(headers: &HeaderMap) -> bool {
    let value = headers.get(http::header::UPGRADE).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.split(',').any(|item| item.trim().eq_ignore_ascii_case("websocket")))
}

pub(crate) fn header_map(environ: &Bound<'_, PyDict>) -> PyResult<HeaderMap> {
    static KEYS: PyOnceLock<Vec<(Py<PyString>, HeaderName)>> = PyOnceLock::new();
    let py = environ.py();
    // The same objects as in most environments, whose hashes are known: most of these keys are not there.
    let intern = |(key, name)| (PyString::intern(py, key).unbind(), name);
    let mut headers = HeaderMap::new();
    for (key, name) in KEYS.get_or_init(py, || FIELDS.map(intern).into()) {
        let key = key.bind(py);
        if let Some(value) = environ.get_item(key)?
            && let Some(value) = field(&value)?
        {
            headers.insert(name, value);
        }
    }
    Ok(headers)
}

fn field(value: &Bound<'_, PyAny>) -> PyResult<Option<HeaderValue>> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(field_value(&text.to_cow()?));
    }
    Ok(text_of(value)?.and_then(|text| field_value(&text)))
}

/// A value that cannot be read stays one, which is judged like any other: it never means that there is none.
fn field_value(text: &str) -> Option<HeaderValue> {
    if text.is_empty() {
        return None;
    }
    HeaderValue::from_bytes(text.as_bytes()).or_else(|_| HeaderValue::from_bytes(UNREADABLE)).ok()
}

/// An item as text; tests and some hosts have numbers there.
pub(crate) fn text_item(environ: &Bound<'_, PyDict>, key: &Bound<'_, PyString>) -> PyResult<Option<String>> {
    match environ.get_item(key)? {
        Some(value) => text_of(&value),
        None => Ok(None),
    }
}

fn text_of(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Some(text.to_cow()?.into_owned()));
    }
    if value.is_none() {
        return Ok(None);
    }
    Ok(Some(value.str()?.to_cow()?.into_owned()))
}

/// The compression that a client wants among `offered` (`gzip`, `deflate`), or None.
#[pyfunction]
pub(crate) fn negotiate(accept_encoding: &str, offered: Vec<String>) -> Option<&'static str> {
    let mut headers = HeaderMap::new();
    headers.insert(http::header::ACCEPT_ENCODING, HeaderValue::from_str(accept_encoding).ok()?);
    let known = [ContentEncoding::Gzip, ContentEncoding::Deflate];
    let offered: Vec<ContentEncoding> = offered
        .iter()
        .filter_map(|name| known.into_iter().find(|encoding| encoding.name() == name))
        .collect();
    negotiate_as_listed(&headers, &offered).map(ContentEncoding::name)
}

/// The value of `Set-Cookie` for a session: name, id, and attributes in order, None standing for a bare one.
///
/// Raises `ValueError` for what could smuggle in another cookie or header.
#[pyfunction]
pub(crate) fn cookie(name: &str, sid: &str, attributes: Vec<(String, Option<String>)>) -> PyResult<String> {
    let sid = parse_sid(sid)?;
    let mut builder = SessionCookie::builder(name).path(None).http_only(false).same_site(None);
    for (attribute, value) in &attributes {
        builder = builder.attribute(attribute, value.as_deref());
    }
    let cookie = builder.build().map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(String::from_utf8_lossy(cookie.header_value(&sid).as_bytes()).into_owned())
}

/// Whether a request's path is that of the server: with or without a slash at the end, and nothing behind it. A server
/// at the root has all paths.
///
/// Raises `ValueError` for an endpoint that no request's path can be.
#[pyfunction]
pub(crate) fn is_endpoint(path: &str, endpoint: &str) -> PyResult<bool> {
    // "path", says the error, as Rust's option is called.
    let refused = |error| PyValueError::new_err(format!("engineio_{error}"));
    let endpoint = EdgePath::new(endpoint).map_err(refused)?;
    Ok(endpoint.as_str() == "/" || endpoint.matches(path))
}

/// The data of an open packet.
#[pyfunction]
#[pyo3(signature = (sid, *, transport, transports, allow_upgrades, websocket, ping_interval, ping_timeout, max_payload))]
#[expect(clippy::too_many_arguments, reason = "keyword arguments in Python")]
pub(crate) fn open_packet(
    sid: &str,
    transport: &str,
    transports: Vec<String>,
    allow_upgrades: bool,
    websocket: bool,
    ping_interval: f64,
    ping_timeout: f64,
    max_payload: usize,
    py: Python<'_>,
) -> PyResult<Py<PyString>> {
    let upgrades = possible_upgrades(transport, transports, allow_upgrades, websocket);
    let open = engineio_proto::OpenPacket {
        sid: parse_sid(sid)?,
        upgrades: upgrades.into_iter().filter_map(Transport::from_name).collect(),
        ping_interval: crate::session::duration(ping_interval, "ping_interval")?,
        ping_timeout: crate::session::duration(ping_timeout, "ping_timeout")?,
        max_payload,
    };
    Ok(PyString::new(py, &format!("0{}", open.encode().as_str())).unbind())
}

/// What a session on `transport` may move to.
#[pyfunction]
pub(crate) fn possible_upgrades(
    transport: &str,
    transports: Vec<String>,
    allow_upgrades: bool,
    websocket: bool,
) -> Vec<&'static str> {
    let config = EdgeConfig {
        transports: transports.iter().filter_map(|name| Transport::from_name(name)).collect(),
        allow_upgrades,
        host_can_upgrade: websocket,
        ..EdgeConfig::default()
    };
    let transport = Transport::from_name(transport).unwrap_or(Transport::WebSocket);
    config.upgrades(transport).into_iter().map(Transport::name).collect()
}

pub(crate) fn parse_sid(sid: &str) -> PyResult<Sid> {
    Sid::parse(sid).ok_or_else(|| {
        PyValueError::new_err(format!(
            "session id {sid:?}: expected 1 to {} letters, digits, '-', '_', '.' or '~'; change generate_id()",
            Sid::MAX_LEN
        ))
    })
}
