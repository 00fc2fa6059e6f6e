//! The query of a request: read on the server, written by the client.

use std::borrow::Cow;
use std::iter;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::{Sid, Transport};

/// Everything but the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// How the queries of nearly all polling requests begin.
const USUAL: &str = "EIO=4&transport=polling&";

/// Parameters that are the protocol's own.
const RESERVED: [&str; 4] = ["EIO", "transport", "sid", "j"];

/// The parameters of a query that mean something to the protocol; all others are left to the application.
///
/// Empty values of `sid` and `j` count as absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query<'a> {
    /// The protocol version.
    pub eio: Eio<'a>,
    /// The name of the transport.
    pub transport: Option<Cow<'a, str>>,
    /// The session id.
    pub sid: Option<Cow<'a, str>>,
    /// The index of a JSONP callback.
    pub j: Option<Cow<'a, str>>,
}

/// The protocol version that a query asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Eio<'a> {
    /// No `EIO`.
    #[default]
    Missing,
    /// `EIO=4`, once.
    V4,
    /// One other value.
    Other(Cow<'a, str>),
    /// Several values, be they equal or not.
    Repeated,
}

/// Why a query cannot be understood: a parameter stands twice, so two readers could take it differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// `transport` stands twice.
    #[error("the query has several `transport`; expected one")]
    RepeatedTransport,
    /// `sid` stands twice.
    #[error("the query has several `sid`; expected one")]
    RepeatedSid,
    /// `j` stands twice.
    #[error("the query has several `j`; expected one")]
    RepeatedJ,
}

impl<'a> Query<'a> {
    /// Reads the text after the `?`, in time linear in its length.
    ///
    /// # Errors
    ///
    /// The client's fault: a repeated `transport`, `sid` or `j`.
    pub fn parse(text: &'a str) -> Result<Self, QueryError> {
        let mut query = Self::default();
        let mut rest = text;
        if let Some(behind) = text.strip_prefix(USUAL) {
            (query.eio, query.transport, rest) = (Eio::V4, Some(Transport::Polling.name().into()), behind);
        }
        for (name, value) in Self::pairs(rest) {
            query.take(&name, value)?;
        }
        for slot in [&mut query.sid, &mut query.j] {
            slot.take_if(|value| value.is_empty());
        }
        Ok(query)
    }

    /// The session that a query names which is of EIO=4 and polling and says nothing else, as nearly all do. Nothing has
    /// to be decoded in an id.
    pub(super) fn usual_sid(text: &str) -> Option<Sid> {
        text.strip_prefix(USUAL)?.strip_prefix("sid=").and_then(Sid::parse)
    }

