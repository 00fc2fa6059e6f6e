//! The `Origin` check and the CORS headers that follow from it.

use std::time::Duration;

use http::header::REFERER;
use http::{HeaderName, HeaderValue, Method};

use super::cors_headers::{Grants, Preflight, requested_headers};
use super::fields::{self, Field};
use super::origin::Origin;
use super::{AllowedOrigins, ConfigError, CorsHeaders, Excerpt, Refusal, ReplyStyle, RequestHead};

/// Where the page that makes a request is from, seen from the server: browsers set it, and pages cannot.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// How cross-origin requests are treated.
#[derive(Clone, Debug)]
pub struct Cors {
    /// Which pages may talk to the server.
    pub origins: AllowedOrigins,
    /// Whether their requests may carry cookies and other credentials.
    pub credentials: bool,
    /// How long a browser may remember the answer to a preflight; `None` leaves it to the browser (5 s).
    pub max_age: Option<Duration>,
}

impl Default for Cors {
    /// The server's own pages, with credentials; preflights are remembered for two hours, the longest that
    /// Chromium allows.
    fn default() -> Self {
        Self {
            origins: AllowedOrigins::default(),
            credentials: true,
            max_age: Some(Duration::from_secs(7200)),
        }
    }
}

impl Cors {
    /// Refuses pages from anywhere together with credentials: any site could act as the user who visits it.
    ///
    /// # Errors
    ///
    /// The combination above.
    pub fn validate(&self) -> Result<(), ConfigError> {
        match self.origins {
            AllowedOrigins::Any if self.credentials => Err(ConfigError::AnyOriginWithCredentials),
            _ => Ok(()),
        }
    }

    /// Whether CORS is left to another layer.
    pub const fn is_off(&self) -> bool {
        matches!(self.origins, AllowedOrigins::Off)
    }

    /// The check of the request's `Origin`, and the headers for whatever the answer will be.
    pub(super) fn judge(
        &self,
        head: &RequestHead<'_>,
        origin: Field<'_>,
        style: ReplyStyle,
    ) -> (CorsHeaders, Result<(), Refusal>) {
        if self.is_off() {
            return (CorsHeaders::none(), Ok(()));
        }
        match self.accepted(head, origin, style) {
            Ok(origin) => (self.headers(head, origin, style), Ok(())),
            Err(refusal) => (CorsHeaders::none(), Err(refusal)),
        }
    }

    fn accepted<'a>(
        &self,
        head: &RequestHead<'_>,
        origin: Field<'a>,
        style: ReplyStyle,
    ) -> Result<Option<&'a HeaderValue>, Refusal> {
        let Some(value) = origin.first else { return self.without_origin(head).map(|()| None) };
        let text = value.to_str().ok().filter(|text| is_well_formed(text, style));
        match text {
            Some(text) if !origin.repeated && self.origins.accept(text, head) => Ok(Some(value)),
            _ => Err(self.foreign(head, value)),
        }
    }

    /// Browsers leave `Origin` out where a page of any site asks by an image, a script or a link, and say so in
    /// another field. Who sends neither is no browser, or an old one.
    fn without_origin(&self, head: &RequestHead<'_>) -> Result<(), Refusal> {
        let Some(site) = head.headers.get(SEC_FETCH_SITE) else { return Ok(()) };
        match site.as_bytes() {
            b"same-origin" | b"none" => Ok(()),
            _ if matches!(self.origins, AllowedOrigins::Any) => Ok(()),
            other => Err(Refusal::ForeignSite(Excerpt::new(&String::from_utf8_lossy(other)))),
        }
    }

    /// Whether a request for JSONP, which any page can make, is from a page that is accepted.
    pub(super) fn judge_jsonp(&self, head: &RequestHead<'_>, origin: Field<'_>) -> Result<(), Refusal> {
        let anybody = matches!(self.origins, AllowedOrigins::Any | AllowedOrigins::Off);
        let own = head.headers.get(SEC_FETCH_SITE).is_some_and(|site| site == "same-origin");
        // An origin was judged before.
        if anybody || own || origin.first.is_some() || self.accepts_referer(head) {
            return Ok(());
        }
        Err(Refusal::UnknownPage { accepted: Excerpt::new(&self.origins.describe(head)) })
    }

    fn accepts_referer(&self, head: &RequestHead<'_>) -> bool {
        let referer = fields::single(head.headers, REFERER).ok().flatten();
        referer.and_then(origin_of).is_some_and(|origin| self.origins.accept(origin, head))
    }

    fn foreign(&self, head: &RequestHead<'_>, origin: &HeaderValue) -> Refusal {
        let origin = Excerpt::new(&String::from_utf8_lossy(origin.as_bytes()));
        Refusal::ForeignOrigin { origin, accepted: Excerpt::new(&self.origins.describe(head)) }
    }

    fn headers(
        &self,
        head: &RequestHead<'_>,
        origin: Option<&HeaderValue>,
        style: ReplyStyle,
    ) -> CorsHeaders {
        let preflight = head.method == Method::OPTIONS;
        if origin.is_none() && !preflight && style == ReplyStyle::Spec {
            return CorsHeaders::none();
        }
        let star = matches!(self.origins, AllowedOrigins::Any) && !self.credentials;
        CorsHeaders::new(Grants {
            allow_origin: origin.map(|o| if star { HeaderValue::from_static("*") } else { o.clone() }),
            // python-engineio says so to requests without `Origin` too.
            credentials: self.credentials && (origin.is_some() || style == ReplyStyle::Python),
            // A browser asks in a preflight; python-engineio answers whoever asks.
            allow_headers: if preflight || style == ReplyStyle::Python {
                requested_headers(head.headers)
            } else {
                None
            },
            preflight: preflight.then(|| Preflight::new(self.max_age, style)),
        })
    }
}

