//! The `Host` field of a request (RFC 9112, section 3.2).

use std::net::Ipv6Addr;

use super::fields::Field;
use super::{Refusal, RequestHead};

/// Refuses a request that does not say whom it is for, or leaves it in doubt: two readers of it, such as a proxy
/// and we, could each choose another of its names.
pub(super) fn check(head: &RequestHead<'_>, host: Field<'_>) -> Result<(), Refusal> {
    match host {
        Field { repeated: true, .. } => Err(Refusal::BadRequest("Host is repeated")),
        Field { first: None, .. } if head.needs_host && head.authority.is_none() => {
            Err(Refusal::BadRequest("an HTTP/1.1 request without Host"))
        }
        Field { first: Some(value), .. } if !is_host(value.as_bytes().trim_ascii()) => {
            Err(Refusal::BadRequest("Host is no host, with or without a port"))
        }
        Field { .. } => Ok(()),
    }
}

/// Whether the text is `uri-host [ ":" port ]` of RFC 3986, and not empty.
fn is_host(text: &[u8]) -> bool {
    let len = if text.starts_with(b"[") { address_len(text) } else { name_len(text) };
    let port = text.get(len..).unwrap_or_default();
    len > 0
        && port
            .split_first()
            .is_none_or(|(colon, port)| *colon == b':' && port.iter().all(u8::is_ascii_digit))
}

/// The length of an IPv6 address in its brackets, at the beginning. It may have a zone, which has a meaning at the client
/// only: clients should leave it out, and some do not.
fn address_len(text: &[u8]) -> usize {
    let len = text.iter().position(|byte| *byte == b']').map_or(0, |end| end + 1);
    let address = text.get(1..len.saturating_sub(1)).and_then(|address| std::str::from_utf8(address).ok());
    let is_address = address.is_some_and(|address| {
        let (address, zone) = address.split_once('%').unwrap_or((address, "0"));
        address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty() && zone.bytes().all(is_unreserved)
    });
    if is_address { len } else { 0 }
}

/// Which bytes stand for themselves in a name: looked up for each byte of every request.
#[expect(clippy::indexing_slicing, reason = "the compiler has evaluated it")]
const OF_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while let Some(next) = byte.checked_add(1) {
        table[byte as usize] = is_of_name(byte);
        byte = next;
    }
    table
};

/// The length of a name or IPv4 address, at the beginning.
fn name_len(text: &[u8]) -> usize {
    let mut len = 0;
    while let Some(rest) = text.get(len..) {
        len += match rest {
            [byte, ..] if OF_NAME.get(usize::from(*byte)) == Some(&true) => 1,
            [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => 3,
            _ => break,
        };
    }
    len
}

/// A comma would be a part of names, too, but no name has one, and it is what some hosts join repeated fields with.
const fn is_of_name(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b';' | b'=')
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use http::header::HOST;
    use http::{HeaderMap, HeaderValue, Method};
    use proptest::prelude::*;

    use super::super::fields::Fields;
    use super::super::origin;
    use super::*;

    fn check_values(values: &[&str], change: impl FnOnce(&mut RequestHead<'_>)) -> Result<(), Refusal> {
        let field = |value: &&str| (HOST, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        let headers: HeaderMap = values.iter().map(field).collect();
        let mut head = RequestHead::new(&Method::GET, "", &headers);
        change(&mut head);
        check(&head, Fields::find(&headers).host)
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        for text in [
            "a.example",
            "A_b-c~.example.",
            "localhost:3000",
            "localhost:",
            "127.0.0.1:80",
            "[::1]",
            "[::ffff:1.2.3.4]:3000",
            "[fe80::1%eth0]:3000",
            "[fe80::1%25eth0]",
            "a%2Fb",
            "a!$&'()*+;=",
            " a.example ",
        ] {
            assert_eq!(check_values(&[text], |_| {}), Ok(()), "{text:?}");
        }
    }

    #[test]
    fn the_table_of_a_names_characters_has_each_byte() {
        for byte in 0..=u8::MAX {
            assert_eq!(OF_NAME[usize::from(byte)], is_of_name(byte), "{byte}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            " ",
            ":80",
            "a b",
            "a.example,b.example",
            "a.example, a.example",
            "http://a.example",
            "a.example/",
            "u@a.example",
            "a.example:x",
            "a.example:80:80",
            "a.example:-1",
            "[::1",
            "[]",
            "[x]",
            "[::1]x",
            "[fe80::1%]",
            "[fe80::1%a%b]",
            "[fe80::1%a/b]",
            "[%eth0]",
            "::1",
            "a%",
            "a%2",
            "a%zz",
            "a\\b",
            "\"a\"",
            "<a>",
            "a\tb",
            "é.example",
        ] {
            let outcome = check_values(&[text], |_| {});
            assert_eq!(
                outcome,
                Err(Refusal::BadRequest("Host is no host, with or without a port")),
                "{text:?}"
            );
        }
    }

    #[test]
    fn it_stands_once_whatever_else_names_the_host() {
        for values in [["a", "a"], ["a", "b"], ["", "a"]] {
            for authority in [None, Some("a")] {
                let outcome = check_values(&values, |head| head.authority = authority);
                assert_eq!(outcome, Err(Refusal::BadRequest("Host is repeated")), "{values:?}");
            }
        }
    }

    #[test]
    fn it_may_be_missing_where_another_part_names_the_host_or_none_has_to() {
        for (needs_host, authority, wanted) in [
            (false, None, Ok(())),
            (false, Some("a"), Ok(())),
            (true, Some("a"), Ok(())),
            (true, None, Err(Refusal::BadRequest("an HTTP/1.1 request without Host"))),
        ] {
            let outcome = check_values(&[], |head| {
                head.needs_host = needs_host;
                head.authority = authority;
            });
            assert_eq!(outcome, wanted);
        }
    }

    proptest! {
        #[test]
        fn what_origins_are_compared_with_is_a_host(text in "[!-~]{0,12}") {
            prop_assert!(origin::Authority::parse(&text).is_none() || is_host(text.as_bytes()));
        }

        #[test]
        fn any_bytes_are_looked_at(bytes: Vec<u8>) {
            let _ = is_host(&bytes);
        }
    }
}
