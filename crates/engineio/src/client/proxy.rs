//! The proxies that a client goes through.

use std::fmt;
use std::sync::Arc;

use http::Uri;
use http::uri::Authority;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use super::config::BuildError;
use super::target::without_login;

const SCHEMES: &str = "a URL with http, https, socks4, socks4a, socks5 or socks5h and a host";

/// Which proxies a client goes through: both transports use the same ones, and a WebSocket without TLS as well.
///
/// HTTP proxies forward the requests of polling without TLS, as they do for browsers; for everything else, WebSocket
/// without TLS included, they are asked for a tunnel (`CONNECT`). Some allow tunnels to port 443 alone: then a session
/// at another port stays on polling, and the reason told is the proxy's answer. `socks5h` and `socks4a` have the
/// proxy resolve the name, `socks5` and `socks4` do so here. User and password are part of the proxy's URL.
///
/// ```
/// use engineio::Client;
/// use engineio::client::Proxy;
///
/// # fn main() -> Result<(), engineio::client::BuildError> {
/// let proxy = Proxy::url("socks5h://user:secret@proxy.example:1080").except("localhost, 10.0.0.0/8");
/// let connector = Client::builder().proxy(proxy).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy(Choice);

#[derive(Clone, PartialEq, Eq)]
enum Choice {
    Environment,
    None,
    Url { url: String, except: String },
}

impl Proxy {
    /// What the environment says: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in upper or lower case, as
    /// curl reads them. The default. Read once, when the connector is built.
    pub const fn environment() -> Self {
        Self(Choice::Environment)
    }

    /// No proxy, whatever the environment says.
    pub const fn none() -> Self {
        Self(Choice::None)
    }

    /// This proxy, for every server.
    pub fn url(url: impl Into<String>) -> Self {
        Self(Choice::Url { url: url.into(), except: String::new() })
    }

    /// Leaves out some hosts: a list with commas of names (which stand for their subdomains as well), addresses,
    /// networks as in `10.0.0.0/8`, or `*`. Without effect unless a [`url`](Self::url) is given.
    #[must_use]
    pub fn except(mut self, hosts: impl Into<String>) -> Self {
        if let Choice::Url { except, .. } = &mut self.0 {
            *except = hosts.into();
        }
        self
    }

    pub(crate) fn check(self) -> Result<Proxies, BuildError> {
        match self.0 {
            Choice::Environment => Ok(Proxies(Some(Arc::new(Matcher::from_env())))),
            Choice::None => Ok(Proxies(None)),
            Choice::Url { url, except } => {
                check_url(&url)?;
                let matcher = Matcher::builder().all(url).no(except).build();
                Ok(Proxies(Some(Arc::new(matcher))))
            }
        }
    }
}

impl Default for Proxy {
    fn default() -> Self {
        Self::environment()
    }
}

/// Without the URL, which may hold a password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Choice::Environment => "Proxy::environment()",
            Choice::None => "Proxy::none()",
            Choice::Url { .. } => "Proxy::url(..)",
        })
    }
}

fn check_url(url: &str) -> Result<(), BuildError> {
    let shown = without_login(url);
    let parsed: Option<Uri> = url.parse().ok();
    let known = |uri: &Uri| {
        let scheme =
            matches!(uri.scheme_str(), Some("http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h"));
        scheme && uri.host().is_some_and(|host| !host.is_empty())
    };
    match parsed {
        Some(uri) if known(&uri) => Ok(()),
        _ => Err(BuildError::new("proxy", format_args!("{shown:?}"), SCHEMES)),
    }
}

/// The proxies, ready to be asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies(Option<Arc<Matcher>>);

impl Proxies {
    /// The proxy for a server, if there is one.
    pub(crate) fn intercept(&self, server: &Uri) -> Option<Intercept> {
        let matcher = self.0.as_ref()?;
        // To hyper-util `*` means every name and no address; to curl, and to us, every host.
        let mut any = server.clone().into_parts();
        any.authority = Some(Authority::from_static("not-in-any-list.invalid"));
        let all_left_out = Uri::from_parts(any).is_ok_and(|any| matcher.intercept(&any).is_none());
        matcher.intercept(server).filter(|_| !all_left_out)
    }
}
