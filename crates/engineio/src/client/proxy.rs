//! The proxies that a client goes through.

use std::fmt;
use std::sync::Arc;

use http::Uri;
use hyper_util::client::proxy::matcher::{Builder, Intercept, Matcher};

use super::config::BuildError;
use super::exceptions::Exceptions;
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
    /// What the environment says: `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, in lower or upper case, of which
    /// the lower case comes first. The default. Read once, when the connector is built. Where `REQUEST_METHOD` is set, as in
    /// CGI programs, there is none: there a client's header could set `HTTP_PROXY`.
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

    /// Leaves out some hosts: a list with commas or spaces of names (which stand for their subdomains as well), addresses,
    /// networks as in `10.0.0.0/8`, or `*`; a name or address with a port, as in `localhost:3000`, is left out for that
    /// port. Without effect unless a [`url`](Self::url) is given.
    #[must_use]
    pub fn except(mut self, hosts: impl Into<String>) -> Self {
        if let Choice::Url { except, .. } = &mut self.0 {
            *except = hosts.into();
        }
        self
    }

    pub(crate) fn check(self) -> Result<Proxies, BuildError> {
        match self.0 {
            Choice::Environment => Ok(Proxies::environment()),
            Choice::None => Ok(Proxies(None)),
            Choice::Url { url, except } => {
                check_url(&url)?;
                Ok(Proxies::new(Matcher::builder().all(url), &except))
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
pub(crate) struct Proxies(Option<Arc<Rules>>);

#[derive(Debug)]
struct Rules {
    matcher: Matcher,
    exceptions: Exceptions,
}

impl Proxies {
    fn new(proxies: Builder, except: &str) -> Self {
        let exceptions = Exceptions::parse(except);
        let matcher = proxies.no(exceptions.plain.as_str()).build();
        Self(Some(Arc::new(Rules { matcher, exceptions })))
    }

    fn environment() -> Self {
        if std::env::var_os("REQUEST_METHOD").is_some() {
            return Self::default();
        }
        let [http, https, all] = ["http_proxy", "https_proxy", "all_proxy"].map(variable);
        Self::new(Matcher::builder().http(http).https(https).all(all), &variable("no_proxy"))
    }

    /// The proxy for a server, if there is one.
    pub(crate) fn intercept(&self, server: &Uri) -> Option<Intercept> {
        let Rules { matcher, exceptions } = self.0.as_deref()?;
        matcher.intercept(server).filter(|_| !exceptions.contains(server))
    }
}

/// A variable, in lower case or else in upper case.
fn variable(name: &str) -> String {
    let value = std::env::var(name).or_else(|_| std::env::var(name.to_ascii_uppercase()));
    value.unwrap_or_default()
}
