//! From the core's replies to HTTP responses.

use bytes::Bytes;
use engineio_proto::edge::{ContentEncoding, CorsHeaders, Refusal, Reply, negotiate, vary_on};
use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::body::Body;
use super::compress::{LONG, OFFERED, compress};
use super::config::ServerConfig;
use super::handler::BoxFuture;

/// The request header that decides about compression.
const ACCEPT_ENCODING: &str = "Accept-Encoding";

fn of_reply(reply: Reply, cors: &CorsHeaders) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = reply.status;
    reply.write_headers(response.headers_mut());
    if reply.close_connection {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    cors.write_to(response.headers_mut());
    *response.body_mut() = Body::new(reply.body);
    response
}

/// A response that refuses.
pub(crate) fn of_refusal(config: &ServerConfig, cors: &CorsHeaders, refusal: &Refusal) -> Response<Body> {
    of_reply(Reply::refusal(refusal, config.edge.style), cors)
}

/// The response to OPTIONS.
pub(crate) fn of_preflight(config: &ServerConfig, cors: &CorsHeaders) -> Response<Body> {
    of_reply(Reply::preflight(config.edge.style), cors)
}

/// The response where nothing is.
pub(crate) fn not_found() -> Response<Body> {
    let mut response = Response::new(Body::new("Not Found"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// The headers of the answers that nearly all requests get, made once.
#[derive(Debug)]
pub(crate) struct Granted {
    payload: HeaderMap,
    accepted: HeaderMap,
}

impl Granted {
    /// Those of a server with these settings.
    pub(crate) fn new(compresses: bool) -> Self {
        let headers = |reply: &Reply| {
            let mut headers = HeaderMap::new();
            reply.write_headers(&mut headers);
            headers
        };
        let mut payload = headers(&Reply::payload(Bytes::new()));
        if compresses {
            vary_on(&mut payload, ACCEPT_ENCODING);
        }
        Self { payload, accepted: headers(&Reply::accepted()) }
    }
}

/// The response of a poll or handshake, whose body is known to be packets.
pub(crate) fn of_payload(config: &ServerConfig, cors: &CorsHeaders, body: Body) -> Response<Body> {
    granted(config.granted.payload.clone(), cors, body)
}

/// As [`of_payload`], in the memory of the request's header fields.
pub(crate) fn of_payload_in(
    request: HeaderMap,
    config: &ServerConfig,
    cors: &CorsHeaders,
    body: Body,
) -> Response<Body> {
    granted(refill(request, &config.granted.payload), cors, body)
}

/// The response of a POST that is accepted, in the memory of the request's header fields.
pub(crate) fn of_accepted_in(
    request: HeaderMap,
    config: &ServerConfig,
    cors: &CorsHeaders,
) -> Response<Body> {
    granted(refill(request, &config.granted.accepted), cors, Body::new(Reply::accepted().body))
}

/// hyper puts the fields of the next request where those of the response were: so nobody allocates anything.
fn refill(mut map: HeaderMap, fields: &HeaderMap) -> HeaderMap {
    map.clear();
    for (name, value) in fields {
        map.insert(name, value.clone());
    }
    map
}

fn granted(headers: HeaderMap, cors: &CorsHeaders, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.headers_mut() = headers;
    cors.write_to(response.headers_mut());
    response
}

/// Adds the session's cookie, where one is configured.
pub(crate) fn set_cookie(config: &ServerConfig, sid: &engineio_proto::Sid, headers: &mut HeaderMap) {
    if let Some(cookie) = &config.edge.cookie {
        headers.insert(SET_COOKIE, cookie.header_value(sid));
    }
}

/// How the client wants a body compressed that has up to `len` bytes, if it is worth it.
pub(crate) fn encoding(config: &ServerConfig, request: &HeaderMap, len: usize) -> Option<ContentEncoding> {
    config.compress_from.filter(|threshold| len >= *threshold).and_then(|_| negotiate(request, &OFFERED))
}

/// Compresses the body of a poll's response where it is worth it. Longer bodies need a thread and thus a wait.
pub(crate) fn compressed(
    config: &ServerConfig,
    encoding: Option<ContentEncoding>,
    response: Response<Body>,
) -> Result<Response<Body>, BoxFuture<Response<Body>>> {
    let (Some(threshold), Some(encoding)) = (config.compress_from, encoding) else { return Ok(response) };
    match response.body().data() {
        Some(data) if data.len() >= threshold.max(LONG) => {
            Err(Box::pin(compressed_apart(response, encoding)))
        }
        Some(data) if data.len() >= threshold => {
            let data = compress(data, encoding).ok();
            Ok(with_compressed(response, encoding, data))
        }
        _ => Ok(response),
    }
}

async fn compressed_apart(response: Response<Body>, encoding: ContentEncoding) -> Response<Body> {
    let Some(data) = response.body().data().cloned() else { return response };
    let job = tokio::task::spawn_blocking(move || compress(&data, encoding));
    let data = job.await.ok().and_then(Result::ok);
    with_compressed(response, encoding, data)
}

fn with_compressed(
    response: Response<Body>,
    encoding: ContentEncoding,
    data: Option<Bytes>,
) -> Response<Body> {
    let Some(data) = data else { return response };
    let mut response = response.map(|body| body.map(|_| data));
    response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    response
}
