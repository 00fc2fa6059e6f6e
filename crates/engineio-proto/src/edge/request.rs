//! What a request asks for.

use http::Method;

use super::fields::Fields;
use super::{
    Cors, CorsHeaders, EdgeConfig, Eio, Excerpt, PostHead, Query, Refusal, ReplyStyle, RequestHead, host,
    post, websocket,
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
    /// The session that a refused request names: that there is no such session is the more helpful answer.
    pub sid: Option<Sid>,
    /// The CORS headers of the answer, whatever that will be.
    pub cors: CorsHeaders,
}

impl EdgeConfig {
    /// Judges a request: host and origin first, then method, transport, version, and what the transport asks for.
    ///
    /// ```
    /// use engineio_proto::edge::{EdgeConfig, Reply, ReplyStyle, RequestHead};
    /// use http::{HeaderMap, Method};
    ///
    /// let headers = HeaderMap::new();
    /// let checked = EdgeConfig::default().check(&RequestHead::new(&Method::GET, "EIO=4", &headers));
    /// let reply = Reply::refusal(&checked.request.unwrap_err(), ReplyStyle::Spec);
    /// assert_eq!(reply.body, r#"{"code":0,"message":"Transport unknown"}"#);
    ///
    /// let mut answer = HeaderMap::new();
    /// reply.write_headers(&mut answer);
    /// checked.cors.write_to(&mut answer);
    /// assert_eq!(answer["cache-control"], "no-store");
    /// ```
    pub fn check(&self, head: &RequestHead<'_>) -> Checked {
        let fields = Fields::find(head.headers);
        let (cors, accepted) = self.cors.judge(head, fields.origin, self.style);
        let mut named = None;
        let request = host::check(head, fields.host)
            .and(accepted)
            .and_then(|()| post::check_framing(&fields))
            .and_then(|()| parse(self, head, &fields, &mut named))
            .and_then(|request| self.check_jsonp(head, &fields, request));
        Checked { request, sid: named, cors }
    }

    fn check_jsonp(
        &self,
        head: &RequestHead<'_>,
        fields: &Fields<'_>,
        request: Request,
    ) -> Result<Request, Refusal> {
        if request.is_jsonp() {
            self.cors.judge_jsonp(head, fields.origin)?;
        }
        Ok(request)
    }
}

impl Request {
    /// Whether its answer is a script, which a page of any site can run.
    const fn is_jsonp(&self) -> bool {
        matches!(
            self,
            Self::Open { jsonp: Some(_), .. }
                | Self::Poll { jsonp: Some(_), .. }
                | Self::Post { jsonp: Some(_), .. }
        )
    }

    /// [`EdgeConfig::check`] for hosts that write no CORS headers.
    ///
    /// # Errors
    ///
    /// Why the request is refused.
    pub fn parse(config: &EdgeConfig, head: &RequestHead<'_>) -> Result<Self, Refusal> {
        config.check(head).request
    }
}

/// Where the session stands that a request names, for hosts whose sessions are objects of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is none.
    Unknown,
    /// The application has not accepted the client yet.
    Opening,
    /// It is on that transport.
    On(Transport),
}

/// What speaks against a request for a session: what a [`Session`](crate::server::Session) says itself when a link
/// is opened. A second WebSocket is no error; it is accepted and closed.
pub fn objection(sid: &str, standing: Standing, wanted: Transport) -> Option<Refusal> {
    match (standing, wanted) {
        (Standing::Unknown, _) => Some(Refusal::UnknownSid(Excerpt::new(sid))),
        (Standing::Opening, _) => Some(Refusal::NotOpen),
        (Standing::On(Transport::WebSocket), Transport::Polling) => Some(Refusal::TransportMismatch),
        (Standing::On(_), _) => None,
    }
}

#[derive(Clone, Copy)]
enum Verb {
    Get,
    Post,
    Options,
}

fn parse(
    config: &EdgeConfig,
    head: &RequestHead<'_>,
    fields: &Fields<'_>,
    named: &mut Option<Sid>,
) -> Result<Request, Refusal> {
    let verb = verb(config, head)?;
    if let Verb::Options = verb {
        // Before the query is looked at: a page can read the real request's error, never a preflight's.
        return Ok(Request::Preflight);
    }
    let (transport, jsonp) = query(config, head.query, named)?;
    match (verb, transport) {
        (Verb::Post, _) => posted(head, fields, transport, named, jsonp),
        (_, Transport::Polling) => poll(head, fields, named, jsonp),
        (_, Transport::WebSocket) => websocket(config, head, named),
    }
}

/// The transport and the JSONP index that a query asks for, and the session that it names.
fn query(
    config: &EdgeConfig,
    text: &str,
    named: &mut Option<Sid>,
) -> Result<(Transport, Option<u32>), Refusal> {
    if config.transports.contains(Transport::Polling)
        && let Some(sid) = Query::usual_sid(text)
    {
        *named = Some(sid);
        return Ok((Transport::Polling, None));
    }
    let query = Query::parse(text)?;
    let transport = transport(config, &query)?;
    version(&query)?;
    let jsonp = jsonp(config, &query)?;
    *named = sid(&query)?;
    Ok((transport, jsonp))
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

fn posted(
    head: &RequestHead<'_>,
    fields: &Fields<'_>,
    transport: Transport,
    named: &mut Option<Sid>,
    jsonp: Option<u32>,
) -> Result<Request, Refusal> {
    if named.is_none() {
        return Err(Refusal::HandshakeMethod);
    }
    if transport != Transport::Polling {
        return Err(Refusal::BadRequest("a POST with transport=websocket"));
    }
    let head = PostHead::parse(head.headers, fields)?;
    named.take().map(|sid| Request::Post { sid, head, jsonp }).ok_or(Refusal::HandshakeMethod)
}

fn poll(
    head: &RequestHead<'_>,
    fields: &Fields<'_>,
    named: &mut Option<Sid>,
    jsonp: Option<u32>,
) -> Result<Request, Refusal> {
    if websocket::is_wanted(head, fields) {
        return Err(Refusal::InvalidUpgrade("a WebSocket handshake with transport=polling"));
    }
    Ok(match named.take() {
        Some(sid) => Request::Poll { sid, jsonp },
        None => Request::Open { transport: Transport::Polling, jsonp },
    })
}

fn websocket(
    config: &EdgeConfig,
    head: &RequestHead<'_>,
    named: &mut Option<Sid>,
) -> Result<Request, Refusal> {
    websocket::check(head)?;
    if named.is_some() && !config.can_upgrade() {
        return Err(Refusal::UpgradesOff);
    }
    match named.take() {
        Some(sid) => Ok(Request::Upgrade { sid }),
        None if config.host_can_upgrade => Ok(Request::Open { transport: Transport::WebSocket, jsonp: None }),
        None => Err(Refusal::InvalidUpgrade("this host cannot hand connections over to WebSocket")),
    }
}

#[cfg(test)]
mod tests;
