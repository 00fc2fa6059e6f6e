//! Response bodies.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use engineio_proto::{Closed, LinkId};
use http_body::{Frame, SizeHint};

use super::driver::clock;
use super::driver::shared::SharedSession;

/// The body of a response: complete when it is made.
///
/// A poll's body knows whether it was taken by the connection; if not, its packets are lost and the session ends.
#[derive(Default)]
pub struct Body {
    data: Option<Bytes>,
    poll: Option<(Arc<SharedSession>, LinkId)>,
}

impl Body {
    /// A body with this content.
    pub fn new(data: impl Into<Bytes>) -> Self {
        let data = data.into();
        Self { data: (!data.is_empty()).then_some(data), poll: None }
    }

    pub(crate) fn of_poll(data: Bytes, session: Arc<SharedSession>, link: LinkId) -> Self {
        let mut body = Self::new(data);
        body.answers(session, link);
        body
    }

    /// It is the body of a poll's answer.
    pub(crate) fn answers(&mut self, session: Arc<SharedSession>, link: LinkId) {
        self.poll = Some((session, link));
    }

    pub(crate) fn map(mut self, change: impl FnOnce(Bytes) -> Bytes) -> Self {
        self.data = self.data.take().map(change);
        self
    }

    /// The connection has it.
    pub(crate) fn taken(&mut self) {
        self.poll = None;
    }

    pub(crate) fn data(&self) -> Option<&Bytes> {
        self.data.as_ref()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.poll = None;
        Poll::Ready(self.data.take().map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.as_ref().map_or(0, |data| data.len() as u64))
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Some((session, link)) = self.poll.take()
            && self.data.is_some()
        {
            session.with(|session| session.handle_closed(clock::now(), link, Closed::Aborted));
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("len", &self.data.as_ref().map_or(0, Bytes::len)).finish_non_exhaustive()
    }
}
