//! POSTs.

use std::future::{poll_fn, ready};
use std::sync::Arc;
use std::task::{self, Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use engineio_proto::edge::{PostHead, Refusal};
use engineio_proto::server::{Finish, Session, Transmit};
use engineio_proto::{Closed, Instant, Link, LinkId};
use http::{HeaderMap, Response};
use http_body_util::BodyExt;

use super::clock;
use super::exchange::Exchange;
use super::quiet::hold_back;
use super::shared::SharedSession;
use crate::driver::collected::{Collected, Uncollected};
use crate::server::body::Body;
use crate::server::handler::BoxFuture;
use crate::server::head::Asker;
use crate::server::service::BoxError;
use crate::server::{Server, response};

/// How much of a body that is refused is still read, so that its sender can read the answer.
const DRAIN: usize = 8 << 20;

/// How long it is read.
const DRAIN_FOR: Duration = Duration::from_secs(1);

/// A POST whose body is to be read.
pub(crate) struct Posting<B> {
    session: Arc<SharedSession>,
    post: PostHead,
    asker: Asker,
    /// The header fields, for their memory.
    headers: HeaderMap,
    body: B,
}

impl<B> Posting<B>
where
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    pub(crate) fn new(
        session: Arc<SharedSession>,
        post: PostHead,
        asker: Asker,
        headers: HeaderMap,
        body: B,
    ) -> Self {
        Self { session, post, asker, headers, body }
    }

    /// Reads the body and hands it over. Most bodies are there already and find room; then the answer is known.
    /// Otherwise [`go_on`](Self::go_on) is to be called.
    pub(super) fn begin(&mut self, cx: &mut Context<'_>) -> Result<Response<Body>, Unanswered> {
        let mut read = Collected::default();
        let data = match self.read_ahead(&mut read, cx) {
            Poll::Ready(Ok(data)) => data,
            Poll::Ready(Err(how)) => return Err(Unanswered::Body(read, Some(how))),
            Poll::Pending => return Err(Unanswered::Body(read, None)),
        };
        let open = |state: &mut Session, now| state.handle_link(now, Link::Post(self.post));
        let (link, transmit) = hand_over(&self.session, open, data, cx).map_err(Unanswered::Refused)?;
        accepted(transmit.ok_or(Unanswered::Room(link))?).map_err(Unanswered::Refused)?;
        let headers = std::mem::take(&mut self.headers);
        Ok(response::of_accepted_in(headers, &self.session.server.config, &self.asker.cors))
    }

    /// Answers a POST that was begun, after whatever it waits for.
    pub(super) fn go_on(self, from: Unanswered) -> BoxFuture<Response<Body>> {
        match from {
            Unanswered::Body(read, failed) => Box::pin(self.read_on(read, failed)),
            Unanswered::Room(link) => Box::pin(self.wait_for_room(link)),
            Unanswered::Refused(refusal) => Box::pin(ready(answer(&self.session, self.asker, Err(refusal)))),
        }
    }

    async fn wait_for_room(self, link: LinkId) -> Response<Body> {
        let Self { session, asker, .. } = self;
        let mut exchange = Exchange::new(session, link);
        let outcome = poll_fn(|cx| poll_accepted(&exchange.session, link, cx)).await;
        exchange.done();
        answer(&exchange.session, asker, outcome)
    }

    /// Reads what is there. The body of a client that expects to be told to send it is not asked for yet: that
    /// would tell it.
    fn read_ahead(&mut self, read: &mut Collected, cx: &mut Context<'_>) -> Poll<Result<Bytes, Closed>> {
        if self.post.expects {
            return Poll::Pending;
        }
        let limit = self.session.server.config.session.max_payload;
        let (read, woken) = hold_back(cx, |cx| poll_body(read, &mut self.body, limit, cx));
        if woken && !matches!(read, Poll::Ready(Ok(_))) {
            cx.waker().wake_by_ref();
        }
        read
    }

    /// Answers a POST whose body has to be waited for, unless reading it failed already.
    async fn read_on(self, read: Collected, failed: Option<Closed>) -> Response<Body> {
        let Self { session, post, asker, body, .. } = self;
        let outcome = match session.with(|state| state.handle_link(clock::now(), Link::Post(post))) {
            Ok(link) => take(Exchange::new(Arc::clone(&session), link), body, read, failed).await,
            Err(refusal) => {
                drain(&session, body);
                Err(refusal)
            }
        };
        answer(&session, asker, outcome)
    }
}

