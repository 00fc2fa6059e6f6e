//! The edge: any request head is judged, and every refusal can be answered, logged and counted.
#![no_main]

use engineio_proto::edge::{
    AllowedOrigins, Cors, EdgeConfig, Eio, Query, Refusal, Reply, ReplyStyle, Request, RequestHead,
};
use engineio_proto::{Sid, Transport};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use libfuzzer_sys::fuzz_target;

/// A request head as text: two bytes whose bits are the configuration, then `METHOD query`, then one header
/// field a line.
struct Input<'a> {
    flags: [u8; 2],
    method: Method,
    query: &'a str,
    headers: HeaderMap,
}

impl<'a> Input<'a> {
    fn parse(data: &'a [u8]) -> Option<Self> {
        let (flags, rest) = data.split_first_chunk()?;
        let mut lines = rest.split(|byte| *byte == b'\n');
        let (method, query) = std::str::from_utf8(lines.next()?).ok()?.split_once(' ')?;
        Some(Self { flags: *flags, method: method.parse().ok()?, query, headers: headers(lines) })
    }

    fn flag(&self, bit: usize) -> bool {
        self.flags[bit / 6] >> (bit % 6) & 1 == 1
    }

    fn config(&self) -> EdgeConfig {
        let origins = match (self.flag(0), self.flag(1)) {
            (true, _) => AllowedOrigins::Off,
            (false, true) => AllowedOrigins::Any,
            (false, false) => AllowedOrigins::default(),
        };
        let both = [Transport::Polling, Transport::WebSocket];
        EdgeConfig {
            style: if self.flag(2) { ReplyStyle::Python } else { ReplyStyle::Spec },
            cors: Cors { origins, credentials: self.flag(3), ..Cors::default() },
            jsonp: self.flag(4),
            transports: both.into_iter().skip(usize::from(self.flag(5))).collect(),
            allow_upgrades: !self.flag(6),
            host_can_upgrade: !self.flag(7),
            ..EdgeConfig::default()
        }
    }

    fn head(&self) -> RequestHead<'_> {
        let mut head = RequestHead::new(&self.method, self.query, &self.headers);
        head.extended_connect = self.flag(8);
        head.forwarded_trusted = self.flag(9);
        head.secure = self.flag(10).then_some(true);
        // A bit that text does not have: seeds are text, and few of them name a host.
        head.needs_host = !self.flags[0].is_ascii();
        head.authority = self.flag(11).then_some("example.org:8080");
        head
    }
}

fn headers<'a>(lines: impl Iterator<Item = &'a [u8]>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = parts.next().and_then(|name| HeaderName::from_bytes(name).ok());
        let value = parts.next().and_then(|value| HeaderValue::from_bytes(value.trim_ascii()).ok());
        if let (Some(name), Some(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::parse(data) else { return };
    parses(input.query);
    formats(input.query);
    let checked = input.config().check(&input.head());
    checked.cors.write_to(&mut HeaderMap::new());
    match checked.request {
        Ok(request) => accepted(&input, &request),
        Err(refusal) => refused(&refusal),
    }
});

fn parses(text: &str) {
    assert!(Query::pairs(text).count() <= text.len());
    if let Ok(query) = Query::parse(text) {
        let versions = Query::pairs(text).filter(|(name, _)| name == "EIO").count();
        assert_eq!(query.eio == Eio::Repeated, versions > 1);
        // An empty `transport` is kept: it is refused as one that nobody knows, not as one that is missing.
        for value in [query.sid, query.j].into_iter().flatten() {
            assert!(!value.is_empty());
        }
    }
}

/// What a client writes, the server reads, whatever parameters the user adds.
fn formats(text: &str) {
    let sid = Sid::from_random([7; 16]);
    let params: Vec<_> = Query::pairs(text).collect();
    let borrowed = params.iter().map(|(name, value)| (&**name, &**value));
    let text = Query::format(Transport::Polling, Some(&sid), Some("t1"), borrowed);
    let query = Query::parse(&text).expect("parameters of the protocol stand once");
    assert_eq!((query.eio, query.j), (Eio::V4, None));
    assert_eq!(query.transport.as_deref(), Some("polling"));
    assert_eq!(query.sid.as_deref(), Some(sid.as_str()));
}

fn accepted(input: &Input<'_>, request: &Request) {
    let sid = match request {
        Request::Preflight => return assert_eq!(input.method, Method::OPTIONS),
        Request::Open { .. } => None,
        Request::Poll { sid, .. } | Request::Post { sid, .. } | Request::Upgrade { sid } => Some(sid),
    };
    let query = Query::parse(input.query).expect("it was accepted");
    assert_eq!(query.sid.as_deref(), sid.map(Sid::as_str));
    assert!(query.eio == Eio::V4 || (query.eio == Eio::Missing && sid.is_some()));
    assert_eq!(matches!(request, Request::Post { .. }), input.method == Method::POST);
}

fn refused(refusal: &Refusal) {
    let words = refusal.to_string();
    assert!(!words.contains(char::is_control), "a line of a log stays one line: {words:?}");
    assert!(refusal.code() <= 5 && !refusal.context().is_empty());
    for style in [ReplyStyle::Spec, ReplyStyle::Python] {
        let reply = Reply::refusal(refusal, style);
        assert!(reply.status.is_client_error() || reply.status.is_server_error());
        assert!(
            reply.body.len() < 4096 && reply.body.is_ascii(),
            "bounded, and nothing reflected as it came"
        );
        reply.write_headers(&mut HeaderMap::new());
    }
}
