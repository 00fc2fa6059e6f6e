//! The HTTP exchange that a WebSocket connection begins with.

use std::sync::Arc;

use bytes::Bytes;
use engineio_proto::ws::{Key, check_response, request_key};
use engineio_proto::{Sid, Transport};
use http::header::{CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Empty;
use hyper::body::Incoming;

use super::answer;
use super::carried::Carried;
use super::http::Http;
use super::place::Place;
use super::stream::Stream;
use super::wire;
use crate::client::connect_error::Phase;
use crate::client::failure::Failure;
use crate::driver::random;

/// A WebSocket connection that has just opened.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) stream: Stream,
    /// What came right behind the response.
    pub(crate) early: Bytes,
    pub(crate) protocol: Option<String>,
}

/// Opens a WebSocket connection: the session's own without a `sid`, else to probe.
pub(crate) async fn open(http: Arc<Http>, sid: Option<Sid>) -> Result<Opened, Failure> {
    match sid {
        None => handshake(&http).await,
        Some(sid) => ask(&http, &http.place(), Some(&sid)).await,
    }
}

async fn handshake(http: &Http) -> Result<Opened, Failure> {
    let mut trail = http.trail();
    loop {
        match ask(http, &trail.place(), None).await {
            Ok(opened) => {
                http.settle(trail.place());
                return Ok(opened);
            }
            Err(failure) => http.follow(&mut trail, failure)?,
        }
    }
}

async fn ask(http: &Http, place: &Place, sid: Option<&Sid>) -> Result<Opened, Failure> {
    let opened = exchange(http, place, sid).await;
    wire::opened(&opened);
    opened
}

async fn exchange(http: &Http, place: &Place, sid: Option<&Sid>) -> Result<Opened, Failure> {
    let key = request_key(random::bits().map_err(|error| {
        Failure::new(Phase::Handshake, format!("the operating system has no random bits: {error}"))
    })?);
    let request = request(http, place, sid, &key)?;
    let uri = place.target.uri(Transport::WebSocket, None, None)?;
    let stream = http.dial.connect(&uri).await?;
    let (mut carried, response) = Carried::ask(stream, request, Phase::Handshake).await?;
    http.keep_cookies(place, response.headers());
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let (parts, body) = response.into_parts();
        return Err(Failure::refused(carried.carry(answer::refusal(&parts, body)).await));
    }
    let protocol = check(http, &response, &key)?;
    drop(response);
    let (stream, early) = carried.hand_over(Phase::Handshake).await?;
    Ok(Opened { stream, early, protocol })
}

fn check(http: &Http, response: &Response<Incoming>, key: &Key) -> Result<Option<String>, Failure> {
    let offered: Vec<&str> = http.config.protocols.iter().map(String::as_str).collect();
    check_response(response.status(), response.headers(), key, &offered)
        .map(|chosen| chosen.map(str::to_owned))
        .map_err(|error| Failure::of(Phase::Handshake, error))
}

fn request(
    http: &Http,
    place: &Place,
    sid: Option<&Sid>,
    key: &Key,
) -> Result<Request<Empty<Bytes>>, Failure> {
    let uri = http.uri(place, Transport::WebSocket, sid)?;
    wire::asked(&uri);
    let mut request = Request::new(Empty::new());
    // A server is asked for a path; the rest of the address is for proxies.
    *request.uri_mut() = uri.path_and_query().cloned().map(Into::into).unwrap_or_default();
    *request.headers_mut() = http.headers(place);
    let value = |text: &str| {
        HeaderValue::from_str(text).map_err(|error| Failure::new(Phase::Handshake, error.to_string()))
    };
    let headers = request.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    headers.insert(SEC_WEBSOCKET_KEY, value(key.as_str())?);
    if !http.config.protocols.is_empty() {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, value(&http.config.protocols.join(", "))?);
    }
    Ok(request)
}
