//! A request that is being answered.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;

use super::polling::Waiting;
use super::posting::Posting;
use crate::server::Body;
use crate::server::handler::BoxFuture;
use crate::server::service::BoxError;

/// The answer to a request, as far as it has come: a future without the states of everything that may be asked for,
/// because it is moved around for each request.
pub(crate) enum Answering<B> {
    /// It is known.
    Known(Option<Response<Body>>),
    /// A poll waits for packets.
    Poll(Waiting),
    /// A POST's body is to be read.
    Post(Posting<B>),
    /// It takes longer, or is rare.
    Long(BoxFuture<Response<Body>>),
}

impl<B> From<Response<Body>> for Answering<B> {
    fn from(response: Response<Body>) -> Self {
        Self::Known(Some(response))
    }
}

impl<B> From<Result<Response<Body>, BoxFuture<Response<Body>>>> for Answering<B> {
    fn from(answer: Result<Response<Body>, BoxFuture<Response<Body>>>) -> Self {
        answer.map_or_else(Self::Long, Self::from)
    }
}

impl<B> Future for Answering<B>
where
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    type Output = Response<Body>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response<Body>> {
        let rest = match &mut *self {
            // A future is not polled again after it was ready.
            Self::Known(answer) => return answer.take().map_or(Poll::Pending, Poll::Ready),
            Self::Long(answer) => return answer.as_mut().poll(cx),
            Self::Poll(waiting) => match ready!(waiting.poll(cx)) {
                Ok(answer) => return Poll::Ready(answer),
                Err(rest) => rest,
            },
            Self::Post(posting) => match posting.begin(cx) {
                Ok(answer) => return Poll::Ready(answer),
                Err(unanswered) => match std::mem::replace(&mut *self, Self::Known(None)) {
                    Self::Post(posting) => posting.go_on(unanswered),
                    _ => return Poll::Pending,
                },
            },
        };
        *self = Self::Long(rest);
        self.poll(cx)
    }
}
