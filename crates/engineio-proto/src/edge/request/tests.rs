use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

use super::super::{AllowedOrigins, Reply};
use super::Transport::{Polling, WebSocket};
use super::*;
use crate::TransportSet;

fn sid() -> Sid {
    Sid::parse("abc").unwrap()
}

fn websocket_headers() -> HeaderMap {
    let fields = [
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    fields.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
}

fn ask(config: &EdgeConfig, method: &Method, query: &str, headers: &HeaderMap) -> Result<Request, Refusal> {
    Request::parse(config, &RequestHead::new(method, query, headers))
}

fn get(config: &EdgeConfig, query: &str) -> Result<Request, Refusal> {
    ask(config, &Method::GET, query, &HeaderMap::new())
}

fn spec() -> EdgeConfig {
    EdgeConfig::default()
}

fn python() -> EdgeConfig {
    EdgeConfig { style: ReplyStyle::Python, jsonp: true, ..EdgeConfig::default() }
}

#[test]
fn requests_of_proper_clients_are_understood() {
    let (none, websocket) = (HeaderMap::new(), websocket_headers());
    let head = PostHead::default();
    for (method, query, headers, wanted) in [
        (
            Method::GET,
            "EIO=4&transport=polling&t=x",
            &none,
            Request::Open { transport: Polling, jsonp: None },
        ),
        (
            Method::GET,
            "EIO=4&transport=polling&sid=",
            &none,
            Request::Open { transport: Polling, jsonp: None },
        ),
        (Method::GET, "EIO=4&transport=polling&sid=abc", &none, Request::Poll { sid: sid(), jsonp: None }),
        (Method::GET, "transport=polling&sid=abc", &none, Request::Poll { sid: sid(), jsonp: None }),
        (
            Method::POST,
            "EIO=4&transport=polling&sid=abc",
            &none,
            Request::Post { sid: sid(), head, jsonp: None },
        ),
        (
            Method::GET,
            "EIO=4&transport=websocket",
            &websocket,
            Request::Open { transport: WebSocket, jsonp: None },
        ),
        (Method::GET, "EIO=4&transport=websocket&sid=abc", &websocket, Request::Upgrade { sid: sid() }),
        (Method::OPTIONS, "EIO=4&transport=polling&sid=abc", &none, Request::Preflight),
        (Method::OPTIONS, "", &none, Request::Preflight),
    ] {
        for config in [spec(), python()] {
            assert_eq!(ask(&config, &method, query, headers), Ok(wanted.clone()), "{method} {query}");
        }
    }
}

#[test]
fn malformed_requests_get_the_code_of_what_is_wrong_first() {
    let long = "x".repeat(64 << 10);
    for (method, query, code) in [
        (Method::GET, "", 0),
        (Method::GET, "EIO=4", 0),
        (Method::GET, "EIO=4&transport=", 0),
        (Method::GET, "EIO=4&transport=abc", 0),
        (Method::GET, "EIO=4&transport=__proto__", 0),
        (Method::GET, "EIO=4&transport=constructor", 0),
        (Method::GET, "EIO=4&transport=Polling", 0),
        (Method::GET, "EIO=4&transport=webtransport", 0),
        (Method::GET, "EIO=4&transport=polling&transport=polling", 0),
        (Method::GET, &format!("EIO=4&transport={long}"), 0),
        (Method::GET, &format!("EIO=4&transport=polling&sid={long}"), 1),
        (Method::GET, "EIO=4&transport=polling&sid=%00", 1),
        (Method::GET, "EIO=4&transport=polling&sid=%ff", 1),
        (Method::GET, "EIO=4&transport=polling&sid=a%0d%0ab", 1),
        (Method::GET, "EIO=4&transport=websocket&sid=%20", 1),
        (Method::POST, "EIO=4&transport=polling&sid=%20", 1),
        (Method::POST, "EIO=4&transport=polling", 2),
        (Method::POST, "EIO=4&transport=websocket", 2),
        (Method::PUT, "EIO=4&transport=polling", 2),
        (Method::PUT, "EIO=4&transport=polling&sid=abc", 2),
        (Method::HEAD, "EIO=4&transport=polling", 2),
        (Method::TRACE, "", 2),
        (Method::CONNECT, "EIO=4&transport=websocket", 2),
        (Method::GET, "EIO=4&transport=websocket", 3),
        (Method::GET, "EIO=4&transport=websocket&sid=abc", 3),
        (Method::POST, "EIO=4&transport=websocket&sid=abc", 3),
        (Method::GET, "EIO=4&transport=polling&sid=abc&sid=abc", 3),
        (Method::GET, "EIO=4&transport=polling&j=0", 3),
        (Method::GET, "transport=polling", 5),
        (Method::GET, "EIO=3&transport=polling", 5),
        (Method::GET, "EIO=3&transport=polling&sid=abc", 5),
        (Method::GET, "EIO=4&EIO=4&transport=polling", 5),
        (Method::GET, "EIO=999&transport=websocket", 5),
    ] {
        let refusal = ask(&spec(), &method, query, &HeaderMap::new()).unwrap_err();
        assert_eq!(refusal.code(), code, "{method} {query:.60} {refusal}");
    }
}

#[test]
fn the_python_style_takes_no_transport_for_polling() {
    let open = Request::Open { transport: Polling, jsonp: None };
    assert_eq!(get(&python(), "EIO=4"), Ok(open));
    for name in ["", "x"] {
        let refusal = get(&python(), &format!("EIO=4&transport={name}")).unwrap_err();
        assert_eq!(refusal, Refusal::UnknownTransport(Some(Excerpt::new(name))));
    }
}

#[test]
fn jsonp_indices_are_digits() {
    for (index, wanted) in [
        ("0", Ok(Some(0))),
        ("", Ok(None)),
        ("4294967295", Ok(Some(u32::MAX))),
        ("4294967296", Err(Refusal::JsonpIndex)),
        ("-1", Err(Refusal::JsonpIndex)),
        ("%2B1", Err(Refusal::JsonpIndex)),
        ("1)", Err(Refusal::JsonpIndex)),
        ("abc", Err(Refusal::JsonpIndex)),
        ("%D9%A1", Err(Refusal::JsonpIndex)),
    ] {
        let wanted = wanted.map(|jsonp| Request::Poll { sid: sid(), jsonp });
        let own = HeaderMap::from_iter([(
            HeaderName::from_static("sec-fetch-site"),
            "same-origin".parse().unwrap(),
        )]);
        let query = format!("transport=polling&sid=abc&j={index}");
        assert_eq!(ask(&python(), &Method::GET, &query, &own), wanted, "{index}");
    }
}

#[test]
fn transports_that_are_off_are_unknown() {
    let only = |transport: Transport| EdgeConfig { transports: transport.into(), ..spec() };
    let websocket = websocket_headers();
    let query = "EIO=4&transport=websocket";
    assert_eq!(ask(&only(Polling), &Method::GET, query, &websocket).unwrap_err().code(), 0);
    assert_eq!(get(&only(WebSocket), "EIO=4&transport=polling").unwrap_err().code(), 0);
}

#[test]
fn upgrades_need_leave_and_a_host_that_can() {
    let websocket = websocket_headers();
    let off = EdgeConfig { allow_upgrades: false, ..spec() };
    let unable = EdgeConfig { host_can_upgrade: false, transports: TransportSet::ALL, ..spec() };
    let (open, upgrade) = ("EIO=4&transport=websocket", "EIO=4&transport=websocket&sid=abc");
    let ask = |config: &EdgeConfig, query: &str| ask(config, &Method::GET, query, &websocket);
    assert_eq!(ask(&off, upgrade), Err(Refusal::UpgradesOff));
    assert_eq!(ask(&unable, upgrade), Err(Refusal::UpgradesOff));
    assert_eq!(ask(&off, open), Ok(Request::Open { transport: WebSocket, jsonp: None }));
    assert!(matches!(ask(&unable, open), Err(Refusal::InvalidUpgrade(_))));
}

#[test]
fn an_extended_connect_is_an_upgrade() {
    let headers = HeaderMap::new();
    for method in [Method::CONNECT, Method::GET] {
        let mut head = RequestHead::new(&method, "EIO=4&transport=websocket&sid=abc", &headers);
        head.extended_connect = true;
        assert_eq!(Request::parse(&spec(), &head), Ok(Request::Upgrade { sid: sid() }));
        head.query = "EIO=4&transport=polling&sid=abc";
        assert!(matches!(Request::parse(&spec(), &head), Err(Refusal::InvalidUpgrade(_))));
    }
}

#[test]
fn other_upgrades_are_ignored_on_polling_and_refused_on_websocket() {
    let headers = |value| HeaderMap::from_iter([(http::header::UPGRADE, HeaderValue::from_static(value))]);
    let ask = |query, value| ask(&spec(), &Method::GET, query, &headers(value));
    assert!(ask("EIO=4&transport=polling", "h2c").is_ok());
    assert!(matches!(ask("EIO=4&transport=websocket", "h2c"), Err(Refusal::InvalidUpgrade(_))));
    assert!(matches!(ask("EIO=4&transport=polling", "websocket"), Err(Refusal::InvalidUpgrade(_))));
}

#[test]
fn a_foreign_origin_is_refused_before_anything_else() {
    let mut headers = websocket_headers();
    headers.insert("origin", HeaderValue::from_static("https://evil.example"));
    headers.insert("host", HeaderValue::from_static("a.example"));
    for method in [Method::GET, Method::POST, Method::OPTIONS, Method::PUT] {
        for query in ["EIO=4&transport=polling", "EIO=4&transport=websocket&sid=abc", "nonsense"] {
            let refusal = ask(&spec(), &method, query, &headers).unwrap_err();
            assert!(matches!(refusal, Refusal::ForeignOrigin { .. }), "{method} {query}");
        }
    }
}

#[test]
fn options_belong_to_another_layer_when_cors_is_off() {
    let off = |config: EdgeConfig| {
        let cors = Cors { origins: AllowedOrigins::Off, ..Cors::default() };
        ask(&EdgeConfig { cors, ..config }, &Method::OPTIONS, "", &HeaderMap::new())
    };
    assert_eq!(off(spec()).unwrap_err().code(), 2);
    assert_eq!(off(python()), Ok(Request::Preflight));
}

/// Queries of pieces that mean something, so that many get past the first check.
fn any_query() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("EIO=4".to_owned()),
        Just("transport=polling".to_owned()),
        Just("transport=websocket".to_owned()),
        Just("sid=abc".to_owned()),
        "(EIO|transport|sid|j|x)=[ -~]{0,8}",
        ".{0,8}",
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.join("&"))
}

