//! The bytes of plain requests.

use std::mem::MaybeUninit;

use bytes::Bytes;
use engineio_proto::edge::EdgePath;
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use crate::server::driver::serve::MAX_HEAD;

/// Header fields of a plain request, at most. Browsers send about fifteen.
const FIELDS: usize = 32;

/// Finds a plain request of this path at the beginning of the bytes: its head goes to `request`, in the memory of the
/// one before; its body is returned, with the length of both in bytes. `None` says nothing but that the bytes are for
/// others to look at.
pub(super) fn parse(bytes: &[u8], path: &EdgePath, request: &mut Parts) -> Option<(Bytes, usize)> {
    let mut fields = [const { MaybeUninit::uninit() }; FIELDS];
    let mut head = httparse::Request::new(&mut []);
    let parsed = head.parse_with_uninit_headers(bytes, &mut fields).ok()?;
    let httparse::Status::Complete(head_len) = parsed else { return None };
    if head.version != Some(1) || head_len > MAX_HEAD {
        return None;
    }
    request.method = method(head.method?)?;
    request.uri = target(head.path?)?;
    if !path.matches(request.uri.path()) {
        return None;
    }
    let body_len = copy_fields(head.headers, &mut request.headers)?;
    let len = head_len.checked_add(body_len)?;
    Some((Bytes::copy_from_slice(bytes.get(head_len..len)?), len))
}

fn method(name: &str) -> Option<Method> {
    match name {
        "GET" => Some(Method::GET),
        "POST" => Some(Method::POST),
        _ => None,
    }
}

/// The target in origin form: one with a host in it is not plain.
fn target(text: &str) -> Option<Uri> {
    if !text.starts_with('/') {
        return None;
    }
    Uri::from_maybe_shared(Bytes::copy_from_slice(text.as_bytes())).ok()
}

/// Copies the header fields and returns how long the body is. `None` if one of them changes how the connection is to
/// be read.
fn copy_fields(fields: &[httparse::Header<'_>], to: &mut HeaderMap) -> Option<usize> {
    to.clear();
    let mut body_len = None;
    for field in fields {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        if name == CONTENT_LENGTH {
            if body_len.replace(length(field.value)?).is_some() {
                return None;
            }
        } else if name == CONNECTION {
            if !field.value.eq_ignore_ascii_case(b"keep-alive") {
                return None;
            }
        } else if name == TRANSFER_ENCODING || name == UPGRADE || name == EXPECT {
            return None;
        }
        to.append(name, HeaderValue::from_bytes(field.value).ok()?);
    }
    Some(body_len.unwrap_or(0))
}

/// A length in digits, and nothing but digits.
fn length(text: &[u8]) -> Option<usize> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use http::Request;
    use proptest::prelude::*;

    use super::*;

    fn parsed(bytes: &[u8]) -> Option<(Request<Bytes>, usize)> {
        let (mut head, ()) = Request::new(()).into_parts();
        head.headers.insert("left", HeaderValue::from_static("over"));
        let (body, len) = parse(bytes, &EdgePath::default(), &mut head)?;
        Some((Request::from_parts(head, body), len))
    }

    /// With these fields.
    fn with(fields: &str) -> Option<(Request<Bytes>, usize)> {
        parsed(format!("POST /engine.io/?EIO=4 HTTP/1.1\r\n{fields}\r\n4body").as_bytes())
    }

    #[test]
    fn a_plain_request_has_all_its_parts() {
        let bytes =
            b"POST /engine.io/?a=b HTTP/1.1\r\nHost: a\r\nX: 1\r\nx:\t2 \r\nContent-Length: 3\r\n\r\n4abGET";
        let (request, len) = parsed(bytes).unwrap();
        assert_eq!((request.method(), request.uri().query()), (&Method::POST, Some("a=b")));
        let fields: Vec<_> =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        assert_eq!(fields, [("host", &b"a"[..]), ("x", b"1"), ("x", b"2"), ("content-length", b"3")]);
        assert_eq!((&request.body()[..], &bytes[len..]), (&b"4ab"[..], &b"GET"[..]));
    }

    #[test]
    fn without_a_length_there_is_no_body() {
        let (request, _) = with("").unwrap();
        assert!(request.body().is_empty());
    }

    #[test]
    fn it_need_not_be_the_only_thing_that_a_client_wants_of_a_connection() {
        for fields in
            ["Connection: keep-alive\r\n", "CONNECTION: Keep-Alive\r\nKeep-Alive: 5\r\n", "te: trailers\r\n"]
        {
            assert!(with(fields).is_some(), "{fields}");
        }
    }

    #[test]
    fn what_changes_how_a_connection_is_read_is_not_plain() {
        for fields in [
            "Connection: close\r\n",
            "Connection: keep-alive, close\r\n",
            "Connection:\r\n",
            "Upgrade: websocket\r\n",
            "Expect: 100-continue\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Transfer-Encoding: identity\r\n",
            "Content-Length: 1\r\nContent-Length: 1\r\n",
            "Content-Length: 1, 1\r\n",
            "Content-Length: +1\r\n",
            "Content-Length: \r\n",
            "Content-Length: 0x1\r\n",
            "Content-Length: 99999999999999999999999999\r\n",
            "Content-Length: 18446744073709551615\r\n",
            "Content-Length: 6\r\n",
            "a b: c\r\n",
            "a: b\r\n c\r\n",
            "a: \0\r\n",
        ] {
            assert!(with(fields).is_none(), "{fields}");
        }
        assert!(with(&"a: b\r\n".repeat(FIELDS)).is_some());
        assert!(with(&"a: b\r\n".repeat(FIELDS + 1)).is_none());
        assert!(with(&format!("a: {}\r\n", "b".repeat(MAX_HEAD - 100))).is_some());
        assert!(with(&format!("a: {}\r\n", "b".repeat(MAX_HEAD))).is_none());
    }

    #[test]
    fn other_methods_targets_and_versions_are_not_plain() {
        for line in [
            "HEAD /engine.io/ HTTP/1.1",
            "OPTIONS /engine.io/ HTTP/1.1",
            "get /engine.io/ HTTP/1.1",
            "GET /engine.io/ HTTP/1.0",
            "GET /engine.io/ HTTP/2.0",
            "GET /other HTTP/1.1",
            "GET http://a/engine.io/ HTTP/1.1",
            "GET * HTTP/1.1",
            "GET  /engine.io/ HTTP/1.1",
            "GET /engine.io/",
        ] {
            assert!(parsed(format!("{line}\r\n\r\n").as_bytes()).is_none(), "{line}");
        }
    }

    #[test]
    fn a_part_of_a_request_is_none() {
        let bytes = b"POST /engine.io/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n4ab";
        assert!(parsed(bytes).is_some());
        for len in 0..bytes.len() {
            assert!(parsed(&bytes[..len]).is_none(), "{len}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_at(bytes: Vec<u8>) {
            let _ = parsed(&bytes);
        }

        #[test]
        fn any_end_is_looked_at(line in "(GET|POST) /engine.io/[ -~]{0,9} HTTP/1.1\r\n", bytes: Vec<u8>) {
            let bytes = [line.as_bytes(), &bytes].concat();
            if let Some((request, len)) = parsed(&bytes) {
                prop_assert!(len <= bytes.len() && bytes[..len].ends_with(request.body()));
            }
        }
    }
}