    /// The decoded names and values of a query, in order. `+` is a space; a malformed escape stands for itself;
    /// bytes that are no UTF-8 become U+FFFD.
    pub fn pairs(text: &'a str) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> {
        // Hardly any query has something to decode, and looking once is cheaper than looking at each part.
        let decode = if is_plain(text) { Cow::Borrowed } else { decode };
        let mut rest = Some(text);
        let parts = iter::from_fn(move || {
            let (pair, behind) = cut(rest?, b'&');
            rest = behind;
            Some(pair)
        });
        let split = |pair: &'a str| {
            let (name, value) = cut(pair, b'=');
            (name, value.unwrap_or_default())
        };
        parts
            .filter(|pair| !pair.is_empty())
            .map(split)
            .map(move |(name, value)| (decode(name), decode(value)))
    }

    /// Writes a client's query: the protocol's parameters, then the user's.
    ///
    /// Parameters of the user that bear a name of the protocol are left out, and `t` is when there is a
    /// `timestamp`, which keeps caches from answering a poll.
    pub fn format<'p>(
        transport: Transport,
        sid: Option<&Sid>,
        timestamp: Option<&str>,
        params: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) -> String {
        let mut text = format!("EIO=4&transport={transport}");
        let own = [("sid", sid.map(Sid::as_str)), ("t", timestamp)];
        for (name, value) in own.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            Self::append(&mut text, name, value);
        }
        let taken = |name: &str| RESERVED.contains(&name) || (name == "t" && timestamp.is_some());
        for (name, value) in params.into_iter().filter(|(name, _)| !taken(name)) {
            Self::append(&mut text, name, value);
        }
        text
    }

    /// Appends `&`, and the escaped name and value of one more parameter.
    pub fn append(text: &mut String, name: &str, value: &str) {
        text.push('&');
        text.extend(utf8_percent_encode(name, ESCAPED));
        text.push('=');
        text.extend(utf8_percent_encode(value, ESCAPED));
    }

    fn take(&mut self, name: &str, value: Cow<'a, str>) -> Result<(), QueryError> {
        match name {
            "EIO" => self.eio = self.eio.followed_by(value),
            "transport" => once(&mut self.transport, value, QueryError::RepeatedTransport)?,
            "sid" => once(&mut self.sid, value, QueryError::RepeatedSid)?,
            "j" => once(&mut self.j, value, QueryError::RepeatedJ)?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> Eio<'a> {
    fn followed_by(&self, value: Cow<'a, str>) -> Self {
        match self {
            Self::Missing if value == "4" => Self::V4,
            Self::Missing => Self::Other(value),
            _ => Self::Repeated,
        }
    }
}

fn once<'a>(
    slot: &mut Option<Cow<'a, str>>,
    value: Cow<'a, str>,
    error: QueryError,
) -> Result<(), QueryError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(error),
    }
}

/// What is before the first `separator`, and what is behind it. For texts as short as these a plain loop is the
/// fastest search.
fn cut(text: &str, separator: u8) -> (&str, Option<&str>) {
    let at = text.bytes().position(|byte| byte == separator);
    let parts = at.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?)));
    parts.map_or((text, None), |(before, behind)| (before, Some(behind)))
}

/// Whether nothing in it is encoded.
fn is_plain(text: &str) -> bool {
    memchr::memchr2(b'%', b'+', text.as_bytes()).is_none()
}

