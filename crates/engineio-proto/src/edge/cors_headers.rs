//! The CORS headers of an answer.

use std::time::Duration;

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
};
use http::{HeaderMap, HeaderValue};

use super::{ReplyStyle, fields, vary_on};

/// Most bytes of `Access-Control-Request-Headers` that are answered.
const MAX_REQUEST_HEADERS: usize = 4096;

/// The CORS headers of one answer, whatever it says.
#[derive(Clone, Debug, Default)]
pub struct CorsHeaders {
    /// In a box, because most requests are of the server's own pages and get none.
    pub(super) grants: Option<Box<Grants>>,
}

/// What a page is told that may talk to the server.
#[derive(Clone, Debug)]
pub(super) struct Grants {
    pub(super) allow_origin: Option<HeaderValue>,
    pub(super) credentials: bool,
    pub(super) allow_headers: Option<HeaderValue>,
    pub(super) preflight: Option<Preflight>,
}

#[derive(Clone, Debug)]
pub(super) struct Preflight {
    methods: &'static str,
    max_age: Option<u64>,
}

impl Preflight {
    pub(super) fn new(max_age: Option<Duration>, style: ReplyStyle) -> Self {
        let methods = match style {
            ReplyStyle::Spec => "GET, POST, OPTIONS",
            ReplyStyle::Python => "OPTIONS, GET, POST",
        };
        Self { methods, max_age: max_age.map(|age| age.as_secs()) }
    }

    fn write_to(&self, headers: &mut HeaderMap) {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(self.methods));
        if let Some(seconds) = self.max_age {
            headers.insert(ACCESS_CONTROL_MAX_AGE, seconds.into());
        }
    }
}

impl CorsHeaders {
    /// Those of an answer to a page.
    pub(super) fn new(grants: Grants) -> Self {
        Self { grants: Some(Box::new(grants)) }
    }

    /// Those of an answer to no page, or to one that gets no leave.
    pub(super) const fn none() -> Self {
        Self { grants: None }
    }

    /// Writes them into the headers of a response, and adds `Origin` to its `Vary`.
    ///
    /// Without them the response does not vary on `Origin` either: every answer is `no-store`, so that no cache hands
    /// it to another page.
    #[inline]
    pub fn write_to(&self, headers: &mut HeaderMap) {
        if let Some(grants) = &self.grants {
            vary_on(headers, "Origin");
            grants.write_to(headers);
        }
    }
}

impl Grants {
    fn write_to(&self, headers: &mut HeaderMap) {
        if let Some(origin) = &self.allow_origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
        if self.credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        if let Some(names) = &self.allow_headers {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
        }
        if let Some(preflight) = &self.preflight {
            preflight.write_to(headers);
        }
    }
}

/// The names that a preflight asks for, echoed only if they are names and not too many.
pub(super) fn requested_headers(headers: &HeaderMap) -> Option<HeaderValue> {
    let text = fields::single(headers, ACCESS_CONTROL_REQUEST_HEADERS).ok()??;
    let names = || fields::list(text);
    let usable =
        text.len() <= MAX_REQUEST_HEADERS && names().next().is_some() && names().all(fields::is_token);
    if usable { HeaderValue::from_str(text).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_echoed() {
        let field = |value: &str| {
            HeaderMap::from_iter([(ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_str(value).unwrap())])
        };
        for (value, echoed) in [
            ("Foo, Bar", true),
            ("x", true),
            ("", false),
            (" , ", false),
            ("a b", false),
            ("a\tb", false),
            ("a:b", false),
            ("<script>", false),
            (&"x".repeat(MAX_REQUEST_HEADERS), true),
            (&"x".repeat(MAX_REQUEST_HEADERS + 1), false),
        ] {
            assert_eq!(requested_headers(&field(value)).is_some(), echoed, "{value:.40}");
        }
    }
}
