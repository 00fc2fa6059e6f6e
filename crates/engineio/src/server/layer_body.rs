//! The body of a response of a layered service.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::Body;

pin_project! {
    /// The body of a response that [`EngineMiddleware`](super::EngineMiddleware) gives: the server's own, or that
    /// of the service behind it.
    #[derive(Debug)]
    pub struct LayerBody<R> {
        #[pin]
        either: Either<R>,
    }
}

pin_project! {
    #[project = EitherProjected]
    #[derive(Debug)]
    enum Either<R> {
        Own { #[pin] body: Body },
        Other { #[pin] body: R },
    }
}

impl<R> LayerBody<R> {
    pub(super) const fn own(body: Body) -> Self {
        Self { either: Either::Own { body } }
    }

    pub(super) const fn other(body: R) -> Self {
        Self { either: Either::Other { body } }
    }
}

impl<R: HttpBody<Data = Bytes>> HttpBody for LayerBody<R> {
    type Data = Bytes;
    type Error = R::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, R::Error>>> {
        match self.project().either.project() {
            EitherProjected::Own { body } => {
                body.poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(|never| match never {})))
            }
            EitherProjected::Other { body } => body.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.either {
            Either::Own { body } => body.is_end_stream(),
            Either::Other { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.either {
            Either::Own { body } => body.size_hint(),
            Either::Other { body } => body.size_hint(),
        }
    }
}
