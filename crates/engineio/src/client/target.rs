//! Where a client connects to.

use std::sync::Arc;

use base64_simd::STANDARD;
use engineio_proto::edge::Query;
use engineio_proto::{Sid, Transport};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Uri};

use super::address::Address;
use super::connect_error::{ConnectError, Phase};
use super::failure::Failure;

/// The path of a server that was told none.
pub(crate) const DEFAULT_PATH: &str = "/engine.io/";

/// A server's address.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(super) address: Address,
    /// Host and port, without user and password.
    authority: Authority,
    /// What the URL's query and the options ask for, with `&` before each pair.
    pub(super) query: String,
    /// The value of the `Host` header.
    pub(crate) host_header: HeaderValue,
    /// What the URL's user and password make.
    pub(crate) basic: Option<HeaderValue>,
}

impl Target {
    /// Reads a URL. `path` and `pairs` are those of the options: the path stands in for the URL's, the pairs are
    /// appended to its query.
    pub(crate) fn parse(
        url: &str,
        path: Option<&str>,
        pairs: &[(String, String)],
    ) -> Result<Self, ConnectError> {
        let refuse = |detail| bad_url(url, detail);
        let address = Address::parse(url).map_err(refuse)?;
        let mut query = String::new();
        address.pairs().for_each(|pair| query.extend(["&", pair]));
        for (name, value) in pairs {
            Query::append(&mut query, name, value);
        }
        let own_path = if address.path() == "/" { Some(DEFAULT_PATH) } else { None };
        let address = match path.or(own_path) {
            Some(path) => address.with_path(path),
            None => address,
        };
        let basic = address.login().map(|(user, password)| basic(&user, &password));
        Self::new(address, query, basic).map_err(refuse)
    }

    pub(super) fn new(address: Address, query: String, basic: Option<HeaderValue>) -> Result<Self, String> {
        let authority = address.authority()?;
        let host_header = HeaderValue::try_from(address.host_header());
        let host_header = host_header.map_err(|error| format!("not a host and port: {error}"))?;
        Ok(Self { address, authority, query, host_header, basic })
    }

    /// Whether the connection is encrypted.
    pub(crate) fn is_secure(&self) -> bool {
        *self.address.scheme() == Scheme::HTTPS
    }

    pub(crate) fn host(&self) -> &str {
        self.address.host()
    }

    pub(crate) fn path(&self) -> &str {
        self.address.path()
    }

    /// The address of a request; `stamp` is a further pair, which keeps caches away.
    pub(crate) fn uri(
        &self,
        transport: Transport,
        sid: Option<&Sid>,
        stamp: Option<(&str, &str)>,
    ) -> Result<Uri, Failure> {
        let mut query = Query::format(transport, sid, None, []);
        query.push_str(&self.query);
        if let Some((name, value)) = stamp {
            Query::append(&mut query, name, value);
        }
        let path = PathAndQuery::try_from(format!("{}?{query}", self.path()));
        path.ok()
            .and_then(|path| {
                Uri::builder()
                    .scheme(self.address.scheme().clone())
                    .authority(self.authority.clone())
                    .path_and_query(path)
                    .build()
                    .ok()
            })
            .ok_or_else(|| Failure::new(Phase::Url, "the path and query make no URL"))
    }
}

/// Without what could be a secret: user, password and query.
impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}{}", self.address.scheme(), self.authority, self.path())
    }
}

/// The credentials of basic authentication.
pub(crate) fn basic(user: &str, password: &str) -> HeaderValue {
    let encoded = STANDARD.encode_to_string(format!("{user}:{password}"));
    // Base64 is always a header's value.
    let mut value = HeaderValue::try_from(format!("Basic {encoded}")).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// A URL or authority as it may be shown: what is before an `@` may hold a password.
pub(crate) fn without_login(text: &str) -> &str {
    text.rsplit_once('@').map_or(text, |(_, rest)| rest)
}

fn bad_url(url: &str, detail: String) -> ConnectError {
    ConnectError::new(Arc::from(without_login(url)), Failure::new(Phase::Url, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::parse(url, None, &[]).unwrap()
    }

    #[test]
    fn urls() {
        let cases = [
            ("http://h", "http://h/engine.io/"),
            ("ws://h:1/", "http://h:1/engine.io/"),
            ("wss://h/chat", "https://h/chat"),
            ("https://u:p@h/?token=x", "https://h/engine.io/"),
            ("http://[::1]:3000", "http://[::1]:3000/engine.io/"),
            ("http://bücher.example/ä", "http://xn--bcher-kva.example/%C3%A4"),
        ];
        for (url, shown) in cases {
            assert_eq!(target(url).to_string(), shown, "{url}");
        }
    }

    #[test]
    fn requests() {
        let pairs = [("a b".to_owned(), "é&".to_owned())];
        let target = Target::parse("http://h?x=1&&y", Some("/p/"), &pairs).unwrap();
        let uri = target.uri(Transport::Polling, None, Some(("t", "1"))).unwrap();
        assert_eq!(uri, "http://h/p/?EIO=4&transport=polling&x=1&y&a%20b=%C3%A9%26&t=1");
        let sid = Sid::parse("abc").unwrap();
        let uri = target.uri(Transport::WebSocket, Some(&sid), None).unwrap();
        assert_eq!(uri, "http://h/p/?EIO=4&transport=websocket&sid=abc&x=1&y&a%20b=%C3%A9%26");
    }

    #[test]
    fn user_and_password_become_a_header() {
        let basic = target("http://us%20er:p%40ss@h").basic.unwrap();
        assert_eq!(basic, format!("Basic {}", STANDARD.encode_to_string("us er:p@ss")));
        assert_eq!(target("http://h").basic, None);
    }

    #[test]
    fn unusable_urls_say_why_and_keep_passwords_to_themselves() {
        for url in ["", "h", "/path", "ftp://h", "http://", "http:///x", "http://u:secret@", "http://a b"] {
            let error = Target::parse(url, None, &[]).unwrap_err();
            assert_eq!(error.phase(), Phase::Url, "{url:?}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
