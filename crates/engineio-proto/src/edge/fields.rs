//! Reading header fields: single values, comma-separated lists, tokens.

use http::HeaderMap;
use http::header::AsHeaderName;

/// A field that must stand once stands several times, or is no visible ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unusable;

/// The value of a field that may stand once.
pub(crate) fn single(headers: &HeaderMap, name: impl AsHeaderName) -> Result<Option<&str>, Unusable> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Unusable);
    }
    value.to_str().map(|text| Some(text.trim())).map_err(|_| Unusable)
}

/// The non-empty items of a comma-separated list, over all fields of the name. Values that are no visible ASCII
/// are skipped.
pub(crate) fn items(headers: &HeaderMap, name: impl AsHeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(list)
}

/// The non-empty items of one comma-separated list.
pub(crate) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// Whether a comma-separated list has an item, in any case.
pub(crate) fn has_item(headers: &HeaderMap, name: impl AsHeaderName, wanted: &str) -> bool {
    items(headers, name).any(|item| item.eq_ignore_ascii_case(wanted))
}

/// Whether the text is a `token` of RFC 9110.
pub(crate) fn is_token(text: &str) -> bool {
    let tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(tchar)
}

#[cfg(test)]
mod tests {
    use http::header::{CONNECTION, HOST};
    use proptest::prelude::*;

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONNECTION, http::HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_single_field_stands_once() {
        assert_eq!(single(&headers(&[]), CONNECTION), Ok(None));
        assert_eq!(single(&headers(&[b" a "]), CONNECTION), Ok(Some("a")));
        assert_eq!(single(&headers(&[b"a", b"a"]), CONNECTION), Err(Unusable));
        assert_eq!(single(&headers(&[b"\xff"]), CONNECTION), Err(Unusable));
        assert_eq!(single(&headers(&[b"a"]), HOST), Ok(None));
    }

    #[test]
    fn lists_run_over_fields() {
        let headers = headers(&[b"keep-alive ,, Upgrade", b"\xff,lost", b",x"]);
        assert_eq!(items(&headers, CONNECTION).collect::<Vec<_>>(), ["keep-alive", "Upgrade", "x"]);
        assert!(has_item(&headers, CONNECTION, "upgrade"));
        assert!(!has_item(&headers, CONNECTION, "up"));
    }

    #[test]
    fn tokens_hold_no_separators() {
        for token in ["chat", "v10.stomp", "__proto__", "!#$%&'*+-.^_`|~"] {
            assert!(is_token(token), "{token}");
        }
        for text in ["", "a b", "a,b", "a\"", "é", "a\r", "a/b"] {
            assert!(!is_token(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(values: Vec<Vec<u8>>) {
            let values: Vec<&[u8]> = values
                .iter()
                .map(Vec::as_slice)
                .filter(|value| http::HeaderValue::from_bytes(value).is_ok())
                .collect();
            let headers = headers(&values);
            prop_assert!(items(&headers, CONNECTION).all(|item| !item.is_empty() && !item.contains(',')));
            prop_assert_eq!(single(&headers, CONNECTION).is_err(), values.len() > 1 || unreadable(&headers));
        }
    }

    fn unreadable(headers: &HeaderMap) -> bool {
        headers.get(CONNECTION).is_some_and(|value| value.to_str().is_err())
    }
}
