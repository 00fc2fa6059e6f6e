//! What the head of a POST says about its body.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use super::Refusal;
use super::fields::{Field, Fields, items};

/// The type of a body of bytes.
const OCTET_STREAM: &[u8] = b"application/octet-stream";

/// What the head of a POST says about its body. The session judges it, because it closes with the refusal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PostHead {
    /// The length that the client declared; `None` when it sends chunks. A number too large to count is
    /// `u64::MAX`.
    pub content_length: Option<u64>,
    /// The body is declared as bytes (`application/octet-stream`), which EIO=4 does not know.
    pub octet_stream: bool,
    /// The body is compressed.
    pub content_encoding: bool,
    /// The client sends the body only when it is told to (`Expect`).
    pub expects: bool,
}

impl PostHead {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// When the length of the body is in doubt: a second reader of the connection could see other requests.
    pub(super) fn parse(headers: &HeaderMap, fields: &Fields<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            content_length: content_length(fields)?,
            octet_stream: is_octet_stream(headers, fields),
            content_encoding: fields.content_encoding.first.is_some() && is_encoded(headers),
            expects: fields.expect.first.is_some(),
        })
    }
}

/// What cannot be read counts as a coding that is not known.
fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|value| value.to_str().is_err())
        || items(headers, CONTENT_ENCODING).any(|coding| !coding.eq_ignore_ascii_case("identity"))
}

/// Refuses a body whose length is coded in another way than all servers and proxies understand alike.
pub(super) fn check_framing(fields: &Fields<'_>) -> Result<(), Refusal> {
    check_coding(fields)?;
    content_length(fields).map(drop)
}

fn check_coding(fields: &Fields<'_>) -> Result<(), Refusal> {
    match fields.transfer_encoding {
        Field { first: None, .. } => Ok(()),
        Field { first: Some(coding), repeated: false }
            if coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked") =>
        {
            Ok(())
        }
        Field { .. } => Err(Refusal::BadRequest("Transfer-Encoding is other than `chunked`, once")),
    }
}

fn content_length(fields: &Fields<'_>) -> Result<Option<u64>, Refusal> {
    let unusable = Refusal::BadRequest("Content-Length is repeated or no number");
    match fields.content_length {
        Field { first: None, .. } => Ok(None),
        Field { repeated: true, .. } => Err(unusable),
        Field { .. } if fields.transfer_encoding.first.is_some() => {
            Err(Refusal::BadRequest("Content-Length together with Transfer-Encoding"))
        }
        Field { first: Some(value), .. } => number(value.as_bytes().trim_ascii()).map(Some).ok_or(unusable),
    }
}

/// A number of decimal digits; one too large to count is `u64::MAX`.
fn number(digits: &[u8]) -> Option<u64> {
    let (first, rest) = digits.split_first()?;
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    rest.iter()
        .try_fold(digit(first)?, |number, byte| Some(number.saturating_mul(10).saturating_add(digit(byte)?)))
}

fn is_octet_stream(headers: &HeaderMap, fields: &Fields<'_>) -> bool {
    let essence = |value: &http::HeaderValue| {
        let value = value.as_bytes().trim_ascii_start().split_at_checked(OCTET_STREAM.len());
        value.is_some_and(|(name, rest)| {
            name.eq_ignore_ascii_case(OCTET_STREAM)
                && matches!(rest.trim_ascii_start().first(), None | Some(b';'))
        })
    };
    match fields.content_type {
        Field { first, repeated: false } => first.is_some_and(essence),
        _ => headers.get_all(CONTENT_TYPE).iter().any(essence),
    }
}

#[cfg(test)]
mod tests {
    use http::header::{CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING};
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn parse(fields: &[(HeaderName, &'static str)]) -> Result<PostHead, Refusal> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name, HeaderValue::from_static(value));
        }
        PostHead::parse(&headers, &Fields::find(&headers))
    }

    #[test]
    fn lengths_are_numbers() {
        for (text, wanted) in [
            ("0", Some(0)),
            ("1000000", Some(1_000_000)),
            ("18446744073709551615", Some(u64::MAX)),
            ("99999999999999999999999999", Some(u64::MAX)),
            ("-1", None),
            ("+1", None),
            ("1, 1", None),
            ("0x10", None),
            ("1e3", None),
            ("", None),
        ] {
            let found = parse(&[(CONTENT_LENGTH, text)]).ok().and_then(|head| head.content_length);
            assert_eq!(found, wanted, "{text}");
        }
        assert_eq!(parse(&[]), Ok(PostHead::default()));
    }

    #[test]
    fn a_length_in_doubt_is_refused() {
        for fields in [
            [(CONTENT_LENGTH, "1"), (CONTENT_LENGTH, "1")],
            [(CONTENT_LENGTH, "1"), (CONTENT_LENGTH, "2")],
            [(CONTENT_LENGTH, "1"), (TRANSFER_ENCODING, "chunked")],
        ] {
            assert!(matches!(parse(&fields), Err(Refusal::BadRequest(_))), "{fields:?}");
        }
        assert_eq!(parse(&[(TRANSFER_ENCODING, "chunked")]), Ok(PostHead::default()));
    }

    #[test]
    fn bodies_are_chunked_once_or_not_at_all() {
        let check = |values: &[&'static str]| {
            let field = |value: &&'static str| (TRANSFER_ENCODING, HeaderValue::from_static(value));
            let headers = values.iter().map(field).collect();
            check_framing(&Fields::find(&headers))
        };
        for values in [&[][..], &["chunked"], &[" Chunked "]] {
            assert_eq!(check(values), Ok(()), "{values:?}");
        }
        for values in
            [&["identity"][..], &["gzip, chunked"], &["identity, chunked"], &["chunked", "chunked"], &[""]]
        {
            assert!(matches!(check(values), Err(Refusal::BadRequest(_))), "{values:?}");
        }
    }

    #[test]
    fn octet_streams_are_seen() {
        for (text, wanted) in [
            ("application/octet-stream", true),
            (" Application/Octet-Stream ; charset=x", true),
            ("text/plain;charset=UTF-8", false),
            ("application/octet-streams", false),
            ("", false),
        ] {
            assert_eq!(parse(&[(CONTENT_TYPE, text)]).unwrap().octet_stream, wanted, "{text}");
        }
    }

    #[test]
    fn clients_that_wait_to_be_told_are_seen() {
        assert!(parse(&[(EXPECT, "100-continue")]).unwrap().expects);
    }

    #[test]
    fn codings_are_seen() {
        for (text, wanted) in [("gzip", true), ("identity", false), ("", false), ("identity, br", true)] {
            assert_eq!(parse(&[(CONTENT_ENCODING, text)]).unwrap().content_encoding, wanted, "{text}");
        }
    }
}