fn answer(session: &SharedSession, asker: Asker, outcome: Result<(), Refusal>) -> Response<Body> {
    match outcome {
        Ok(()) => response::of_accepted_in(HeaderMap::new(), &session.server.config, &asker.cors),
        Err(refusal) => session.server.refuse(asker, refusal),
    }
}

/// Takes the packets of a POST whose link is open.
async fn take<B>(exchange: Exchange, body: B, read: Collected, failed: Option<Closed>) -> Result<(), Refusal>
where
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    match receive(&exchange.session, body, read, failed).await {
        Ok(data) => deliver(exchange, data).await,
        Err((how, refusal)) => {
            exchange.fail(how);
            Err(refusal)
        }
    }
}

/// Reads a body within the limits of size and time.
async fn receive<B>(
    session: &Arc<SharedSession>,
    mut body: B,
    mut read: Collected,
    failed: Option<Closed>,
) -> Result<Bytes, (Closed, Refusal)>
where
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    let config = &session.server.config;
    let limit = config.session.max_payload;
    let reading = poll_fn(|cx| match failed {
        Some(how) => Poll::Ready(Err(how)),
        None => poll_body(&mut read, &mut body, limit, cx),
    });
    let reading = tokio::time::timeout(config.body_timeout, reading);
    match session.server.killed.run_until_cancelled(reading).await {
        Some(Ok(Ok(data))) => Ok(data),
        Some(Ok(Err(Closed::TooLarge))) => {
            drain(session, body);
            Err((Closed::TooLarge, Refusal::TooLarge { limit }))
        }
        Some(Ok(Err(how))) => Err((how, Refusal::BadRequest("the body ended early"))),
        Some(Err(_)) => Err((Closed::Timeout, Refusal::Timeout)),
        None => Err((Closed::Aborted, Server::unavailable())),
    }
}

/// Why a POST could not be answered at once.
pub(super) enum Unanswered {
    /// Its body is not there in full, or reading it failed.
    Body(Collected, Option<Closed>),
    /// Its body has no room yet.
    Room(LinkId),
    /// It is refused.
    Refused(Refusal),
}

/// Reads a body within the limit of size.
fn poll_body<B: http_body::Body + Unpin>(
    read: &mut Collected,
    body: &mut B,
    limit: usize,
    cx: &mut Context<'_>,
) -> Poll<Result<Bytes, Closed>> {
    read.poll(body, limit, cx).map_err(|why| match why {
        Uncollected::TooLarge => Closed::TooLarge,
        Uncollected::Broken(_) => Closed::Aborted,
    })
}

/// Hands a body to the session and waits until there is room for it.
async fn deliver(mut exchange: Exchange, data: Bytes) -> Result<(), Refusal> {
    let link = exchange.link;
    let mut data = Some(data);
    let outcome = poll_fn(|cx| {
        let Some(data) = data.take() else { return poll_accepted(&exchange.session, link, cx) };
        match hand_over(&exchange.session, |_, _| Ok(link), data, cx) {
            Err(refusal) => Poll::Ready(Err(refusal)),
            Ok((_, Some(transmit))) => Poll::Ready(accepted(transmit)),
            Ok((_, None)) => poll_accepted(&exchange.session, link, cx),
        }
    })
    .await;
    exchange.done();
    outcome
}

/// Hands a body over and asks at once whether there was room, as there mostly is. Handlers that are done at once
/// run here.
fn hand_over(
    session: &Arc<SharedSession>,
    open: impl FnOnce(&mut Session, Instant) -> Result<LinkId, Refusal>,
    data: Bytes,
    cx: &mut Context<'_>,
) -> Result<(LinkId, Option<Transmit>), Refusal> {
    session.with_inline(cx, |state, now| {
        let link = open(state, now)?;
        state.handle_payload(now, link, data)?;
        Ok((link, state.link_wants(link).then(|| state.poll_transmit(link, 0))))
    })
}

fn poll_accepted(session: &Arc<SharedSession>, link: LinkId, cx: &Context<'_>) -> Poll<Result<(), Refusal>> {
    let mut state = session.lock();
    task::ready!(state.wait(link, cx));
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
