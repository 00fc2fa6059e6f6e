//! The `Vary` field, which several decisions add to.

use http::header::{Entry, VARY};
use http::{HeaderMap, HeaderValue};

use super::fields::has_item;

const ORIGIN: &str = "Origin";
const ENCODING: &str = "Accept-Encoding";
/// What most answers vary on that vary on more than one field; merging takes longer.
const BOTH: &str = "Origin, Accept-Encoding";

/// Adds a field name to `Vary`, merged with what stands there already.
pub fn vary_on(headers: &mut HeaderMap, name: &'static str) {
    match headers.entry(VARY) {
        Entry::Vacant(vacant) => {
            vacant.insert(HeaderValue::from_static(name));
            return;
        }
        Entry::Occupied(field) if field.get() == name => return,
        Entry::Occupied(mut field)
            if name == ENCODING && field.get() == ORIGIN && field.iter().count() == 1 =>
        {
            field.insert(HeaderValue::from_static(BOTH));
            return;
        }
        Entry::Occupied(_) => {}
    }
    if has_item(headers, VARY, name) || has_item(headers, VARY, "*") {
        return;
    }
    let mut names: Vec<&[u8]> = headers.get_all(VARY).iter().map(HeaderValue::as_bytes).collect();
    names.push(name.as_bytes());
    // Valid values joined by commas are a valid value.
    let merged = HeaderValue::from_bytes(&names.join(&b", "[..]));
    headers.insert(VARY, merged.unwrap_or_else(|_| HeaderValue::from_static(name)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_merged_once() {
        let mut headers = HeaderMap::new();
        for name in ["Origin", "Accept-Encoding", "origin"] {
            vary_on(&mut headers, name);
        }
        assert_eq!(headers[VARY], "Origin, Accept-Encoding");
    }

    #[test]
    fn no_other_field_is_lost_where_origin_comes_first() {
        let mut headers = HeaderMap::new();
        headers.append(VARY, HeaderValue::from_static("Origin"));
        headers.append(VARY, HeaderValue::from_static("Accept"));
        vary_on(&mut headers, "Accept-Encoding");
        assert_eq!(headers[VARY], "Origin, Accept, Accept-Encoding");
    }

    #[test]
    fn fields_of_others_are_kept() {
        let mut headers = HeaderMap::new();
        headers.append(VARY, HeaderValue::from_static("Cookie"));
        headers.append(VARY, HeaderValue::from_static("Accept"));
        vary_on(&mut headers, "Origin");
        assert_eq!(headers.get_all(VARY).iter().collect::<Vec<_>>(), ["Cookie, Accept, Origin"]);
    }

    #[test]
    fn a_star_says_everything() {
        let mut headers = HeaderMap::from_iter([(VARY, HeaderValue::from_static("*"))]);
        vary_on(&mut headers, "Origin");
        assert_eq!(headers[VARY], "*");
    }
}
