//! Why no session came about.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use engineio_proto::client::Cause;
use http::StatusCode;

use super::config::BuildError;
use super::failure::{Failure, Refused};
use super::target::without_login;

/// How far an attempt to connect came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Checking the settings.
    Settings,
    /// Reading the URL.
    Url,
    /// Reaching the server or the proxy: name resolution and TCP.
    Connect,
    /// Getting through the proxy.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// The HTTP exchange that begins a session.
    Handshake,
    /// Reading the server's open packet.
    Open,
    /// The application closed the client before the server had answered.
    Closed,
}

impl Phase {
    /// A short text, as in `connect`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Url => "url",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Handshake => "handshake",
            Self::Open => "open packet",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why no session came about: how far the attempt came, what happened, what the server said, and what to change.
///
/// Displayed, it is one line with all of that.
///
/// ```
/// use std::time::Duration;
///
/// use engineio::client::{ConnectError, Phase};
///
/// /// Whether, and after which time, an application that counts attempts itself should try again.
/// fn retry(error: &ConnectError) -> Option<Duration> {
///     match error.phase() {
///         _ if error.is_permanent() => None,
///         Phase::Connect | Phase::Proxy => Some(Duration::from_secs(1)),
///         _ => Some(error.retry_after().unwrap_or(Duration::from_secs(5))),
///     }
/// }
/// ```
#[derive(Clone)]
pub struct ConnectError(Box<Inner>);

#[derive(Clone)]
struct Inner {
    url: Arc<str>,
    failure: Failure,
}

impl ConnectError {
    pub(crate) fn new(url: Arc<str>, failure: Failure) -> Self {
        Self(Box::new(Inner { url, failure }))
    }

    /// Settings that cannot work.
    pub(crate) fn unusable(url: &str, error: &BuildError) -> Self {
        Self::new(Arc::from(without_login(url)), Failure::new(Phase::Settings, error.to_string()))
    }

    /// The system has no thread or runtime to give.
    #[cfg(feature = "blocking")]
    pub(crate) fn no_thread(url: &str, error: std::io::Error) -> Self {
        let failure = Failure::of(Phase::Settings, error);
        let detail = format!("no thread for the client: {failure}");
        Self::new(Arc::from(without_login(url)), Failure { detail, ..failure })
    }

    /// The application closed the client first.
    pub(crate) fn closed_early(url: Arc<str>) -> Self {
        Self::new(url, Failure::new(Phase::Closed, "the client was closed before the server answered"))
    }

    /// An attempt that ended with `cause`; `seen` is what the driver knows of its last request.
    pub(crate) fn of_session(url: Arc<str>, cause: &Cause, seen: Option<Failure>) -> Self {
        let failure = match (cause, seen) {
            (Cause::BadOpen(_) | Cause::BadPacket(_), _) => Failure::new(Phase::Open, cause.to_string()),
            (_, Some(seen)) => seen,
            (_, None) => Failure::new(Phase::Handshake, cause.to_string()),
        };
        Self::new(url, failure)
    }

    /// How far the attempt came.
    pub fn phase(&self) -> Phase {
        self.0.failure.phase
    }

    /// The URL without user, password and query.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// The status with which the server, or a proxy before it, refused.
    pub fn status(&self) -> Option<StatusCode> {
        self.refused().map(|refused| refused.status)
    }

    /// The refusal's body, up to 64 KiB of it. It is the peer's: escape it before showing it.
    pub fn body(&self) -> Option<String> {
        self.refused().map(|refused| String::from_utf8_lossy(&refused.body).into_owned())
    }

    /// Where the server redirects to. Redirects are not followed: connect to that URL if you trust it.
    pub fn location(&self) -> Option<&str> {
        self.refused()?.location.as_deref()
    }

    /// When the server wants to be asked again.
    pub fn retry_after(&self) -> Option<Duration> {
        self.refused()?.retry_after
    }

    /// Whether something took too long.
    pub fn is_timeout(&self) -> bool {
        self.0.failure.closed == engineio_proto::Closed::Timeout
    }

    /// Whether trying again without changing anything is in vain: the URL is unusable, the server or proxy asks
    /// for credentials, forbids access, redirects, or speaks another protocol.
    pub fn is_permanent(&self) -> bool {
        match (self.phase(), self.status().map(|status| status.as_u16())) {
            (Phase::Settings | Phase::Url | Phase::Closed, _)
            | (_, Some(300..=399 | 401 | 403 | 405 | 407 | 414 | 431 | 505)) => true,
            (_, Some(400)) => self.refused().is_some_and(is_wrong_version),
            (Phase::Proxy, None) => wants_login(&self.0.failure.detail),
            _ => false,
        }
    }

