//! Why a request is refused.

use std::time::Duration;

use super::{Excerpt, QueryError, Rejection};
use crate::{DecodeError, PacketType};

/// Why a request is refused: one variant per situation.
///
/// `Display` tells the server's owner what happened, what was expected and what to change; what the client is
/// told stands in [`Reply`](super::Reply).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The transport is missing, repeated (`None`), or not one that the server offers.
    #[error(
        "the query's transport is {}; expected one that the server offers, once: change the client's or the \
         server's `transports`",
        given(.0.as_ref())
    )]
    UnknownTransport(Option<Excerpt>),
    /// No session has this id.
    #[error(
        "no session has the id {0:?}; expected one of this server's: it has ended, or with several servers the \
         request came to another one than the handshake, so make the load balancer's routing sticky"
    )]
    UnknownSid(Excerpt),
    /// The method is none that the protocol uses.
    #[error("the method is {0}; expected GET, POST or OPTIONS: this is no Engine.IO client")]
    BadMethod(Excerpt),
    /// A POST without `sid`: a session is opened with GET.
    #[error("a POST without sid; expected a GET first, which opens a session")]
    HandshakeMethod,
    /// Anything else that no proper client sends.
    #[error("bad request: {0}; expected what the Engine.IO protocol describes")]
    BadRequest(&'static str),
    /// `j` is no index, on a server that speaks JSONP.
    #[error("the JSONP index `j` is no number; expected decimal digits")]
    JsonpIndex,
    /// `transport=websocket` without a valid WebSocket handshake.
    #[error(
        "no valid WebSocket handshake: {0}; expected RFC 6455: does a proxy in between forward `Upgrade` and \
         `Connection`?"
    )]
    InvalidUpgrade(&'static str),
    /// The WebSocket handshake is of another version than 13.
    #[error("Sec-WebSocket-Version is missing or not 13; expected RFC 6455: update the client")]
    WebSocketVersion,
    /// A session on polling asks for WebSocket, which the configuration does not allow.
    #[error(
        "upgrades are off, and a client asks for one; expected it to stay on polling: set `allow_upgrades` on \
         the server, or tell the client not to upgrade"
    )]
    UpgradesOff,
    /// The application's connect handler rejected the client.
    #[error("the connect handler rejected the client")]
    Forbidden(Rejection),
    /// `EIO` is missing or repeated (`None`), or not 4.
    #[error("the query's EIO is {}; expected EIO=4, once: use a client for protocol version 4", given(.0.as_ref()))]
    UnsupportedVersion(Option<Excerpt>),
    /// The request comes from a page that may not talk to the server.
    #[error(
        "a page of origin {origin} is refused; accepted: {}. Add it to the allowed origins (`cors` in \
         Rust, `--cors` of `engineio serve`, `cors_allowed_origins` in Python); if a proxy replaces `Host`, let it send X-Forwarded-Host and trust it",
        accepted.as_str()
    )]
    ForeignOrigin {
        /// The `Origin` that the request bears.
        origin: Excerpt,
        /// What would have been accepted.
        accepted: Excerpt,
    },
    /// The request comes from a page of another site that does not say which: it bears `Sec-Fetch-Site` and no
    /// `Origin`.
    #[error(
        "a page of another site is refused (Sec-Fetch-Site is {0}, and there is no Origin); expected a page of this \
         server, or one that names its origin: let the page use fetch() or XMLHttpRequest, whose requests bear Origin"
    )]
    ForeignSite(Excerpt),
    /// JSONP for a page whose origin is not known to be accepted.
    #[error(
        "a request for JSONP is refused, since nothing says which page it is from; expected Sec-Fetch-Site: \
         same-origin, or a Referer of an accepted origin ({}): use a client that polls by XMLHttpRequest",
        accepted.as_str()
    )]
    UnknownPage {
        /// What would have been accepted.
        accepted: Excerpt,
    },
    /// A request by polling for a session that is on WebSocket.
    #[error(
        "a polling request for a session that is on WebSocket; expected no more of them after the upgrade"
    )]
    TransportMismatch,
    /// A second GET while one waits.
    #[error("a second poll while one waits; expected the client to wait for the answer to the first")]
    DuplicatePoll,
    /// A second POST while one runs.
    #[error("a second POST while one runs; expected the client to wait for the answer to the first")]
    DuplicatePost,
    /// Part of a body is no packet.
    #[error("the body holds what is no packet: {0}; expected packets of protocol version 4")]
    BadPacket(DecodeError),
    /// A packet that clients do not send by polling: `open`, `upgrade` or `noop`.
    #[error("the client sent a packet of type {0:?} by polling; expected message, pong or close")]
    IllegalPacket(PacketType),
    /// A `ping` of the client: in version 4 the server pings.
    #[error("the client sent a ping; expected a pong only: in protocol version 4 the server pings")]
    PingFromClient,
    /// A body over the limit.
    #[error(
        "the body is larger than {limit} bytes; expected at most that: raise `max_payload`, or send less"
    )]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A body of `application/octet-stream`.
    #[error("the body is application/octet-stream; expected text: protocol version 4 sends binary as base64")]
    OctetStream,
    /// A compressed body.
    #[error("the body is compressed; expected no Content-Encoding: send it uncompressed")]
    ContentEncoding,
    /// The session has ended, or is ending.
    #[error("the session has ended; expected no more requests for it: the client may open another one")]
    SessionClosed,
    /// The connect handler has not decided yet.
    #[error(
        "the connect handler has not accepted the session yet; expected the handshake's answer to come first"
    )]
    NotOpen,
    /// A limit of the server is hit, or it is shutting down.
    #[error(
        "no room for another session, or shutting down; expected the client to come again after {} s: raise the \
         limit of sessions, or add servers",
        retry_after.as_secs()
    )]
    Unavailable {
        /// When the client may try again.
        retry_after: Duration,
    },
    /// The body did not come in time.
    #[error("the body did not come in time; expected all of it within the body's deadline")]
    Timeout,
    /// The connect handler panicked.
    #[error("the connect handler panicked; expected it to return: see the panic's message")]
    HandlerPanicked,
}

