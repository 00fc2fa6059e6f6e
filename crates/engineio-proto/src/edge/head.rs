//! The head of an HTTP request, as a host presents it.

use http::{HeaderMap, Method};

/// What the edge needs to know of a request: its head, and what the host knows about the connection.
///
/// The path is missing on purpose: whether a request is ours at all is the host's routing, with
/// [`EdgePath::matches`](super::EdgePath::matches).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RequestHead<'a> {
    /// The method.
    pub method: &'a Method,
    /// The query, without its `?`, still percent-encoded.
    pub query: &'a str,
    /// The header fields.
    pub headers: &'a HeaderMap,
    /// The authority of the request target (`:authority` of HTTP/2, absolute form of HTTP/1.1), if it has one;
    /// it counts more than the `Host` field.
    pub authority: Option<&'a str>,
    /// The request is of HTTP/1.1, where `Host` has to stand if the request target has no authority.
    pub needs_host: bool,
    /// Whether the client used TLS, where the host knows for certain: `Some(true)` where it ends TLS itself.
    /// `None` wherever a proxy may stand in between.
    pub secure: Option<bool>,
    /// The request is a WebSocket by other means than HTTP/1.1's `Upgrade`: an extended CONNECT with
    /// `:protocol: websocket`, or a host that did the handshake's checks itself (ASGI).
    pub extended_connect: bool,
    /// The peer is a proxy whose `X-Forwarded-Host` and `X-Forwarded-Proto` are to be believed.
    pub forwarded_trusted: bool,
}

impl<'a> RequestHead<'a> {
    /// A request of which no more is known than this.
    pub const fn new(method: &'a Method, query: &'a str, headers: &'a HeaderMap) -> Self {
        Self {
            method,
            query,
            headers,
            authority: None,
            needs_host: false,
            secure: None,
            extended_connect: false,
            forwarded_trusted: false,
        }
    }
}
