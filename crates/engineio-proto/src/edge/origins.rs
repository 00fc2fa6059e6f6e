//! Which origins may talk to the server.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::origin::{Authority, Origin};
use super::{OriginError, RequestHead, fields};

/// Which pages may talk to the server, by their `Origin`.
///
/// A request without `Origin` is always allowed: it comes from no page.
#[derive(Clone, Default)]
pub enum AllowedOrigins {
    /// Pages that came from this server: host and port of `Origin` are those of the request.
    #[default]
    SameOrigin,
    /// Pages from anywhere. In Rust not together with credentials, see [`Cors::validate`](super::Cors::validate).
    Any,
    /// The pages of a list, and no others: the server's own origin must be in it to be allowed.
    List(OriginList),
    /// No check and no headers: another layer deals with CORS.
    Off,
    /// Pages of whose origin the function says so. It may be asked for every request and must not block.
    Predicate(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

impl AllowedOrigins {
    /// The pages of a list of origins such as `https://app.example` or `http://localhost:3000`; `null` stands
    /// for pages without an origin of their own.
    ///
    /// Case, the default port, white space around an entry and a slash at its end mean nothing.
    ///
    /// # Errors
    ///
    /// When an entry could never be equal to what a browser sends.
    pub fn list<I: IntoIterator<Item: AsRef<str>>>(origins: I) -> Result<Self, OriginError> {
        let entry = |origin: I::Item| entry(origin.as_ref());
        Ok(Self::List(OriginList(origins.into_iter().map(entry).collect::<Result<_, _>>()?)))
    }

    /// The pages of a list as [`list`](Self::list) has it, where an entry that is no origin is one to clients who
    /// send that very text, as programs may.
    pub fn texts<I: IntoIterator<Item: AsRef<str>>>(origins: I) -> Self {
        let entry = |text: I::Item| entry(text.as_ref()).unwrap_or_else(|_| text.as_ref().to_owned());
        Self::List(OriginList(origins.into_iter().map(entry).collect()))
    }

    /// The pages of whose origin the function says so.
    pub fn predicate(allows: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self::Predicate(Arc::new(allows))
    }

    /// Whether a request that bears this origin may be answered.
    pub(super) fn accept(&self, origin: &str, head: &RequestHead<'_>) -> bool {
        match self {
            Self::SameOrigin => is_same_origin(origin, head),
            Self::Any | Self::Off => true,
            Self::List(list) => list.contains(origin),
            Self::Predicate(allows) => allows(origin),
        }
    }

    /// What would be accepted, for the one who reads the log.
    pub(super) fn describe(&self, head: &RequestHead<'_>) -> String {
        match self {
            Self::SameOrigin => {
                format!("the server's own, {:?}", host(head).unwrap_or("which the request lacks"))
            }
            Self::Any | Self::Off => "any".to_owned(),
            Self::List(list) if list.0.is_empty() => "none".to_owned(),
            Self::List(list) => list.to_string(),
            Self::Predicate(_) => "those that the function accepts which was given".to_owned(),
        }
    }
}

impl fmt::Debug for AllowedOrigins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameOrigin => f.write_str("SameOrigin"),
            Self::Any => f.write_str("Any"),
            Self::List(list) => write!(f, "List({list})"),
            Self::Off => f.write_str("Off"),
            Self::Predicate(_) => f.write_str("Predicate(..)"),
        }
    }
}

/// Origins in one spelling each; made by [`AllowedOrigins::list`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginList(BTreeSet<String>);

impl OriginList {
    fn contains(&self, origin: &str) -> bool {
        self.0.contains(canonical(origin).as_deref().unwrap_or(origin))
    }
}

impl fmt::Display for OriginList {
    /// The first ten.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<&str> = self.0.iter().map(String::as_str).take(10).collect();
        let more = if self.0.len() > shown.len() { ", …" } else { "" };
        write!(f, "{}{more}", shown.join(", "))
    }
}

