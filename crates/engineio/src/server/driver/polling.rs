//! Polls.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use engineio_proto::edge::{ContentEncoding, CorsHeaders, Refusal};
use engineio_proto::server::Transmit;
use engineio_proto::{Link, LinkId, PayloadEncoder};
use http::{HeaderMap, Response};

use super::answering::Answering;
use super::clock;
use super::exchange::Exchange;
use super::shared::{SharedSession, State};
use crate::server::body::Body;
use crate::server::handler::BoxFuture;
use crate::server::response;

/// Answers a GET with the packets that wait, or with those that come.
pub(crate) fn poll<B>(
    session: Arc<SharedSession>,
    request: &mut HeaderMap,
    cors: &CorsHeaders,
) -> Result<Answering<B>, Refusal> {
    let mut state = session.lock();
    let opened = state.session.handle_link(clock::now(), Link::Poll);
    let data = match &opened {
        Ok(link) if state.session.link_wants(*link) => Some(encode(&mut state, *link, &session)),
        _ => None,
    };
    session.leave(state);
    let link = opened?;
    let config = &session.server.config;
    let encoding = response::encoding(config, request, data.as_ref().map_or(usize::MAX, Bytes::len));
    let Some(data) = data else {
        let (exchange, cors) = (Exchange::new(session, link), cors.clone());
        return Ok(Answering::Poll(Waiting { exchange, encoding, cors }));
    };
    if encoding.is_some() {
        let body = Body::of_poll(data, Arc::clone(&session), link);
        return Ok(response::compressed(config, encoding, response::of_payload(config, cors, body)).into());
    }
    let mut answer = response::of_payload_in(std::mem::take(request), config, cors, Body::new(data));
    answer.body_mut().answers(session, link);
    Ok(answer.into())
}

/// A poll that waits for packets. Of its request nothing is kept.
pub(crate) struct Waiting {
    exchange: Exchange,
    encoding: Option<ContentEncoding>,
    cors: CorsHeaders,
}

impl Waiting {
    pub(super) fn poll(
        &mut self,
        cx: &Context<'_>,
    ) -> Poll<Result<Response<Body>, BoxFuture<Response<Body>>>> {
        let body = ready!(poll_body(&mut self.exchange, cx));
        let config = &self.exchange.session.server.config;
        let answer = response::of_payload(config, &self.cors, body);
        Poll::Ready(response::compressed(config, self.encoding, answer))
    }
}

/// Waits until a poll has packets, and encodes them.
pub(super) fn poll_body(exchange: &mut Exchange, cx: &Context<'_>) -> Poll<Body> {
    let (session, link) = (&exchange.session, exchange.link);
    let mut state = session.lock();
    ready!(state.wait(link, cx));
    let data = encode(&mut state, link, session);
    session.leave(state);
    let body = Body::of_poll(data, Arc::clone(session), link);
    exchange.done();
    Poll::Ready(body)
}

fn encode(state: &mut State, link: LinkId, session: &SharedSession) -> Bytes {
    let budget = session.server.config.session.max_payload;
    let mut encoder = PayloadEncoder::new();
    while let Transmit::Packet(packet) = state.session.poll_transmit(link, encoder.room(budget)) {
        encoder.push(&packet);
    }
    encoder.finish()
}
