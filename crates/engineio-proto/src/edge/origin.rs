//! Origins (RFC 6454) and the authorities that they are compared with.

use std::net::Ipv6Addr;

/// An origin with a scheme and a host, as a browser sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin<'a> {
    scheme: &'a str,
    authority: Authority<'a>,
}

/// A host and perhaps a port, as in the `Host` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Authority<'a> {
    /// An IPv6 address stands in its brackets.
    host: &'a str,
    port: Option<u16>,
}

impl<'a> Origin<'a> {
    /// Reads `scheme://host[:port]`; anything more or less is no origin. `file://` has no host.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let authority = if rest.is_empty() && scheme.eq_ignore_ascii_case("file") {
            Authority { host: "", port: None }
        } else {
            Authority::parse(rest)?
        };
        is_scheme(scheme).then_some(Self { scheme, authority })
    }

    /// One spelling for all spellings of the same origin: lower case, no default port, one form of IPv6.
    pub(super) fn canonical(&self) -> String {
        let port = self.authority.port.filter(|port| Some(*port) != self.default_port());
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let scheme = self.http_scheme().map_or_else(|| self.scheme.to_ascii_lowercase(), str::to_owned);
        format!("{scheme}://{}{port}", self.authority.canonical_host())
    }

    /// Whether a page of this origin was loaded from that authority. The scheme counts where `secure` says
    /// which one the server is reached by.
    pub(super) fn is_served_by(&self, authority: &Authority<'_>, secure: Option<bool>) -> bool {
        let Some(default_port) = self.default_port() else { return false };
        let port = |authority: &Authority<'_>| authority.port.unwrap_or(default_port);
        secure.is_none_or(|secure| secure == (default_port == 443))
            && port(&self.authority) == port(authority)
            && self.authority.host.eq_ignore_ascii_case(authority.host)
    }

    /// `ws` is `http` by another name: some clients send the URL that they connect to.
    fn http_scheme(&self) -> Option<&'static str> {
        let is = |name: &str| self.scheme.eq_ignore_ascii_case(name);
        if is("https") || is("wss") {
            Some("https")
        } else if is("http") || is("ws") {
            Some("http")
        } else {
            None
        }
    }

    fn default_port(&self) -> Option<u16> {
        self.http_scheme().map(|scheme| if scheme == "https" { 443 } else { 80 })
    }
}

impl<'a> Authority<'a> {
    /// Reads `host[:port]`.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (host, port) = split_port(text)?;
        let port = match port {
            Some(digits) => Some(parse_port(digits)?),
            None => None,
        };
        is_host(host).then_some(Self { host, port })
    }

    fn canonical_host(&self) -> String {
        match ipv6(self.host) {
            Some(address) => format!("[{address}]"),
            None => self.host.to_ascii_lowercase(),
        }
    }
}

fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    let host_len =
        if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    let (host, rest) = text.split_at_checked(host_len)?;
    if rest.is_empty() { Some((host, None)) } else { Some((host, Some(rest.strip_prefix(':')?))) }
}

fn parse_port(digits: &str) -> Option<u16> {
    // `parse` alone would take a sign.
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn is_scheme(text: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(rest)
}

fn is_host(text: &str) -> bool {
    let name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    ipv6(text).is_some() || (!text.is_empty() && text.bytes().all(name))
}

fn ipv6(host: &str) -> Option<Ipv6Addr> {
    host.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_origin_are_one() {
        for (text, canonical) in [
            ("https://a.example", "https://a.example"),
            ("HTTPS://A.Example:443", "https://a.example"),
            ("wss://a.example", "https://a.example"),
            ("ws://a.example:80", "http://a.example"),
            ("http://a.example:443", "http://a.example:443"),
            ("http://[0:0::1]:8080", "http://[::1]:8080"),
            ("http://[::FFFF:1.2.3.4]", "http://[::ffff:1.2.3.4]"),
            ("http://a_b:1", "http://a_b:1"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("chrome-extension://abc", "chrome-extension://abc"),
            ("file://", "file://"),
        ] {
            assert_eq!(Origin::parse(text).unwrap().canonical(), canonical, "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_origin() {
        for text in [
            "",
            "null",
            "foo",
            "a.example",
            "//a.example",
            "https://",
            "https:///",
            "://a",
            "1http://a",
            "https://a/",
            "https://a/path",
            "https://a?q",
            "https://u@a",
            "https://a:",
            "https://a:b",
            "https://a:+80",
            "https://a:65536",
            "https://a:1:2",
            "https://a b",
            "https://a, https://b",
            "https://a https://b",
            "https://é",
            "https://[::1",
            "https://[::1]x",
            "https://[x]",
            "https://::1",
            "https://*.example",
            "http://a\n",
        ] {
            assert_eq!(Origin::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_server_is_compared_by_host_and_port() {
        for (origin, authority, secure, same) in [
            ("http://a", "a", None, true),
            ("https://a", "a", None, true),
            ("https://a", "a:443", None, true),
            ("http://a:80", "a", None, true),
            ("https://a", "a:80", None, false),
            ("http://a:8080", "a:8080", None, true),
            ("http://a:8080", "a", None, false),
            ("http://a", "a:8080", None, false),
            ("http://A", "a", None, true),
            ("http://a", "b", None, false),
            ("http://a.b", "b", None, false),
            ("http://a", "a.b", None, false),
            ("http://[::1]:3000", "[::1]:3000", None, true),
            ("http://[::1]", "[::2]", None, false),
            ("wss://a", "a", Some(true), true),
            ("https://a", "a", Some(true), true),
            ("http://a", "a", Some(true), false),
            ("https://a", "a", Some(false), false),
            ("http://a", "a", Some(false), true),
            ("capacitor://localhost", "localhost", None, false),
            ("file://", "a", None, false),
        ] {
            let server = Authority::parse(authority).unwrap();
            assert_eq!(
                Origin::parse(origin).unwrap().is_served_by(&server, secure),
                same,
                "{origin} {authority}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text: String) {
            let _ = Origin::parse(&text);
            let _ = Authority::parse(&text);
        }

        #[test]
        fn canonical_origins_stay_as_they_are(text in "(https?|wss?|app)://(\\[[0-9a-f]{1,4}::1\\]|[A-Za-z0-9.-]{1,20})(:[0-9]{1,5})?") {
            if let Some(origin) = Origin::parse(&text) {
                let canonical = origin.canonical();
                prop_assert_eq!(Origin::parse(&canonical).unwrap().canonical(), canonical.clone());
            }
        }
    }
}