impl Refusal {
    /// Whether the request was overtaken by the upgrade of its session.
    pub const fn is_overtaken(&self) -> bool {
        matches!(self, Self::TransportMismatch)
    }

    /// The code of the JSON error and of the `connection_error` hook, 0 to 5.
    pub const fn code(&self) -> u8 {
        match self {
            Self::UnknownTransport(_) => 0,
            Self::UnknownSid(_) | Self::SessionClosed | Self::NotOpen => 1,
            Self::BadMethod(_) | Self::HandshakeMethod => 2,
            Self::Forbidden(_)
            | Self::ForeignOrigin { .. }
            | Self::ForeignSite(_)
            | Self::UnknownPage { .. } => 4,
            Self::UnsupportedVersion(_) => 5,
            _ => 3,
        }
    }

    /// Whether the client did nothing wrong.
    pub const fn is_server_fault(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::HandlerPanicked)
    }

    /// A stable, short name of the situation, for the `connection_error` hook and for counters.
    pub const fn context(&self) -> &'static str {
        match self {
            Self::UnknownTransport(_) => "unknown transport",
            Self::UnknownSid(_) => "unknown sid",
            Self::BadMethod(_) => "bad method",
            Self::HandshakeMethod => "bad handshake method",
            Self::BadRequest(_) => "bad request",
            Self::JsonpIndex => "bad jsonp index",
            Self::InvalidUpgrade(_) => "invalid upgrade",
            Self::WebSocketVersion => "websocket version",
            Self::UpgradesOff => "upgrades off",
            Self::Forbidden(_) => "forbidden",
            Self::UnsupportedVersion(_) => "unsupported version",
            Self::ForeignOrigin { .. } => "foreign origin",
            Self::ForeignSite(_) => "foreign site",
            Self::UnknownPage { .. } => "unknown page",
            Self::TransportMismatch => "transport mismatch",
            Self::DuplicatePoll => "duplicate poll",
            Self::DuplicatePost => "duplicate post",
            Self::BadPacket(_) => "bad packet",
            Self::IllegalPacket(_) => "illegal packet",
            Self::PingFromClient => "ping from client",
            Self::TooLarge { .. } => "too large",
            Self::OctetStream => "octet stream",
            Self::ContentEncoding => "content encoding",
            Self::SessionClosed => "session closed",
            Self::NotOpen => "not open",
            Self::Unavailable { .. } => "unavailable",
            Self::Timeout => "timeout",
            Self::HandlerPanicked => "handler panicked",
        }
    }
}

impl From<QueryError> for Refusal {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::RepeatedTransport => Self::UnknownTransport(None),
            QueryError::RepeatedSid => Self::BadRequest("the query has several `sid`"),
            QueryError::RepeatedJ => Self::BadRequest("the query has several `j`"),
        }
    }
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        Self::BadPacket(error)
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Forbidden(rejection)
    }
}

fn given(value: Option<&Excerpt>) -> String {
    value.map_or_else(|| "missing or repeated".to_owned(), Excerpt::to_string)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::samples;
    use super::*;

    #[test]
    fn names_are_stable_and_unlike() {
        let names: BTreeSet<&str> = samples::refusals().iter().map(Refusal::context).collect();
        assert_eq!(names.len(), samples::refusals().len());
    }

    #[test]
    fn texts_say_what_was_expected() {
        for refusal in samples::refusals() {
            let text = refusal.to_string();
            let wanted = ["expected", "accepted", "rejected"];
            assert!(wanted.iter().any(|word| text.contains(word)), "{text}");
            assert!(!text.contains(char::is_control), "{text}");
        }
    }

    #[test]
    fn texts_of_clients_are_escaped_and_ids_hidden() {
        let nasty = Excerpt::new("\r\nX: <script>");
        let text = Refusal::UnknownTransport(Some(nasty)).to_string();
        assert!(text.contains(r#""\r\nX: <script>""#), "{text}");
        let text = Refusal::UnknownSid(Excerpt::new("abcdefghijkl")).to_string();
        assert!(text.contains("abcdef") && !text.contains("abcdefg"), "{text}");
    }

    #[test]
    fn only_two_are_the_servers_fault() {
        let faults: Vec<_> = samples::refusals().into_iter().filter(Refusal::is_server_fault).collect();
        let retry_after = Duration::from_millis(4_200);
        assert_eq!(faults, [Refusal::Unavailable { retry_after }, Refusal::HandlerPanicked]);
    }
}