/// The one spelling of an entry of a list. White space around it and a slash at its end mean nothing.
fn entry(text: &str) -> Result<String, OriginError> {
    let trimmed = text.trim();
    let canonical = canonical(trimmed).or_else(|| canonical(trimmed.strip_suffix('/')?));
    canonical.ok_or_else(|| OriginError::new(text))
}

fn canonical(origin: &str) -> Option<String> {
    if origin == "null" {
        return Some(origin.to_owned());
    }
    Origin::parse(origin).map(|origin| origin.canonical())
}

/// Whether the origin is the server's own: as the request names it, or as a trusted proxy says that it did.
fn is_same_origin(origin: &str, head: &RequestHead<'_>) -> bool {
    let Some(origin) = Origin::parse(origin) else { return false };
    let secure = secure(head);
    let named = [host(head), forwarded(head, "x-forwarded-host")];
    named.into_iter().flatten().filter_map(Authority::parse).any(|host| origin.is_served_by(&host, secure))
}

fn host<'a>(head: &RequestHead<'a>) -> Option<&'a str> {
    head.authority.or_else(|| fields::single(head.headers, http::header::HOST).ok()?)
}

/// What a trusted proxy says: the first of the values, which is the one that the outermost proxy saw.
fn forwarded<'a>(head: &RequestHead<'a>, name: &str) -> Option<&'a str> {
    let value = head.headers.get(name).filter(|_| head.forwarded_trusted)?;
    fields::list(value.to_str().ok()?).next()
}

fn secure(head: &RequestHead<'_>) -> Option<bool> {
    forwarded_scheme(head).map_or(head.secure, |scheme| Some(scheme == "https"))
}

