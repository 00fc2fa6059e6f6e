//! URLs, read as browsers read them.

use std::borrow::Cow;
use std::fmt::Write;

use http::uri::{Authority, Scheme};
use percent_encoding::percent_decode_str;
use url::Url;

const SCHEMES: &str = "expected a URL with http://, https://, ws:// or wss://";

/// A URL: text in any script is percent-encoded, and hosts are names of ASCII letters (IDNA). What was encoded already
/// stays as it is.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    url: Url,
    scheme: Scheme,
    /// The interface that an IPv6 address belongs to, as in `[fe80::1%eth0]`, of which the crate `url` knows nothing.
    zone: Option<String>,
}

impl Address {
    /// Reads a URL that somebody typed.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what was expected.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_matches(|character| character <= ' ');
        if text.contains(|character: char| character.is_ascii_control()) {
            return Err("not a URL: it has a control character or a line end".to_owned());
        }
        let (_, rest) = text.split_once("://").ok_or(SCHEMES)?;
        if rest.starts_with(['/', '\\']) || rest.is_empty() {
            return Err("not a URL: it has no host".to_owned());
        }
        let (text, zone) = without_zone(text)?;
        let url = Url::parse(&text).map_err(|error| format!("not a URL: {error}"))?;
        Self::new(url, zone)
    }

    fn new(url: Url, zone: Option<String>) -> Result<Self, String> {
        let scheme = match url.scheme() {
            "http" | "ws" => Scheme::HTTP,
            "https" | "wss" => Scheme::HTTPS,
            _ => return Err(SCHEMES.to_owned()),
        };
        Ok(Self { url, scheme, zone })
    }

    /// The address that a response's `Location` names.
    pub(crate) fn join(&self, location: &str) -> Result<Self, String> {
        let url = self.url.join(location).map_err(|error| format!("no URL: {error}"))?;
        let same_host = url.host() == self.url.host();
        Self::new(url, self.zone.clone().filter(|_| same_host))
    }

    pub(crate) const fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// The host, without the brackets of an IPv6 address and without its zone.
    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The port, be it the scheme's own.
    pub(crate) fn port(&self) -> Option<u16> {
        self.url.port_or_known_default()
    }

    /// Host and port for connections, without user and password.
    pub(crate) fn authority(&self) -> Result<Authority, String> {
        let mut text = self.host_header();
        if let (Some(zone), Some(end)) = (&self.zone, text.find(']')) {
            text.insert_str(end, &format!("%25{zone}"));
        }
        text.parse().map_err(|error| format!("not a host and port: {error}"))
    }

    /// Host and port as the server is told them: it knows nothing of the zones of this machine.
    pub(crate) fn host_header(&self) -> String {
        let mut text = self.host().to_owned();
        if let Some(port) = self.url.port() {
            // Writing to a string cannot fail.
            let _ = write!(text, ":{port}");
        }
        text
    }

    pub(crate) fn path(&self) -> &str {
        self.url.path()
    }

    /// With another path, which is encoded as that of a URL is.
    pub(crate) fn with_path(mut self, path: &str) -> Self {
        self.url.set_path(path);
        self
    }

    /// The query's pairs, as they stand.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = &str> {
        self.url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty())
    }

    /// User and password, decoded, if there are any.
    pub(crate) fn login(&self) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
        let decode = |text| percent_decode_str(text).decode_utf8_lossy();
        let (user, password) = (self.url.username(), self.url.password());
        (!user.is_empty() || password.is_some()).then(|| (decode(user), decode(password.unwrap_or_default())))
    }
}

/// Takes the zone out of an IPv6 address, with its `%` encoded or not.
fn without_zone(text: &str) -> Result<(Cow<'_, str>, Option<String>), String> {
    let parts = text.split_once("://").and_then(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next()?;
        let (_, bracketed) = authority.split_once('[')?;
        bracketed.split_once(']')?.0.split_once('%')
    });
    let Some((_, zone)) = parts else { return Ok((text.into(), None)) };
    let name = zone.strip_prefix("25").filter(|rest| !rest.is_empty()).unwrap_or(zone);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if name.is_empty() || !name.bytes().all(plain) {
        return Err(format!("not a URL: {zone:?} is no name of an interface"));
    }
    Ok((text.replacen(&format!("%{zone}]"), "]", 1).into(), Some(name.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let address = Address::parse(text).unwrap();
        let query: Vec<_> = address.pairs().collect();
        format!(
            "{}://{}{}?{}",
            address.scheme(),
            address.authority().unwrap(),
            address.path(),
            query.join("&")
        )
    }

    #[test]
    fn text_in_any_script_is_encoded_once() {
        for (text, wanted) in [
            ("http://h/?name=José X", "http://h/?name=Jos%C3%A9%20X"),
            ("http://h/?name=Jos%C3%A9%20X&a=b+c%2B", "http://h/?name=Jos%C3%A9%20X&a=b+c%2B"),
            ("http://h/ä b/", "http://h/%C3%A4%20b/?"),
            ("http://h/%C3%A4/", "http://h/%C3%A4/?"),
            ("http://bücher.example", "http://xn--bcher-kva.example/?"),
            ("http://xn--bcher-kva.example", "http://xn--bcher-kva.example/?"),
            ("http://日本.例え:3000", "http://xn--wgv71a.xn--r8jz45g:3000/?"),
            ("HTTP://EXAMPLE.COM/A", "http://example.com/A?"),
            ("  http://h\n", "http://h/?"),
            ("http://h/#/chat", "http://h/?"),
            ("http://my_service:3000", "http://my_service:3000/?"),
        ] {
            assert_eq!(shown(text), wanted, "{text}");
        }
    }

    #[test]
    fn default_ports_are_not_told() {
        for (text, wanted) in [("http://h:80", "h"), ("wss://h:443", "h"), ("https://h:80", "h:80")] {
            assert_eq!(Address::parse(text).unwrap().host_header(), wanted, "{text}");
        }
    }

    #[test]
    fn zones_are_for_this_machine_alone() {
        for text in ["http://[fe80::1%25eth0]:3000", "http://u:p@[fe80::1%eth0]:3000/a%20b?x=%25"] {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.authority().unwrap(), "[fe80::1%25eth0]:3000", "{text}");
            assert_eq!(address.host_header(), "[fe80::1]:3000", "{text}");
        }
        for text in ["http://[fe80::1%]", "http://[fe80::1%e/h]", "http://[fe80::1%e h]"] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for text in [
            "",
            "h",
            "h:3000",
            "/path",
            "ftp://h",
            "http://",
            "http:///x",
            "http:h",
            "http://h\r\nX: y",
            "http://a b",
            "http://h:99999",
            "http://[::1",
        ] {
            assert!(Address::parse(text).is_err(), "{text:?}");
        }
    }
}