fn any_headers() -> impl Strategy<Value = HeaderMap> {
    let name = prop::sample::select(vec![
        "origin",
        "host",
        "upgrade",
        "connection",
        "sec-websocket-version",
        "sec-websocket-key",
        "content-length",
        "content-type",
        "access-control-request-headers",
    ]);
    let value = prop::sample::select(vec![
        &b"websocket"[..],
        b"Upgrade",
        b"13",
        b"dGhlIHNhbXBsZSBub25jZQ==",
        b"http://a.example",
        b"a.example",
        b"<script>",
        b"\xff,",
        b"",
    ]);
    let fields = prop::collection::vec((name, value), 0..8);
    fields.prop_map(|fields| {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    })
}

proptest! {
    #[test]
    fn usual_queries_mean_what_they_mean_in_other_words(
        rest in "(sid=)?[ab%+&=._~é-]{0,4}(&sid=a|&j=1)?|sid=[a-zA-Z0-9_-]{22}",
        polling: bool,
        post: bool,
    ) {
        let (usual, other) = (format!("EIO=4&transport=polling&{rest}"), format!("transport=polling&EIO=4&{rest}"));
        let method = if post { Method::POST } else { Method::GET };
        let allowed = if polling { TransportSet::ALL } else { TransportSet::EMPTY.with(WebSocket) };
        for config in [spec(), python()] {
            let config = EdgeConfig { transports: allowed, ..config };
            let asked = |query: &str| format!("{:?}", ask(&config, &method, query, &HeaderMap::new()));
            prop_assert_eq!(asked(&usual), asked(&other));
        }
    }

    #[test]
    fn any_request_is_judged_and_nothing_of_it_comes_back(
        query in any_query(),
        headers in any_headers(),
        method in prop::sample::select(vec![Method::GET, Method::POST, Method::OPTIONS, Method::PUT]),
    ) {
        let bodies: Vec<_> = super::super::samples::refusals()
            .iter()
            .map(|refusal| Reply::refusal(refusal, ReplyStyle::Spec).body)
            .collect();
        let config = spec();
        let checked = config.check(&RequestHead::new(&method, &query, &headers));
        if let Err(refusal) = &checked.request {
            prop_assert!(bodies.contains(&Reply::refusal(refusal, ReplyStyle::Spec).body));
        }
        let mut answer = HeaderMap::new();
        checked.cors.write_to(&mut answer);
        prop_assert!(answer.values().all(|value| value != "<script>"));
    }
}