/// Returns the scheme that a trusted proxy reports, `http` or `https`; `ws` and `wss` are other names of these. Any other
/// word counts as none, so that no text of a peer gets further.
pub fn forwarded_scheme(head: &RequestHead<'_>) -> Option<&'static str> {
    match forwarded(head, "x-forwarded-proto")?.to_ascii_lowercase().as_str() {
        "https" | "wss" => Some("https"),
        "http" | "ws" => Some("http"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::header::HOST;
    use http::{HeaderMap, HeaderName, HeaderValue, Method};

    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let field = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        fields.iter().map(field).collect()
    }

    fn accepts(origins: &AllowedOrigins, origin: &str) -> bool {
        let headers = headers(&[("host", "a.example")]);
        origins.accept(origin, &RequestHead::new(&Method::GET, "", &headers))
    }

    #[test]
    fn lists_hold_origins_in_any_spelling() {
        let list =
            AllowedOrigins::list(["https://App.example:443", "ws://localhost:3000", "file://"]).unwrap();
        for (origin, wanted) in [
            ("https://app.example", true),
            ("wss://app.example", true),
            ("http://app.example", false),
            ("https://app.example:8443", false),
            ("https://app.example.evil.example", false),
            ("https://evil-app.example", false),
            ("http://localhost:3000", true),
            ("http://localhost", false),
            ("file://", true),
            ("null", false),
            ("https://a.example", false),
        ] {
            assert_eq!(accepts(&list, origin), wanted, "{origin}");
        }
        assert!(accepts(&AllowedOrigins::list(["null"]).unwrap(), "null"));
        assert!(!accepts(&AllowedOrigins::list([""; 0]).unwrap(), "https://a.example"));
    }

    #[test]
    fn white_space_and_a_slash_around_an_entry_mean_nothing() {
        for entry in ["https://app.example/", " https://app.example\n", "\tHTTPS://APP.example:443/ "] {
            let list = AllowedOrigins::list([entry]).unwrap();
            assert!(accepts(&list, "https://app.example"), "{entry:?}");
            assert!(!accepts(&list, "https://app.example/"), "{entry:?}: no browser sends that");
        }
    }

    #[test]
    fn texts_may_be_no_origins() {
        let texts = AllowedOrigins::texts(["robot", "https://App.example/"]);
        for (origin, wanted) in
            [("robot", true), ("Robot", false), ("robots", false), ("https://app.example", true), ("", false)]
        {
            assert_eq!(accepts(&texts, origin), wanted, "{origin}");
        }
    }

    #[test]
    fn entries_that_no_browser_sends_are_named() {
        for entry in [
            "*",
            "app.example",
            "https://app.example/x",
            "https://*.example",
            "https://bücher.example",
            "",
            "/",
        ] {
            let error = AllowedOrigins::list(["https://app.example", entry]).unwrap_err().to_string();
            assert!(error.contains(&format!("{entry:?}")) && error.contains("scheme://host"), "{error}");
        }
    }

    #[test]
    fn the_other_policies() {
        for (origins, origin, wanted) in [
            (AllowedOrigins::SameOrigin, "https://a.example", true),
            (AllowedOrigins::SameOrigin, "https://b.example", false),
            (AllowedOrigins::SameOrigin, "null", false),
            (AllowedOrigins::Any, "null", true),
            (AllowedOrigins::Any, "https://b.example", true),
            (AllowedOrigins::predicate(|origin| origin.ends_with(".example")), "https://b.example", true),
            (AllowedOrigins::predicate(|origin| origin.ends_with(".example")), "null", false),
        ] {
            assert_eq!(accepts(&origins, origin), wanted, "{origins:?} {origin}");
        }
    }

    #[test]
    fn proxies_are_believed_only_when_trusted() {
        let own = headers(&[("host", "inner:8080")]);
        let host = headers(&[("host", "inner:8080"), ("x-forwarded-host", "a.example , b.example")]);
        let proto = headers(&[("host", "a.example"), ("x-forwarded-proto", "HTTPS, http")]);
        let odd = headers(&[("host", "a.example"), ("x-forwarded-proto", "gopher")]);
        for (headers, trusted, origin, wanted) in [
            (&own, false, "http://inner:8080", true),
            (&own, true, "http://a.example", false),
            (&host, false, "https://a.example", false),
            (&host, true, "https://a.example", true),
            (&host, true, "https://b.example", false),
            (&host, true, "http://inner:8080", true),
            (&proto, false, "http://a.example", true),
            (&proto, true, "http://a.example", false),
            (&proto, true, "https://a.example", true),
            (&odd, true, "http://a.example", true),
        ] {
            let mut head = RequestHead::new(&Method::GET, "", headers);
            head.forwarded_trusted = trusted;
            assert_eq!(
                AllowedOrigins::SameOrigin.accept(origin, &head),
                wanted,
                "{headers:?} {trusted} {origin}"
            );
        }
    }

    #[test]
    fn the_authority_counts_more_than_host() {
        let headers = headers(&[("host", "other.example")]);
        let mut head = RequestHead::new(&Method::GET, "", &headers);
        head.authority = Some("a.example:443");
        assert!(AllowedOrigins::SameOrigin.accept("https://a.example", &head));
        assert!(!AllowedOrigins::SameOrigin.accept("https://other.example", &head));
    }

    #[test]
    fn without_one_host_no_page_is_our_own() {
        let mut twice = headers(&[("host", "a.example")]);
        twice.append(HOST, HeaderValue::from_static("a.example"));
        for headers in [headers(&[]), twice, headers(&[("host", "")]), headers(&[("host", "u@a.example")])] {
            let head = RequestHead::new(&Method::GET, "", &headers);
            assert!(!AllowedOrigins::SameOrigin.accept("http://a.example", &head), "{headers:?}");
        }
    }

    #[test]
    fn long_lists_are_shown_in_part() {
        let entries = (0..11).map(|n| format!("https://{n}.example"));
        let shown = format!("{:?}", AllowedOrigins::list(entries).unwrap());
        assert!(shown.starts_with("List(https://0.example, ") && shown.ends_with(", …)"), "{shown}");
    }
}