/// The origin of a URL: what stands before its path.
fn origin_of(url: &str) -> Option<&str> {
    let authority = url.find("://")? + "://".len();
    let rest = url.get(authority..)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    url.get(..authority + end).filter(|origin| Origin::parse(origin).is_some())
}

/// python-engineio takes any text for an origin and hands it to the application.
fn is_well_formed(origin: &str, style: ReplyStyle) -> bool {
    match style {
        ReplyStyle::Spec => origin == "null" || Origin::parse(origin).is_some(),
        ReplyStyle::Python => !origin.is_empty() && origin.bytes().all(|b| b.is_ascii_graphic() && b != b','),
    }
}

#[cfg(test)]
mod tests {
    use http::header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
        ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ORIGIN, VARY,
    };
    use http::{HeaderMap, HeaderName};

    use super::super::fields::Fields;
    use super::*;

    const OWN: (HeaderName, &str) = (ORIGIN, "https://a.example");

    /// The headers of the answer and whether the request passes.
    fn judged(
        cors: &Cors,
        style: ReplyStyle,
        method: &Method,
        fields: &[(HeaderName, &'static str)],
    ) -> (HeaderMap, bool) {
        let mut headers = HeaderMap::from_iter([(http::header::HOST, HeaderValue::from_static("a.example"))]);
        for (name, value) in fields {
            headers.append(name, HeaderValue::from_static(value));
        }
        let (cors, outcome) =
            cors.judge(&RequestHead::new(method, "", &headers), Fields::find(&headers).origin, style);
        let mut answer = HeaderMap::new();
        cors.write_to(&mut answer);
        (answer, outcome.is_ok())
    }

    fn spec(cors: &Cors, fields: &[(HeaderName, &'static str)]) -> (HeaderMap, bool) {
        judged(cors, ReplyStyle::Spec, &Method::GET, fields)
    }

    fn cors(origins: AllowedOrigins, credentials: bool) -> Cors {
        Cors { origins, credentials, max_age: None }
    }

    #[test]
    fn an_allowed_origin_is_echoed() {
        for (cors, origin, credentials) in [
            (Cors::default(), "https://a.example", true),
            (cors(AllowedOrigins::SameOrigin, false), "https://a.example", false),
            (cors(AllowedOrigins::Any, false), "*", false),
            (cors(AllowedOrigins::Any, true), "https://a.example", true),
        ] {
            let (answer, passes) = spec(&cors, &[OWN]);
            assert!(passes);
            assert_eq!(answer[ACCESS_CONTROL_ALLOW_ORIGIN], origin, "{cors:?}");
            assert_eq!(answer.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS), credentials, "{cors:?}");
            assert_eq!(answer[VARY], "Origin");
        }
    }

    #[test]
    fn a_foreign_origin_gets_no_leave() {
        let (answer, passes) = spec(&Cors::default(), &[(ORIGIN, "https://evil.example")]);
        assert!(!passes && answer.is_empty());
    }

    #[test]
    fn the_refusal_names_what_was_seen_and_what_to_set() {
        let headers = HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static("https://evil.example"))]);
        let (_, outcome) = Cors::default().judge(
            &RequestHead::new(&Method::GET, "", &headers),
            Fields::find(&headers).origin,
            ReplyStyle::Spec,
        );
        let text = outcome.unwrap_err().to_string();
        assert!(text.contains("https://evil.example") && text.contains("cors_allowed_origins"), "{text}");
    }

    #[test]
    fn no_origin_is_no_page() {
        let (answer, passes) = spec(&Cors::default(), &[]);
        assert!(passes && answer.is_empty());
        let (answer, _) = judged(&Cors::default(), ReplyStyle::Python, &Method::GET, &[]);
        assert_eq!(answer[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        assert!(!answer.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
    }

    const FETCH_SITE: HeaderName = SEC_FETCH_SITE;

    #[test]
    fn pages_of_other_sites_are_refused_that_do_not_name_their_origin() {
        let list = cors(AllowedOrigins::list(["https://a.example"]).unwrap(), true);
        for cors in [Cors::default(), list] {
            for (site, passes) in [
                ("cross-site", false),
                ("same-site", false),
                ("", false),
                ("x", false),
                ("same-origin", true),
                ("none", true),
            ] {
                for style in [ReplyStyle::Spec, ReplyStyle::Python] {
                    let (answer, passed) = judged(&cors, style, &Method::GET, &[(FETCH_SITE, site)]);
                    assert_eq!(passed, passes, "{site}");
                    assert!(!answer.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
                }
            }
            assert!(spec(&cors, &[OWN, (FETCH_SITE, "cross-site")]).1, "an origin that is accepted");
        }
        for any in [cors(AllowedOrigins::Any, false), cors(AllowedOrigins::Off, true)] {
            assert!(spec(&any, &[(FETCH_SITE, "cross-site")]).1);
        }
    }

    #[test]
    fn jsonp_is_for_pages_that_are_known_to_be_accepted() {
        let list = || cors(AllowedOrigins::list(["https://app.example"]).unwrap(), true);
        let own = "https://a.example/page?x#y";
        for (cors, fields, passes) in [
            (Cors::default(), vec![], false),
            (Cors::default(), vec![(FETCH_SITE, "same-origin")], true),
            (Cors::default(), vec![(FETCH_SITE, "none")], false),
            (Cors::default(), vec![(REFERER, own)], true),
            (Cors::default(), vec![(REFERER, "https://a.example")], true),
            (Cors::default(), vec![(REFERER, own), (REFERER, own)], false),
            (Cors::default(), vec![(REFERER, "https://a.example.evil/")], false),
            (Cors::default(), vec![(REFERER, "https://evil.example/https://a.example/")], false),
            (Cors::default(), vec![(REFERER, "https://a.example@evil.example/")], false),
            (Cors::default(), vec![(REFERER, "about:blank")], false),
            (Cors::default(), vec![OWN], true),
            (list(), vec![(REFERER, own)], false),
            (list(), vec![(REFERER, "https://app.example/a")], true),
            (cors(AllowedOrigins::Any, false), vec![], true),
            (cors(AllowedOrigins::Off, true), vec![], true),
        ] {
            let mut headers =
                HeaderMap::from_iter([(http::header::HOST, HeaderValue::from_static("a.example"))]);
            for (name, value) in &fields {
                headers.append(name, HeaderValue::from_static(value));
            }
            let head = RequestHead::new(&Method::GET, "", &headers);
            let outcome = cors.judge_jsonp(&head, Fields::find(&headers).origin);
            assert_eq!(outcome.is_ok(), passes, "{fields:?}");
        }
    }

    #[test]
    fn repeated_and_malformed_origins_are_refused_even_when_any_is_allowed() {
        let any = cors(AllowedOrigins::Any, false);
        assert!(!spec(&any, &[OWN, OWN]).1);
        for origin in
            ["", "foo", "https://a.example/", "https://a.example, https://b.example", "NULL", "https://u@a"]
        {
            assert!(!spec(&any, &[(ORIGIN, origin)]).1, "{origin}");
        }
        assert!(spec(&any, &[(ORIGIN, "null")]).1);
    }

    #[test]
    fn the_python_style_takes_any_text_for_an_origin() {
        let ask = |origin| {
            judged(&cors(AllowedOrigins::Any, true), ReplyStyle::Python, &Method::GET, &[(ORIGIN, origin)])
        };
        let (answer, passes) = ask("foo");
        assert!(passes);
        assert_eq!(answer[ACCESS_CONTROL_ALLOW_ORIGIN], "foo");
        assert!(!ask("foo, bar").1 && !ask("").1 && !ask("foo bar").1);
    }

    #[test]
    fn nothing_is_checked_or_said_when_off() {
        let off = cors(AllowedOrigins::Off, true);
        let fields = [(ORIGIN, "https://evil.example"), (ACCESS_CONTROL_REQUEST_HEADERS, "x")];
        for style in [ReplyStyle::Spec, ReplyStyle::Python] {
            let (answer, passes) = judged(&off, style, &Method::OPTIONS, &fields);
            assert!(passes && answer.is_empty());
        }
    }

    #[test]
    fn preflights_are_answered() {
        let fields = [OWN, (ACCESS_CONTROL_REQUEST_HEADERS, "Authorization, x-a")];
        let (answer, _) = judged(&Cors::default(), ReplyStyle::Spec, &Method::OPTIONS, &fields);
        assert_eq!(answer[ACCESS_CONTROL_ALLOW_METHODS], "GET, POST, OPTIONS");
        assert_eq!(answer[ACCESS_CONTROL_ALLOW_HEADERS], "Authorization, x-a");
        assert_eq!(answer[ACCESS_CONTROL_MAX_AGE], "7200");
        let brief = Cors { max_age: None, ..Cors::default() };
        let (answer, _) = judged(&brief, ReplyStyle::Python, &Method::OPTIONS, &[OWN]);
        assert_eq!(answer[ACCESS_CONTROL_ALLOW_METHODS], "OPTIONS, GET, POST");
        assert!(
            !answer.contains_key(ACCESS_CONTROL_MAX_AGE)
                && !answer.contains_key(ACCESS_CONTROL_ALLOW_HEADERS)
        );
    }
}
