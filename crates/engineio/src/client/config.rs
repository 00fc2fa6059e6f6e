//! The checked settings of a client.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use engineio_proto::Transport;
use engineio_proto::client::ClientConfig;
use http::HeaderMap;

use super::Reconnect;
use super::cookies::CookieJar;
use super::dialer::Dialer;
use super::proxy::Proxies;
#[cfg(feature = "tls")]
use super::tls::Tls;

/// An option that cannot work, with its name, what it was set to and what is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    pub(crate) option: &'static str,
    pub(crate) value: String,
    pub(crate) expected: &'static str,
}

impl BuildError {
    pub(crate) fn new(option: &'static str, value: impl fmt::Display, expected: &'static str) -> Self {
        Self { option, value: value.to_string(), expected }
    }

    /// The option's name.
    pub const fn option(&self) -> &'static str {
        self.option
    }

    /// What is accepted.
    pub const fn expected(&self) -> &'static str {
        self.expected
    }
}

impl BuildError {
    /// The line that is displayed, with another name for the option, for programs whose users do not know the builder.
    pub fn in_words(&self, name: impl Fn(&'static str) -> &'static str) -> String {
        format!("`{}` is {}; expected {}", name(self.option), self.value, self.expected)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_words(|option| option))
    }
}

impl std::error::Error for BuildError {}

/// The settings of a client, checked.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) session: Arc<ClientConfig>,
    pub(crate) path: Option<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    /// In the order in which they are tried; at least one.
    pub(crate) transports: Vec<Transport>,
    pub(crate) fall_through: bool,
    pub(crate) remember_upgrade: bool,
    pub(crate) connect_timeout: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) timestamp: Option<String>,
    pub(crate) protocols: Vec<String>,
    pub(crate) local_address: Option<IpAddr>,
    pub(crate) dialer: Option<Dialer>,
    pub(crate) compression: bool,
    pub(crate) max_fragments: u32,
    pub(crate) proxies: Proxies,
    #[cfg(feature = "tls")]
    pub(crate) tls: Tls,
    pub(crate) cookies: Cookies,
    pub(crate) reconnect: Option<Reconnect>,
}

/// Where a client keeps cookies.
#[derive(Clone, Debug)]
pub(crate) enum Cookies {
    /// Each client in a jar of its own.
    Own,
    Given(CookieJar),
    Off,
}

impl Cookies {
    /// The jar of one client.
    pub(crate) fn jar(&self) -> Option<CookieJar> {
        match self {
            Self::Own => Some(CookieJar::new()),
            Self::Given(jar) => Some(jar.clone()),
            Self::Off => None,
        }
    }
}
