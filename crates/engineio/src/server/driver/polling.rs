//! Polls and POSTs.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use engineio_proto::edge::{PostHead, Refusal, Reply};
use engineio_proto::server::{Finish, Transmit};
use engineio_proto::{Closed, Link, LinkId, PayloadEncoder};
use http::{HeaderMap, Response};
use http_body_util::BodyExt;

use super::clock;
use super::shared::{SharedSession, State};
use crate::server::body::Body;
use crate::server::response;
use crate::server::service::BoxError;

/// How much of a body that is refused is still read, so that its sender can read the answer.
const DRAIN: usize = 8 << 20;

/// How long it is read.
const DRAIN_FOR: Duration = Duration::from_secs(1);

/// A request under way: the session learns if it is dropped before its end.
pub(super) struct Exchange {
    pub(super) session: Arc<SharedSession>,
    pub(super) link: LinkId,
    done: bool,
}

impl Exchange {
    pub(super) const fn new(session: Arc<SharedSession>, link: LinkId) -> Self {
        Self { session, link, done: false }
    }

    /// Leaves the link to somebody else.
    pub(super) fn release(mut self) {
        self.done = true;
    }

    /// Ends it in a way that the session has to know.
    fn fail(mut self, how: Closed) {
        self.done = true;
        self.session.with(|session| session.handle_closed(clock::now(), self.link, how));
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.done {
            self.session.with(|session| session.handle_closed(clock::now(), self.link, Closed::Aborted));
        }
    }
}

/// Answers a GET with the packets that wait, or with those that come.
pub(crate) async fn poll(
    session: &Arc<SharedSession>,
    request: &HeaderMap,
) -> Result<Response<Body>, Refusal> {
    let link = session.with(|state| state.handle_link(clock::now(), Link::Poll))?;
    let body = payload(Exchange::new(Arc::clone(session), link)).await;
    Ok(response::compressed(&session.server.config, request, response::of_payload(body)).await)
}

/// Waits until a poll has packets, and encodes them.
pub(super) async fn payload(mut exchange: Exchange) -> Body {
    let mut encoder = PayloadEncoder::new();
    let (session, link) = (Arc::clone(&exchange.session), exchange.link);
    let data = poll_fn(|cx| poll_payload(&session, link, &mut encoder, cx)).await;
    exchange.done = true;
    Body::of_poll(data, session, link)
}

fn poll_payload(
    session: &Arc<SharedSession>,
    link: LinkId,
    encoder: &mut PayloadEncoder,
    cx: &Context<'_>,
) -> Poll<Bytes> {
    let mut state = session.lock();
    ready!(state.wait(link, cx));
    encode(&mut state, link, encoder, session.server.config.session.max_payload);
    session.leave(state);
    Poll::Ready(std::mem::take(encoder).finish())
}

fn encode(state: &mut State, link: LinkId, encoder: &mut PayloadEncoder, budget: usize) {
    while let Transmit::Packet(packet) = state.session.poll_transmit(link, encoder.room(budget)) {
        encoder.push(&packet);
    }
}

/// Takes the packets of a POST.
pub(crate) async fn post<B>(
    session: &Arc<SharedSession>,
    head: PostHead,
    body: B,
) -> Result<Response<Body>, Refusal>
where
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    let link = match session.with(|state| state.handle_link(clock::now(), Link::Post(head))) {
        Ok(link) => link,
        Err(refusal) => {
            drain(session, body);
            return Err(refusal);
        }
    };
    let exchange = Exchange::new(Arc::clone(session), link);
    let data = receive(&exchange, body).await;
    let data = match data {
        Ok(data) => data,
        Err((how, refusal)) => {
            exchange.fail(how);
            return Err(refusal);
        }
    };
    deliver(exchange, data).await?;
    Ok(response::of_reply(Reply::accepted()))
}

/// Reads a body within the limits of size and time.
async fn receive<B>(exchange: &Exchange, mut body: B) -> Result<Bytes, (Closed, Refusal)>
where
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    let config = &exchange.session.server.config;
    let limit = config.session.max_payload;
    match tokio::time::timeout(config.body_timeout, collect(&mut body, limit)).await {
        Ok(Ok(data)) => Ok(data),
        Ok(Err(Closed::TooLarge)) => {
            drain(&exchange.session, body);
            Err((Closed::TooLarge, Refusal::TooLarge { limit }))
        }
        Ok(Err(how)) => Err((how, Refusal::BadRequest("the body ended early"))),
        Err(_) => Err((Closed::Timeout, Refusal::Timeout)),
    }
}

async fn collect<B>(body: &mut B, limit: usize) -> Result<Bytes, Closed>
where
    B: http_body::Body + Unpin,
{
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(mut data) = frame.map_err(|_| Closed::Aborted)?.into_data() else { continue };
        if first.len() + rest.len() + data.remaining() > limit {
            return Err(Closed::TooLarge);
        }
        if first.is_empty() && rest.is_empty() {
            first = data.copy_to_bytes(data.remaining());
        } else {
            rest.extend_from_slice(&std::mem::take(&mut first));
            rest.extend_from_slice(&data.copy_to_bytes(data.remaining()));
        }
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

/// Hands a body to the session and waits until there is room for it. Handlers that are done at once run here.
async fn deliver(mut exchange: Exchange, data: Bytes) -> Result<(), Refusal> {
    let (session, link) = (Arc::clone(&exchange.session), exchange.link);
    let mut data = Some(data);
    let outcome = poll_fn(|cx| {
        if let Some(data) = data.take()
            && let Err(refusal) =
                session.with_inline(cx, |state| state.handle_payload(clock::now(), link, data))
        {
            return Poll::Ready(Err(refusal));
        }
        poll_accepted(&session, link, cx)
    })
    .await;
    exchange.done = true;
    outcome
}

fn poll_accepted(session: &Arc<SharedSession>, link: LinkId, cx: &Context<'_>) -> Poll<Result<(), Refusal>> {
    let mut state = session.lock();
    ready!(state.wait(link, cx));
    let transmit = state.session.poll_transmit(link, 0);
    session.leave(state);
    Poll::Ready(match transmit {
        Transmit::Finish(Finish::Refused(refusal)) => Err(refusal),
        _ => Ok(()),
    })
}

/// Goes on reading a body that is refused, within limits: its sender could not read the answer otherwise.
fn drain<B>(session: &Arc<SharedSession>, mut body: B)
where
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    session.server.spawn(async move {
        let read = async {
            let mut left = DRAIN;
            while let Some(Ok(frame)) = body.frame().await {
                let len = frame.data_ref().map_or(0, Buf::remaining);
                left = left.saturating_sub(len);
                if left == 0 {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(DRAIN_FOR, read).await;
    });
}
