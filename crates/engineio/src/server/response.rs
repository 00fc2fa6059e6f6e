//! From the core's replies to HTTP responses.

use bytes::Bytes;
use engineio_proto::edge::{AllowedOrigins, CorsHeaders, EdgeConfig, Refusal, Reply, negotiate, vary_on};
use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::body::Body;
use super::compress::{LONG, OFFERED, compress};
use super::config::ServerConfig;

/// Request headers that decide about responses.
const ACCEPT_ENCODING: &str = "Accept-Encoding";
const ORIGIN: &str = "Origin";

/// A response of this reply, without what depends on the request.
pub(crate) fn of_reply(reply: Reply) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = reply.status;
    reply.write_headers(response.headers_mut());
    if reply.close_connection {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    *response.body_mut() = Body::new(reply.body);
    response
}

/// A response that refuses.
pub(crate) fn of_refusal(config: &ServerConfig, refusal: &Refusal) -> Response<Body> {
    of_reply(Reply::refusal(refusal, config.edge.style))
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
    pub(crate) fn new(edge: &EdgeConfig, compresses: bool) -> Self {
        let varies = |reply: &Reply, names: &[&'static str]| {
            let mut headers = HeaderMap::new();
            reply.write_headers(&mut headers);
            for name in names {
                vary_on(&mut headers, name);
            }
            headers
        };
        let origin: &[_] = if matches!(edge.cors.origins, AllowedOrigins::Off) { &[] } else { &[ORIGIN] };
        let encoding: &[_] = if compresses { &[ACCEPT_ENCODING] } else { &[] };
        Self {
            payload: varies(&Reply::payload(Bytes::new()), &[encoding, origin].concat()),
            accepted: varies(&Reply::accepted(), origin),
        }
    }
}

/// The response of a poll or handshake, whose body is known to be packets.
pub(crate) fn of_payload(config: &ServerConfig, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().clone_from(&config.granted.payload);
    response
}

/// The response of a POST that is accepted.
pub(crate) fn of_accepted(config: &ServerConfig) -> Response<Body> {
    let mut response = Response::new(Body::new(Reply::accepted().body));
    response.headers_mut().clone_from(&config.granted.accepted);
    response
}

/// Adds the session's cookie, where one is configured.
pub(crate) fn set_cookie(config: &ServerConfig, sid: &engineio_proto::Sid, headers: &mut HeaderMap) {
    if let Some(cookie) = &config.edge.cookie {
        headers.insert(SET_COOKIE, cookie.header_value(sid));
    }
}

/// Adds the CORS headers.
pub(crate) fn finish(cors: &CorsHeaders, mut response: Response<Body>) -> Response<Body> {
    cors.write_to(response.headers_mut());
    response
}

/// Compresses the body of a poll's response if that is wanted and worth it.
pub(crate) async fn compressed(
    config: &ServerConfig,
    request: &HeaderMap,
    response: Response<Body>,
) -> Response<Body> {
    let Some(threshold) = config.compress_from else { return response };
    let (mut parts, body) = response.into_parts();
    vary_on(&mut parts.headers, ACCEPT_ENCODING);
    let data = body.data().filter(|data| data.len() >= threshold).cloned();
    let (Some(data), Some(encoding)) = (data, negotiate(request, &OFFERED)) else {
        return Response::from_parts(parts, body);
    };
    let compressed = if data.len() < LONG {
        compress(&data, encoding).ok()
    } else {
        let job = tokio::task::spawn_blocking(move || compress(&data, encoding));
        job.await.ok().and_then(Result::ok)
    };
    let Some(compressed) = compressed else { return Response::from_parts(parts, body) };
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    Response::from_parts(parts, body.map(|_| compressed))
}
