//! Bodies, read to their end.

use std::pin::Pin;
use std::task::{self, Context, Poll};

use bytes::{Buf, Bytes, BytesMut};
use http_body::Body;

/// What has been read of a body: mostly one piece, which is not copied.
#[derive(Default)]
pub(crate) struct Collected {
    first: Bytes,
    rest: BytesMut,
}

/// Why there is no body.
pub(crate) enum Uncollected<E> {
    /// It is larger than the limit.
    TooLarge,
    /// It did not come to its end.
    Broken(E),
}

impl Collected {
    /// Reads a body of at most `limit` bytes to its end.
    pub(crate) fn poll<B>(
        &mut self,
        body: &mut B,
        limit: usize,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Bytes, Uncollected<B::Error>>>
    where
        B: Body + Unpin,
    {
        while !body.is_end_stream() {
            let Some(frame) = task::ready!(Pin::new(&mut *body).poll_frame(cx)) else { break };
            let frame = match frame {
                Ok(frame) => frame,
                Err(error) => return Poll::Ready(Err(Uncollected::Broken(error))),
            };
            let Ok(data) = frame.into_data() else { continue };
            if self.first.len() + self.rest.len() + data.remaining() > limit {
                return Poll::Ready(Err(Uncollected::TooLarge));
            }
            self.push(data);
        }
        let first = std::mem::take(&mut self.first);
        Poll::Ready(Ok(if self.rest.is_empty() { first } else { std::mem::take(&mut self.rest).freeze() }))
    }

    fn push(&mut self, mut data: impl Buf) {
        let data = data.copy_to_bytes(data.remaining());
        if self.first.is_empty() && self.rest.is_empty() {
            self.first = data;
        } else {
            self.rest.extend_from_slice(&std::mem::take(&mut self.first));
            self.rest.extend_from_slice(&data);
        }
    }
}
