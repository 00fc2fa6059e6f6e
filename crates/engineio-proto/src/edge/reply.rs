//! HTTP responses.

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, SEC_WEBSOCKET_VERSION, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{Refusal, table};

pub(super) const JSON: &str = "application/json";
pub(super) const TEXT: &str = "text/plain";
const PAYLOAD: &str = "text/plain; charset=UTF-8";
const SCRIPT: &str = "text/javascript; charset=UTF-8";

/// Whose replies are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplyStyle {
    /// Those of the protocol's specification.
    #[default]
    Spec,
    /// Those of python-engineio.
    Python,
}

/// An HTTP response, complete but for what depends on the request: the CORS headers, the cookie, compression.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The reason phrase of HTTP/1.1, for hosts that write it themselves (WSGI).
    pub phrase: &'static str,
    /// The type of the body; `None` if there is none.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: Bytes,
    /// After how many seconds the client may come again.
    pub retry_after: Option<u64>,
    /// Whether the HTTP/1.1 connection must not be used again: part of the request was not read.
    pub close_connection: bool,
    /// Whether browsers are told not to take the body for something else than its type says.
    nosniff: bool,
    extra: Extra,
}

/// A field that HTTP asks for with a certain refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extra {
    None,
    Allow,
    WebSocketVersion,
}

impl Reply {
    /// The packets of a handshake or of a poll.
    pub fn payload(body: Bytes) -> Self {
        Self::new(StatusCode::OK, "OK", Some(PAYLOAD), body)
    }

    /// The same as the call that JSONP loads. Browsers run no script of another type together with `nosniff`.
    pub fn jsonp(body: Bytes) -> Self {
        Self::new(StatusCode::OK, "OK", Some(SCRIPT), body)
    }

    /// A POST was accepted. Nothing of what a peer wrote is in the body: there is nothing to sniff, and the field would be
    /// in every second response.
    pub fn accepted() -> Self {
        let reply = Self::new(StatusCode::OK, "OK", Some(TEXT), Bytes::from_static(b"ok"));
        Self { nosniff: false, ..reply }
    }

    /// The answer to OPTIONS, to which the CORS headers are added.
    pub fn preflight(style: ReplyStyle) -> Self {
        match style {
            ReplyStyle::Spec => Self::new(StatusCode::NO_CONTENT, "No Content", None, Bytes::new()),
            ReplyStyle::Python => Self::new(StatusCode::OK, "OK", Some(TEXT), Bytes::from_static(b"OK")),
        }
    }

    /// The answer to a request that is refused.
    pub fn refusal(refusal: &Refusal, style: ReplyStyle) -> Self {
        let reply = match style {
            ReplyStyle::Spec => table::spec(refusal),
            ReplyStyle::Python => table::python(refusal),
        };
        Self {
            retry_after: table::retry_after(refusal),
            close_connection: table::leaves_body_unread(refusal),
            extra: extra(refusal),
            ..reply
        }
    }

    /// Writes the headers that do not depend on the request. `Content-Length` and `Connection` are the host's,
    /// which knows the HTTP version and whether the body gets compressed.
    pub fn write_headers(&self, headers: &mut HeaderMap) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(content_type) = self.content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if self.nosniff {
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        match self.extra {
            Extra::None => {}
            Extra::Allow => drop(headers.insert(ALLOW, HeaderValue::from_static("GET, POST, OPTIONS"))),
            Extra::WebSocketVersion => drop(headers.insert(SEC_WEBSOCKET_VERSION, 13.into())),
        }
    }

    pub(super) fn new(
        status: StatusCode,
        phrase: &'static str,
        content_type: Option<&'static str>,
        body: Bytes,
    ) -> Self {
        let (retry_after, close_connection, extra) = (None, false, Extra::None);
        let nosniff = content_type.is_some();
        Self { status, phrase, content_type, body, retry_after, close_connection, nosniff, extra }
    }
}

const fn extra(refusal: &Refusal) -> Extra {
    match refusal {
        Refusal::BadMethod(_) => Extra::Allow,
        Refusal::WebSocketVersion => Extra::WebSocketVersion,
        _ => Extra::None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Excerpt, samples};
    use super::*;

    fn headers(reply: &Reply) -> HeaderMap {
        let mut headers = HeaderMap::new();
        reply.write_headers(&mut headers);
        headers
    }

    #[test]
    fn nothing_is_stored_and_nothing_sniffed() {
        let refusals = samples::refusals();
        let refused = refusals.iter().map(|refusal| Reply::refusal(refusal, ReplyStyle::Python));
        let granted = [
            Reply::accepted(),
            Reply::payload(Bytes::new()),
            Reply::jsonp(Bytes::new()),
            Reply::preflight(ReplyStyle::Spec),
        ];
        for reply in refused.chain(granted) {
            let headers = headers(&reply);
            assert_eq!(headers[CACHE_CONTROL], "no-store");
            assert_eq!(headers.contains_key(CONTENT_TYPE), reply.status != StatusCode::NO_CONTENT);
            let sniffable = reply.content_type.is_some() && reply != Reply::accepted();
            assert_eq!(headers.contains_key(X_CONTENT_TYPE_OPTIONS), sniffable);
        }
    }

    #[test]
    fn what_is_granted_is_answered_alike() {
        let payload = Reply::payload(Bytes::from_static(b"6"));
        let preflight = Reply::preflight(ReplyStyle::Spec);
        let python = Reply::preflight(ReplyStyle::Python);
        for (reply, status, content_type, body) in [
            (payload, 200, Some("text/plain; charset=UTF-8"), "6"),
            (Reply::accepted(), 200, Some("text/plain"), "ok"),
            (Reply::jsonp(Bytes::from_static(b"f()")), 200, Some("text/javascript; charset=UTF-8"), "f()"),
            (preflight, 204, None, ""),
            (python, 200, Some("text/plain"), "OK"),
        ] {
            assert_eq!((reply.status.as_u16(), reply.content_type), (status, content_type));
            assert_eq!((reply.body, reply.close_connection), (Bytes::from(body), false));
        }
    }

    #[test]
    fn fields_that_http_asks_for_are_there() {
        let refused = |refusal: &Refusal| headers(&Reply::refusal(refusal, ReplyStyle::Python));
        assert_eq!(refused(&Refusal::BadMethod(Excerpt::new("PUT")))[ALLOW], "GET, POST, OPTIONS");
        assert_eq!(refused(&Refusal::WebSocketVersion)[SEC_WEBSOCKET_VERSION], "13");
        let busy = Refusal::Unavailable { retry_after: Duration::from_secs(3) };
        assert_eq!(refused(&busy)[RETRY_AFTER], "3");
    }

    #[test]
    fn a_connection_with_an_unread_body_is_closed() {
        for (refusal, close) in [
            (Refusal::TooLarge { limit: 1 }, true),
            (Refusal::Timeout, true),
            (Refusal::OctetStream, true),
            (Refusal::ContentEncoding, true),
            (Refusal::BadRequest("Content-Length"), true),
            (Refusal::UnknownSid(Excerpt::new("a")), false),
            (Refusal::DuplicatePoll, false),
        ] {
            assert_eq!(Reply::refusal(&refusal, ReplyStyle::Spec).close_connection, close, "{refusal:?}");
        }
    }
}
