//! What a request asks for.

use http::Method;

use super::{
    Cors, CorsHeaders, EdgeConfig, Eio, Excerpt, PostHead, Query, Refusal, ReplyStyle, RequestHead, websocket,
};
use crate::{Sid, Transport};

/// What a request asks for, with everything checked that can be without a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Opens a session. On WebSocket the handshake's headers are valid.
    Open {
        /// On which transport.
        transport: Transport,
        /// The index of the JSONP callback that the answer calls.
        jsonp: Option<u32>,
    },
    /// Fetches packets.
    Poll {
        /// Of which session.
        sid: Sid,
        /// The index of the JSONP callback that the answer calls.
        jsonp: Option<u32>,
    },
    /// Brings packets.
    Post {
        /// For which session.
        sid: Sid,
        /// What is known of the body.
        head: PostHead,
        /// Present if the body is a form, as JSONP sends it.
        jsonp: Option<u32>,
    },
    /// Moves a session to WebSocket; the handshake's headers are valid.
    Upgrade {
        /// Which session.
        sid: Sid,
    },
    /// An OPTIONS request, answered with [`Reply::preflight`](super::Reply::preflight).
    Preflight,
}

/// A request that was looked at.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What it asks for, or why it is refused.
    pub request: Result<Request, Refusal>,
    /// The CORS headers of the answer, whatever that will be.
    pub cors: CorsHeaders,
}

impl EdgeConfig {
    /// Judges a request: origin first, then method, transport, version, and what the transport asks for.
    pub fn check(&self, head: &RequestHead<'_>) -> Checked {
        let (cors, accepted) = self.cors.judge(head, self.style);
        Checked { request: accepted.and_then(|()| parse(self, head)), cors }
    }
}

impl Request {
    /// [`EdgeConfig::check`] for hosts that write no CORS headers.
    ///
    /// # Errors
    ///
    /// Why the request is refused.
    pub fn parse(config: &EdgeConfig, head: &RequestHead<'_>) -> Result<Self, Refusal> {
        config.check(head).request
    }
}

#[derive(Clone, Copy)]
enum Verb {
    Get,
    Post,
    Options,
}

fn parse(config: &EdgeConfig, head: &RequestHead<'_>) -> Result<Request, Refusal> {
    let verb = verb(config, head)?;
    if let Verb::Options = verb {
        // Before the query is looked at: a page can read the real request's error, never a preflight's.
        return Ok(Request::Preflight);
    }
    let query = Query::parse(head.query)?;
    let transport = transport(config, &query)?;
    version(&query)?;
    let jsonp = jsonp(config, &query)?;
    let sid = sid(&query)?;
    match (verb, transport) {
        (Verb::Post, _) => post(head, transport, sid, jsonp),
        (_, Transport::Polling) => poll(head, sid, jsonp),
        (_, Transport::WebSocket) => websocket(config, head, sid),
    }
}

fn verb(config: &EdgeConfig, head: &RequestHead<'_>) -> Result<Verb, Refusal> {
    match *head.method {
        Method::GET => Ok(Verb::Get),
        Method::CONNECT if head.extended_connect => Ok(Verb::Get),
        Method::POST => Ok(Verb::Post),
        Method::OPTIONS if answers_options(&config.cors, config.style) => Ok(Verb::Options),
        _ => Err(Refusal::BadMethod(Excerpt::new(head.method.as_str()))),
    }
}

/// With CORS handling off, preflights belong to another layer; python-engineio answers them all the same.
fn answers_options(cors: &Cors, style: ReplyStyle) -> bool {
    !cors.is_off() || style == ReplyStyle::Python
}

fn transport(config: &EdgeConfig, query: &Query<'_>) -> Result<Transport, Refusal> {
    let name = match &query.transport {
        None if config.style == ReplyStyle::Python => Transport::Polling.name(),
        None => return Err(Refusal::UnknownTransport(None)),
        Some(name) => name,
    };
    let offered = Transport::from_name(name).filter(|transport| config.transports.contains(*transport));
    offered.ok_or_else(|| Refusal::UnknownTransport(Some(Excerpt::new(name))))
}

