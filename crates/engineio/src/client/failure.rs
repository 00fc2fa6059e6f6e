//! Why a request or connection came to nothing.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engineio_proto::Closed;
use engineio_proto::client::Cause;
use http::StatusCode;

use super::connect_error::Phase;

/// Why a request or connection came to nothing, as the driver saw it.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) phase: Phase,
    pub(crate) detail: String,
    /// How the session is told.
    pub(crate) closed: Closed,
    pub(crate) answer: Option<Box<Refused>>,
    pub(crate) source: Option<Arc<dyn Error + Send + Sync>>,
}

/// What the server, or something on the way to it, answered instead.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
    /// Why a redirect of the handshake was not followed.
    pub(crate) not_followed: Option<&'static str>,
    pub(crate) retry_after: Option<Duration>,
    /// The beginning of the body.
    pub(crate) body: Bytes,
}

impl Failure {
    pub(crate) fn new(phase: Phase, detail: impl Into<String>) -> Self {
        Self { phase, detail: detail.into(), closed: Closed::Eof, answer: None, source: None }
    }

    /// An error, in its own words and those of what caused it.
    pub(crate) fn of(phase: Phase, error: impl Error + Send + Sync + 'static) -> Self {
        let detail = words(&error);
        Self { source: Some(Arc::new(error)), ..Self::new(phase, detail) }
    }

    pub(crate) fn timeout(phase: Phase, what: &str, after: Duration) -> Self {
        let detail = format!("{what} took longer than {after:?}");
        Self { closed: Closed::Timeout, ..Self::new(phase, detail) }
    }

    pub(crate) fn too_large(phase: Phase, limit: usize) -> Self {
        let detail = format!("a response of more than {limit} bytes");
        Self { closed: Closed::TooLarge, ..Self::new(phase, detail) }
    }

    pub(crate) fn refused(refused: Refused) -> Self {
        let (phase, who) = match refused.status {
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => (Phase::Proxy, "proxy"),
            _ => (Phase::Handshake, "server"),
        };
        let detail = format!("the {who} answered {}", refused.status);
        Self { answer: Some(Box::new(refused)), ..Self::new(phase, detail) }
    }

    /// A proxy did not open a tunnel.
    pub(crate) fn no_tunnel(refused: Refused) -> Self {
        let detail = format!("asked for a tunnel to the server, the proxy answered {}", refused.status);
        Self { answer: Some(Box::new(refused)), ..Self::new(Phase::Proxy, detail) }
    }

    /// What an HTTP library reports: its own words, unless our connector is what failed, or TLS below it.
    pub(crate) fn http(phase: Phase, error: impl Error + Send + Sync + 'static) -> Self {
        let mut phase = phase;
        let mut next: Option<&(dyn Error + 'static)> = error.source();
        while let Some(inner) = next {
            if let Some(own) = inner.downcast_ref::<Self>() {
                return own.clone();
            }
            if is_tls(inner) {
                phase = Phase::Tls;
            }
            next = inner.source();
        }
        Self::of(phase, error)
    }
}

/// Whether this is TLS's: in version 1.3 a server refuses a client's certificate when HTTP has begun already.
#[cfg(feature = "tls")]
fn is_tls(error: &(dyn Error + 'static)) -> bool {
    let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    inner.and_then(|inner| inner.downcast_ref::<tokio_rustls::rustls::Error>()).is_some()
}

#[cfg(not(feature = "tls"))]
const fn is_tls(_: &(dyn Error + 'static)) -> bool {
    false
}

/// What happened to a session, and what the driver saw of it.
pub(crate) fn in_full(cause: &Cause, seen: Option<&Failure>) -> String {
    match seen {
        Some(seen) => format!("{cause}: {seen}"),
        None => cause.to_string(),
    }
}

/// An error and what caused it, in one line.
pub(crate) fn words(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(inner) = next {
        let more = inner.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        next = inner.source();
    }
    text
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl Error for Failure {}
