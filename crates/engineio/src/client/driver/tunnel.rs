//! Tunnels through HTTP proxies (`CONNECT`; RFC 9110, section 9.3.6).

use std::fmt::Display;

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::uri::Authority;
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::Empty;

use super::answer;
use super::carried::Carried;
use super::stream::Stream;
use crate::client::connect_error::Phase;
use crate::client::failure::Failure;

/// Has the proxy at the other end of `proxy` open a tunnel to a server, whose address names a port.
pub(crate) async fn tunnel(
    proxy: Stream,
    server: &Uri,
    credentials: Option<&HeaderValue>,
) -> Result<Stream, Failure> {
    let request = request(server, credentials)?;
    let (mut carried, response) = Carried::ask(proxy, request, Phase::Proxy).await?;
    if !response.status().is_success() {
        let (parts, body) = response.into_parts();
        return Err(Failure::no_tunnel(carried.carry(answer::refusal(&parts, body)).await));
    }
    drop(response);
    let (stream, early) = carried.hand_over(Phase::Proxy).await?;
    if early.is_empty() { Ok(stream) } else { Err(Failure::new(Phase::Proxy, "the tunnel speaks unasked")) }
}

fn request(server: &Uri, credentials: Option<&HeaderValue>) -> Result<Request<Empty<Bytes>>, Failure> {
    let authority = server.authority().map(Authority::as_str).unwrap_or_default();
    let unusable = |error: &dyn Display| Failure::new(Phase::Url, error.to_string());
    let host = HeaderValue::from_str(authority).map_err(|error| unusable(&error))?;
    let mut request = Request::new(Empty::new());
    *request.method_mut() = Method::CONNECT;
    *request.uri_mut() = authority.parse().map_err(|error| unusable(&error))?;
    let headers = request.headers_mut();
    headers.insert(HOST, host);
    if let Some(credentials) = credentials {
        headers.insert(PROXY_AUTHORIZATION, credentials.clone());
    }
    Ok(request)
}
