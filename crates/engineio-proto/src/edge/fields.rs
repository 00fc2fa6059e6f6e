//! Reading header fields: single values, comma-separated lists, tokens.

use http::header::{
    AsHeaderName, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, ORIGIN, TRANSFER_ENCODING,
    UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// A field that must stand once stands several times, or is no visible ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unusable;

/// The fields that decide about every request, found in one pass: that costs less than to look each of them up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fields<'a> {
    pub(crate) host: Field<'a>,
    pub(crate) origin: Field<'a>,
    pub(crate) upgrade: Field<'a>,
    pub(crate) content_length: Field<'a>,
    pub(crate) content_type: Field<'a>,
    pub(crate) content_encoding: Field<'a>,
    pub(crate) expect: Field<'a>,
    pub(crate) transfer_encoding: Field<'a>,
}

/// The first value of a field.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Field<'a> {
    pub(crate) first: Option<&'a HeaderValue>,
    /// There are more.
    pub(crate) repeated: bool,
}

impl<'a> Fields<'a> {
    pub(crate) fn find(headers: &'a HeaderMap) -> Self {
        let mut fields = Self::default();
        for (name, value) in headers {
            if let Some(field) = fields.field(name) {
                field.repeated = field.first.is_some();
                field.first.get_or_insert(value);
            }
        }
        fields
    }

    fn field(&mut self, name: &HeaderName) -> Option<&mut Field<'a>> {
        Some(match *name {
            HOST => &mut self.host,
            ORIGIN => &mut self.origin,
            UPGRADE => &mut self.upgrade,
            CONTENT_LENGTH => &mut self.content_length,
            CONTENT_TYPE => &mut self.content_type,
            CONTENT_ENCODING => &mut self.content_encoding,
            EXPECT => &mut self.expect,
            TRANSFER_ENCODING => &mut self.transfer_encoding,
            _ => return None,
        })
    }
}

impl<'a> Field<'a> {
    /// The value of a field that may stand once.
    pub(crate) fn single(self) -> Result<Option<&'a str>, Unusable> {
        match self.first {
            None => Ok(None),
            Some(_) if self.repeated => Err(Unusable),
            Some(value) => value.to_str().map(|text| Some(text.trim())).map_err(|_| Unusable),
        }
    }
}

/// [`Field::single`] of a field that is seldom asked for.
pub(crate) fn single(headers: &HeaderMap, name: impl AsHeaderName) -> Result<Option<&str>, Unusable> {
    let mut values = headers.get_all(name).iter();
    Field { first: values.next(), repeated: values.next().is_some() }.single()
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
pub fn is_token(text: &str) -> bool {
    let tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(tchar)
}

#[cfg(test)]
mod tests {
    use http::header::{CONNECTION, DATE};
    use proptest::prelude::*;

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONNECTION, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_single_field_stands_once() {
        assert_eq!(single(&headers(&[]), CONNECTION), Ok(None));
        assert_eq!(single(&headers(&[b" a "]), CONNECTION), Ok(Some("a")));
        assert_eq!(single(&headers(&[b"a", b"a"]), CONNECTION), Err(Unusable));
        assert_eq!(single(&headers(&[b"\xff"]), CONNECTION), Err(Unusable));
        assert_eq!(single(&headers(&[b"a"]), DATE), Ok(None));
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
        fn one_pass_finds_what_looking_up_finds(names in prop::collection::vec(0_usize..9, 0..12)) {
            let known = [
                HOST, ORIGIN, UPGRADE, CONTENT_LENGTH, CONTENT_TYPE, CONTENT_ENCODING, EXPECT, TRANSFER_ENCODING,
                CONNECTION,
            ];
            let mut headers = HeaderMap::new();
            for (index, name) in names.iter().enumerate() {
                headers.append(known[*name].clone(), index.into());
            }
            let mut fields = Fields::find(&headers);
            for name in &known[..8] {
                let field = *fields.field(name).unwrap();
                prop_assert_eq!(field.first, headers.get(name));
                prop_assert_eq!(field.repeated, headers.get_all(name).iter().count() > 1);
                prop_assert_eq!(field.single(), single(&headers, name));
            }
        }

        #[test]
        fn any_bytes_are_read_without_panic(values: Vec<Vec<u8>>) {
            let values: Vec<&[u8]> = values
                .iter()
                .map(Vec::as_slice)
                .filter(|value| HeaderValue::from_bytes(value).is_ok())
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
