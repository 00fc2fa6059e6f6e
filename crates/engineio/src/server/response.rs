//! From the core's replies to HTTP responses.

use bytes::Bytes;
use engineio_proto::edge::{CorsHeaders, Refusal, Reply, negotiate, vary_on};
use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::body::Body;
use super::compress::{LONG, OFFERED, compress};
use super::config::ServerConfig;

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

/// The response of a poll or handshake, whose body is known to be packets.
pub(crate) fn of_payload(body: Body) -> Response<Body> {
    let mut response = of_reply(Reply::payload(Bytes::new()));
    *response.body_mut() = body;
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
    vary_on(&mut parts.headers, "Accept-Encoding");
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
