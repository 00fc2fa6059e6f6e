//! Polls and POSTs.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use engineio_proto::edge::{PostHead, Refusal};
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
    let body = match begin(session)? {
        Begun::Answered(body) => body,
        Begun::Waiting(exchange) => payload(exchange).await,
    };
    Ok(response::compressed(
        &session.server.config,
        request,
        response::of_payload(&session.server.config, body),
    )
    .await)
}

/// A poll after its first look at the session.
enum Begun {
    Answered(Body),
    Waiting(Exchange),
}

/// Opens the link of a poll. If packets wait already, they are taken under the same lock.
fn begin(session: &Arc<SharedSession>) -> Result<Begun, Refusal> {
    let mut state = session.lock();
    let opened = state.session.handle_link(clock::now(), Link::Poll);
    let data = match &opened {
        Ok(link) if state.session.link_wants(*link) => Some(encode(&mut state, *link, session)),
        _ => None,
    };
    session.leave(state);
    let link = opened?;
    Ok(match data {
        Some(data) => Begun::Answered(Body::of_poll(data, Arc::clone(session), link)),
        None => Begun::Waiting(Exchange::new(Arc::clone(session), link)),
    })
}

/// Waits until a poll has packets, and encodes them.
pub(super) async fn payload(mut exchange: Exchange) -> Body {
    let (session, link) = (Arc::clone(&exchange.session), exchange.link);
    let data = poll_fn(|cx| poll_payload(&session, link, cx)).await;
    exchange.done = true;
    Body::of_poll(data, session, link)
}

fn poll_payload(session: &Arc<SharedSession>, link: LinkId, cx: &Context<'_>) -> Poll<Bytes> {
    let mut state = session.lock();
    ready!(state.wait(link, cx));
    let data = encode(&mut state, link, session);
    session.leave(state);
    Poll::Ready(data)
}

fn encode(state: &mut State, link: LinkId, session: &SharedSession) -> Bytes {
    let budget = session.server.config.session.max_payload;
    let mut encoder = PayloadEncoder::new();
    while let Transmit::Packet(packet) = state.session.poll_transmit(link, encoder.room(budget)) {
        encoder.push(&packet);
    }
    encoder.finish()
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
    Ok(response::of_accepted(&session.server.config))
}

/// Reads a body within the limits of size and time.
async fn receive<B>(exchange: &Exchange, mut body: B) -> Result<Bytes, (Closed, Refusal)>
where
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    let config = &exchange.session.server.config;
    let limit = config.session.max_payload;
    match within(config.body_timeout, collect(&mut body, limit)).await {
        Some(Ok(data)) => Ok(data),
        Some(Err(Closed::TooLarge)) => {
            drain(&exchange.session, body);
            Err((Closed::TooLarge, Refusal::TooLarge { limit }))
        }
        Some(Err(how)) => Err((how, Refusal::BadRequest("the body ended early"))),
        None => Err((Closed::Timeout, Refusal::Timeout)),
    }
}

/// What comes within `time`. What is there already, as most bodies are, needs no timer.
async fn within<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    match poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await {
        Poll::Ready(done) => Some(done),
        Poll::Pending => tokio::time::timeout(time, future).await.ok(),
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
    let outcome = poll_fn(|cx| match data.take() {
        Some(data) => poll_delivered(&session, link, data, cx),
        None => poll_accepted(&session, link, cx),
    })
    .await;
    exchange.done = true;
    outcome
}

/// Hands the body over and asks at once whether there was room, as there mostly is.
fn poll_delivered(
    session: &Arc<SharedSession>,
    link: LinkId,
    data: Bytes,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Refusal>> {
    let answer = session.with_inline(cx, |state, now| {
        state.handle_payload(now, link, data)?;
        Ok(state.link_wants(link).then(|| state.poll_transmit(link, 0)))
    });
    match answer {
        Err(refusal) => Poll::Ready(Err(refusal)),
        Ok(Some(transmit)) => Poll::Ready(accepted(transmit)),
        Ok(None) => poll_accepted(session, link, cx),
    }
}

fn poll_accepted(session: &Arc<SharedSession>, link: LinkId, cx: &Context<'_>) -> Poll<Result<(), Refusal>> {
    let mut state = session.lock();
    ready!(state.wait(link, cx));
    let transmit = state.session.poll_transmit(link, 0);
    session.leave(state);
    Poll::Ready(accepted(transmit))
}

fn accepted(transmit: Transmit) -> Result<(), Refusal> {
    match transmit {
        Transmit::Finish(Finish::Refused(refusal)) => Err(refusal),
        _ => Ok(()),
    }
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
