//! Which compression a client accepts (RFC 9110 12.5.3).

use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

use super::fields;

/// A compression of response bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContentEncoding {
    /// gzip (RFC 1952).
    Gzip,
    /// Deflate in zlib's wrapping (RFC 1950).
    Deflate,
}

impl ContentEncoding {
    /// The name in `Content-Encoding`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }

    fn is_named(self, name: &str) -> bool {
        name.eq_ignore_ascii_case(self.name()) || (self == Self::Gzip && name.eq_ignore_ascii_case("x-gzip"))
    }
}

/// The compression that the client wants most among the `offered` ones, which stand in our order of preference;
/// `None` is no compression.
pub fn negotiate(headers: &HeaderMap, offered: &[ContentEncoding]) -> Option<ContentEncoding> {
    let identity = weight(headers, |name| name.eq_ignore_ascii_case("identity")).unwrap_or(0);
    let any = weight(headers, |name| name == "*").unwrap_or(0);
    let wanted = |encoding: ContentEncoding| weight(headers, |name| encoding.is_named(name)).unwrap_or(any);
    let weighed = offered.iter().map(|encoding| (wanted(*encoding), *encoding));
    let acceptable = weighed.filter(|(weight, _)| *weight > 0 && *weight >= identity);
    // Of equal weights `max_by_key` takes the last, and ours stand first.
    acceptable.rev().max_by_key(|(weight, _)| *weight).map(|(_, encoding)| encoding)
}

/// [`negotiate`] with the client's order as the order of preference, as python-engineio does it.
pub fn negotiate_as_listed(headers: &HeaderMap, offered: &[ContentEncoding]) -> Option<ContentEncoding> {
    let mut ordered = offered.to_vec();
    let place = |encoding: &ContentEncoding| {
        fields::items(headers, ACCEPT_ENCODING).position(|item| {
            let name = item.split_once(';').map_or(item, |(name, _)| name);
            encoding.is_named(name.trim())
        })
    };
    ordered.sort_by_key(|encoding| place(encoding).unwrap_or(usize::MAX));
    negotiate(headers, &ordered)
}

/// The weight that the client gives to a coding, in thousandths.
fn weight(headers: &HeaderMap, is_it: impl Fn(&str) -> bool) -> Option<u16> {
    let mut items = fields::items(headers, ACCEPT_ENCODING);
    items.find_map(|item| {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        is_it(name.trim()).then(|| quality(parameters))
    })
}

/// Parameters other than one well-formed `q` are a mistake, and such a coding is not used.
fn quality(parameters: &str) -> u16 {
    match parameters.trim() {
        "" => 1000,
        text => text
            .strip_prefix(['q', 'Q'])
            .and_then(|rest| rest.trim_start().strip_prefix('='))
            .map_or(0, thousandths),
    }
}

/// `1`, `0.5`, `0.333`; anything else is zero.
fn thousandths(text: &str) -> u16 {
    let (whole, decimals) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let valid = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    let decimals: u16 = format!("{decimals:0<3}").parse().unwrap_or(0);
    match whole {
        "1" if valid && decimals == 0 => 1000,
        "0" if valid => decimals,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::ContentEncoding::{Deflate, Gzip};
    use super::*;

    fn chosen(values: &[&str], offered: &[ContentEncoding]) -> Option<ContentEncoding> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT_ENCODING, HeaderValue::from_str(value).unwrap());
        }
        negotiate(&headers, offered)
    }

    #[test]
    fn weights_decide() {
        for (accepted, wanted) in [
            ("", None),
            ("gzip", Some(Gzip)),
            ("GZIP", Some(Gzip)),
            ("x-gzip", Some(Gzip)),
            ("deflate", Some(Deflate)),
            ("gzip, deflate, br, zstd", Some(Gzip)),
            ("deflate, gzip", Some(Gzip)),
            ("gzip;q=0, deflate", Some(Deflate)),
            ("gzip;q=0.5, deflate;q=0.8", Some(Deflate)),
            ("gzip ; q = 0.001", Some(Gzip)),
            ("gzip;q=0", None),
            ("gzip;q=0.000", None),
            ("gzip;Q=1.000", Some(Gzip)),
            ("*", Some(Gzip)),
            ("*;q=0", None),
            ("gzip;q=0, *", Some(Deflate)),
            ("br, *;q=0.1", Some(Gzip)),
            ("identity", None),
            ("identity, gzip;q=0.5", None),
            ("identity;q=0.5, gzip;q=0.8", Some(Gzip)),
            ("identity;q=0", None),
            ("br", None),
            ("gzipped", None),
            ("gzip;q=2", None),
            ("gzip;q=-1", None),
            ("gzip;q=0.5000", None),
            ("gzip;q=", None),
            ("gzip;level=9", None),
            ("gzip;q=1.001", None),
            (",,gzip,,", Some(Gzip)),
        ] {
            assert_eq!(chosen(&[accepted], &[Gzip, Deflate]), wanted, "{accepted}");
        }
    }

    #[test]
    fn our_order_decides_between_equals() {
        assert_eq!(chosen(&["gzip, deflate"], &[Deflate, Gzip]), Some(Deflate));
        assert_eq!(chosen(&["gzip"], &[Deflate]), None);
        assert_eq!(chosen(&["gzip"], &[]), None);
        assert_eq!(chosen(&["br", "gzip"], &[Gzip]), Some(Gzip));
        assert_eq!(chosen(&[], &[Gzip]), None);
    }

    #[test]
    fn the_clients_order_decides_where_it_is_asked_for() {
        for (accepted, wanted) in [
            ("deflate, gzip", Some(Deflate)),
            ("deflate;q=1,gzip", Some(Deflate)),
            ("gzip, deflate", Some(Gzip)),
            ("deflate;q=0.1, gzip", Some(Gzip)),
            ("deflate;q=0, gzip", Some(Gzip)),
            ("br", None),
            ("*", Some(Gzip)),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            assert_eq!(negotiate_as_listed(&headers, &[Gzip, Deflate]), wanted, "{accepted}");
        }
    }

    proptest! {
        #[test]
        fn any_field_is_read(text in "[ -~]{0,200}") {
            prop_assert_eq!(chosen(&[&text], &[]), None);
            let _ = chosen(&[&text], &[Gzip, Deflate]);
        }
    }
}