/// The version is asked for at the handshake, and must be right wherever it stands.
fn version(query: &Query<'_>) -> Result<(), Refusal> {
    match &query.eio {
        Eio::V4 => Ok(()),
        Eio::Missing if query.sid.is_some() => Ok(()),
        Eio::Missing | Eio::Repeated => Err(Refusal::UnsupportedVersion(None)),
        Eio::Other(version) => Err(Refusal::UnsupportedVersion(Some(Excerpt::new(version)))),
    }
}

fn jsonp(config: &EdgeConfig, query: &Query<'_>) -> Result<Option<u32>, Refusal> {
    let Some(index) = query.j.as_deref() else { return Ok(None) };
    if !config.jsonp {
        return Err(Refusal::BadRequest("JSONP (`j`) is off"));
    }
    let digits = index.bytes().all(|byte| byte.is_ascii_digit());
    let index = digits.then(|| index.parse().ok()).flatten();
    index.map(Some).ok_or(Refusal::JsonpIndex)
}

/// What cannot be an id is the id of no session; it never means that there is none.
fn sid(query: &Query<'_>) -> Result<Option<Sid>, Refusal> {
    let Some(sid) = query.sid.as_deref() else { return Ok(None) };
    Sid::parse(sid).map(Some).ok_or_else(|| Refusal::UnknownSid(Excerpt::new(sid)))
}

fn post(
    head: &RequestHead<'_>,
    transport: Transport,
    sid: Option<Sid>,
    jsonp: Option<u32>,
) -> Result<Request, Refusal> {
    let sid = sid.ok_or(Refusal::HandshakeMethod)?;
    if transport != Transport::Polling {
        return Err(Refusal::BadRequest("a POST with transport=websocket"));
    }
    Ok(Request::Post { sid, head: PostHead::parse(head.headers)?, jsonp })
}

fn poll(head: &RequestHead<'_>, sid: Option<Sid>, jsonp: Option<u32>) -> Result<Request, Refusal> {
    if websocket::is_wanted(head) {
        return Err(Refusal::InvalidUpgrade("a WebSocket handshake with transport=polling"));
    }
    Ok(match sid {
        Some(sid) => Request::Poll { sid, jsonp },
        None => Request::Open { transport: Transport::Polling, jsonp },
    })
}

fn websocket(config: &EdgeConfig, head: &RequestHead<'_>, sid: Option<Sid>) -> Result<Request, Refusal> {
    websocket::check(head)?;
    match sid {
        Some(sid) if config.can_upgrade() => Ok(Request::Upgrade { sid }),
        Some(_) => Err(Refusal::UpgradesOff),
        None if config.host_can_upgrade => Ok(Request::Open { transport: Transport::WebSocket, jsonp: None }),
        None => Err(Refusal::InvalidUpgrade("this host cannot hand connections over to WebSocket")),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::super::AllowedOrigins;
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

    fn ask(
        config: &EdgeConfig,
        method: &Method,
        query: &str,
        headers: &HeaderMap,
    ) -> Result<Request, Refusal> {
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
            (
                Method::GET,
                "EIO=4&transport=polling&sid=abc",
                &none,
                Request::Poll { sid: sid(), jsonp: None },
            ),
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
        assert_eq!(get(&python(), "EIO=4"), Ok(open.clone()));
        assert_eq!(get(&python(), "EIO=4&transport="), Ok(open));
        assert_eq!(get(&python(), "EIO=4&transport=x").unwrap_err().code(), 0);
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
            assert_eq!(get(&python(), &format!("transport=polling&sid=abc&j={index}")), wanted, "{index}");
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
        let headers =
            |value| HeaderMap::from_iter([(http::header::UPGRADE, HeaderValue::from_static(value))]);
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
}