    /// Whether another transport could do better: the server was reached, and did not refuse access; or a proxy
    /// opens no tunnel for a WebSocket, and may yet forward the requests of polling.
    pub(crate) fn falls_through(&self) -> bool {
        match (self.phase(), self.status().map(|status| status.as_u16())) {
            (Phase::Connect | Phase::Tls | Phase::Closed, _) | (Phase::Proxy, None | Some(407)) => false,
            (Phase::Proxy, _) => true,
            (_, status) => !matches!(status, Some(300..=399 | 401 | 403 | 407)),
        }
    }

    /// What to change, where there is an advice.
    pub fn hint(&self) -> Option<&'static str> {
        hint(self.phase(), self.refused(), &self.0.failure.detail)
    }

    fn refused(&self) -> Option<&Refused> {
        self.0.failure.answer.as_deref()
    }
}

/// What hyper-util says when a SOCKS proxy asks for credentials, or did not take them.
fn wants_login(detail: &str) -> bool {
    ["credentials not accepted", "authentication"].iter().any(|words| detail.contains(words))
}

/// The protocol's code 5, unsupported protocol version.
fn is_wrong_version(refused: &Refused) -> bool {
    let body: Result<serde_json::Value, _> = serde_json::from_slice(&refused.body);
    body.is_ok_and(|body| body.get("code").and_then(serde_json::Value::as_u64) == Some(5))
}

const LOGIN: &str = "the proxy wants credentials: put them into its URL";

const NO_TUNNEL: &str = "it may allow tunnels to this host for port 443 alone, or not at all: use https:// or wss://, \
                         leave the host out of the proxy, or stay on polling, whose requests without TLS need no tunnel";

const BEHIND_PROXY: &str =
    "the proxy does not reach the server: check host and port, and that the server runs";

fn hint(phase: Phase, refused: Option<&Refused>, detail: &str) -> Option<&'static str> {
    let Some(refused) = refused else {
        return match phase {
            Phase::Connect if detail.contains("refused") => {
                Some("nothing listens there: check host and port, and that the server runs")
            }
            Phase::Tls if detail.contains("fatal alert") => Some(
                "the server refused: it may want a certificate of its clients, see `client_certificate`, or another \
                 name, see `tls_server_name`",
            ),
            Phase::Tls => Some(
                "check the host's name and certificate; a private CA is added with `add_root_certificate`, plain \
                 HTTP needs http:// or ws://",
            ),
            Phase::Proxy if wants_login(detail) => Some(LOGIN),
            Phase::Open => Some("this is no Engine.IO v4 server, or its path is another one: see `path`"),
            _ => None,
        };
    };
    match refused.status.as_u16() {
        407 => Some(LOGIN),
        502..=504 if phase == Phase::Proxy => Some(BEHIND_PROXY),
        _ if phase == Phase::Proxy => Some(NO_TUNNEL),
        300..=399 => Some("redirects are not followed: connect to that URL instead"),
        401 => Some("the server wants credentials: see `basic_auth`, `bearer_auth` and `header`"),
        403 => Some("the server refuses this client: check credentials and the `Origin` header"),
        404 => Some("nothing at this path: see `path`; Socket.IO servers are at /socket.io/"),
        400 if is_wrong_version(refused) => Some("the server speaks another version of the protocol than 4"),
        502..=504 => Some("a proxy or load balancer answered: the server behind it is down or overloaded"),
        _ => None,
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { url, failure } = &*self.0;
        write!(f, "cannot connect to {url} ({}): {}", failure.phase, failure.detail)?;
        if let Some(refused) = &failure.answer {
            if let Some(location) = &refused.location {
                write!(f, ", redirecting to {}", location.escape_debug())?;
            }
            let body = excerpt(&refused.body);
            if !body.is_empty() {
                write!(f, ": \"{body}\"")?;
            }
        }
        if let Some(hint) = self.hint() {
            write!(f, " ({hint})")?;
        }
        Ok(())
    }
}

/// The first characters of a body, fit for a line of a log.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let mut short: String = line.chars().take(160).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short.chars().flat_map(char::escape_debug).collect()
}

impl fmt::Debug for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectError")
            .field("url", &self.0.url)
            .field("phase", &self.phase())
            .field("detail", &self.0.failure.detail)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.failure.source.as_deref().map(|source| source as _)
    }
}
