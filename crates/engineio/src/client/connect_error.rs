//! Why no session came about.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use engineio_proto::client::Cause;
use http::StatusCode;

use super::config::BuildError;
use super::failure::{Failure, Refused};
use super::hint::{hint, is_wrong_version, renamed, wants_login};
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
    /// The server speaks Engine.IO 3.
    older: bool,
}

impl ConnectError {
    pub(crate) fn new(url: Arc<str>, failure: Failure) -> Self {
        Self(Box::new(Inner { url, failure, older: false }))
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
        let older = *cause == Cause::Version3;
        let failure = match (cause, seen) {
            (Cause::BadOpen(_) | Cause::BadPacket(_) | Cause::Version3, _) => {
                Failure::new(Phase::Open, cause.to_string())
            }
            (_, Some(seen)) => seen,
            (_, None) => Failure::new(Phase::Handshake, cause.to_string()),
        };
        Self(Box::new(Inner { url, failure, older }))
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

    /// Where the server redirects to, if that was not followed: connect to that URL if you trust it.
    ///
    /// A handshake follows up to five redirects that stay with the server, or lead from HTTP to HTTPS on the same host.
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

    /// Whether the server speaks another version of the protocol than 4: version 3, as Socket.IO 2 does, or one that
    /// refuses ours.
    pub fn is_wrong_version(&self) -> bool {
        self.0.older || self.refused().is_some_and(is_wrong_version)
    }

    /// Whether trying again without changing anything is in vain: the URL is unusable, the server or proxy asks
    /// for credentials, forbids access, redirects, or speaks another protocol.
    pub fn is_permanent(&self) -> bool {
        match (self.phase(), self.status().map(|status| status.as_u16())) {
            (Phase::Settings | Phase::Url | Phase::Closed, _)
            | (_, Some(300..=399 | 401 | 403 | 405 | 407 | 414 | 431 | 505)) => true,
            _ if self.is_wrong_version() => true,
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
            _ if self.0.older => false,
            (_, status) => !matches!(status, Some(300..=399 | 401 | 403 | 407)),
        }
    }

    /// What to change, where there is an advice. It names options of the
    /// [`ClientBuilder`](super::ClientBuilder) between backticks.
    pub fn hint(&self) -> Option<&'static str> {
        if self.0.older {
            return Some(super::hint::OLDER);
        }
        hint(self.phase(), self.refused(), &self.0.failure.detail)
    }

    /// The line that is displayed, with other names for the options of the builder that the hint names, for programs whose
    /// users know none of them.
    ///
    /// ```
    /// # async fn run() {
    /// let flag = |option: &'static str| match option {
    ///     "add_root_certificate" => "--cacert",
    ///     other => other,
    /// };
    /// if let Err(error) = engineio::Client::connect("https://example.com").await {
    ///     eprintln!("error: {}", error.in_words(flag));
    /// }
    /// # }
    /// ```
    pub fn in_words(&self, name: impl Fn(&'static str) -> &'static str) -> String {
        match self.hint() {
            Some(hint) => format!("{} ({})", self.account(), renamed(hint, name)),
            None => self.account(),
        }
    }

    /// What happened, without a hint.
    fn account(&self) -> String {
        let Inner { url, failure, .. } = &*self.0;
        let mut line = format!("cannot connect to {url} ({}): {}", failure.phase, failure.detail);
        if let Some(refused) = &failure.answer {
            refused.append_to(&mut line);
        }
        line
    }

    fn refused(&self) -> Option<&Refused> {
        self.0.failure.answer.as_deref()
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_words(|option| option))
    }
}

impl Refused {
    /// Adds where it leads and what its body says.
    fn append_to(&self, line: &mut String) {
        if let Some(location) = &self.location {
            line.extend([", redirecting to ", &location.escape_debug().to_string()]);
        }
        if let Some(why) = self.not_followed {
            line.extend([", ", why]);
        }
        let body = excerpt(&self.body);
        if !body.is_empty() {
            line.extend([": \"", &body, "\""]);
        }
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