fn decode(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned());
    }
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> (Option<String>, Option<String>, Option<String>) {
        let query = Query::parse(text).unwrap();
        let own = |value: Option<Cow<'_, str>>| value.map(Cow::into_owned);
        (own(query.transport), own(query.sid), own(query.j))
    }

    #[test]
    fn parameters_are_decoded() {
        let some = |text: &str| Some(text.to_owned());
        for (text, wanted) in [
            ("", (None, None, None)),
            ("transport=polling&sid=a&j=0", (some("polling"), some("a"), some("0"))),
            ("&&sid=a&&", (None, some("a"), None)),
            ("sid=", (None, None, None)),
            ("sid&transport&j", (some(""), None, None)),
            ("s%69d=%61+%2B", (None, some("a +"), None)),
            ("sid=%zz%", (None, some("%zz%"), None)),
            ("sid=%ff", (None, some("\u{fffd}"), None)),
            ("sid=a=b", (None, some("a=b"), None)),
            ("SID=a&Transport=polling", (None, None, None)),
            ("__proto__=x&constructor=y", (None, None, None)),
            ("transport=__proto__", (some("__proto__"), None, None)),
            ("sid=%00", (None, some("\0"), None)),
        ] {
            assert_eq!(parsed(text), wanted, "{text}");
        }
    }

    #[test]
    fn the_version_stands_once() {
        for (text, wanted) in [
            ("", Eio::Missing),
            ("eio=4", Eio::Missing),
            ("EIO=4", Eio::V4),
            ("EIO=%34", Eio::V4),
            ("EIO=", Eio::Other("".into())),
            ("EIO=04", Eio::Other("04".into())),
            ("EIO=999", Eio::Other("999".into())),
            ("EIO=4&EIO=4", Eio::Repeated),
            ("EIO=4&transport=polling&", Eio::V4),
            ("EIO=4&transport=polling&EIO=4", Eio::Repeated),
            ("EIO=4&transport=polling&EIO=3", Eio::Repeated),
            ("EIO=3&EIO=4&EIO=4", Eio::Repeated),
        ] {
            assert_eq!(Query::parse(text).unwrap().eio, wanted, "{text}");
        }
    }

    #[test]
    fn what_two_readers_could_take_differently_is_refused() {
        for (text, wanted) in [
            ("sid=a&sid=a", QueryError::RepeatedSid),
            ("sid=&sid=a", QueryError::RepeatedSid),
            ("sid=a&%73id=b", QueryError::RepeatedSid),
            ("transport=polling&transport=polling", QueryError::RepeatedTransport),
            ("EIO=4&transport=polling&sid=a&transport=polling", QueryError::RepeatedTransport),
            ("EIO=4&transport=polling&transport=", QueryError::RepeatedTransport),
            ("j=0&j=1", QueryError::RepeatedJ),
        ] {
            assert_eq!(Query::parse(text), Err(wanted), "{text}");
        }
    }

    #[test]
    fn large_values_are_borrowed() {
        let text = format!("transport={}", "x".repeat(64 << 10));
        assert!(
            matches!(Query::parse(&text).unwrap().transport, Some(Cow::Borrowed(value)) if value.len() == 64 << 10)
        );
    }

    #[test]
    fn a_query_of_separators_is_empty() {
        assert_eq!(Query::parse(&"&=".repeat(32 << 10)), Ok(Query::default()));
        assert_eq!(Query::parse(&"%".repeat(64 << 10)), Ok(Query::default()));
    }

    #[test]
    fn the_client_writes_its_own_parameters_first() {
        let sid = Sid::parse("s-1").unwrap();
        let params =
            [("token", "a b&c"), ("sid", "x"), ("EIO", "3"), ("t", "y"), ("transport", "z"), ("j", "0")];
        let text = Query::format(Transport::Polling, Some(&sid), Some("Ox1"), params);
        assert_eq!(text, "EIO=4&transport=polling&sid=s-1&t=Ox1&token=a%20b%26c");
        assert_eq!(
            Query::format(Transport::WebSocket, None, None, [("t", "y")]),
            "EIO=4&transport=websocket&t=y"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read(text: String) {
            let _ = Query::parse(&text);
            prop_assert!(Query::pairs(&text).count() <= text.len());
        }

        #[test]
        fn how_a_query_begins_makes_no_difference(rest in "(&?(sid|transport|EIO|j|t)(=[a4%+]{0,2})?){0,4}") {
            let (usual, other) = (format!("{USUAL}{rest}"), format!("&{USUAL}{rest}"));
            prop_assert_eq!(Query::parse(&usual), Query::parse(&other));
        }

        #[test]
        fn what_the_client_writes_the_server_reads(
            sid in "[A-Za-z0-9._~-]{1,64}",
            t: Option<String>,
            params in prop::collection::vec(any::<(String, String)>(), 0..6),
        ) {
            let params: Vec<_> = params.into_iter().map(|(name, value)| (format!("x{name}"), value)).collect();
            let borrowed = params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let sid = Sid::parse(&sid).unwrap();
            let text = Query::format(Transport::WebSocket, Some(&sid), t.as_deref(), borrowed.clone());
            let query = Query::parse(&text).unwrap();
            prop_assert_eq!(query.eio, Eio::V4);
            prop_assert_eq!(query.transport.as_deref(), Some("websocket"));
            prop_assert_eq!(query.sid.as_deref(), Some(sid.as_str()));
            let own = 3 + usize::from(t.is_some());
            let rest: Vec<_> = Query::pairs(&text).skip(own).collect();
            prop_assert!(rest.iter().map(|(name, value)| (&**name, &**value)).eq(borrowed));
        }
    }
}
