//! A stream of which too much was read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pin_project! {
    /// A stream with bytes that were read of it, and are read once more.
    pub(super) struct Rewound<IO> {
        early: Bytes,
        #[pin]
        io: IO,
    }
}

impl<IO> Rewound<IO> {
    pub(super) const fn new(io: IO, early: Bytes) -> Self {
        Self { early, io }
    }

    /// The stream, and what was read of it that nobody has had yet.
    pub(super) fn into_parts(self) -> (IO, Bytes) {
        (self.io, self.early)
    }
}

impl<IO: AsyncRead> AsyncRead for Rewound<IO> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.project();
        if this.early.is_empty() {
            return this.io.poll_read(cx, buffer);
        }
        let len = this.early.len().min(buffer.remaining());
        buffer.put_slice(&this.early.split_to(len));
        if !this.early.has_remaining() {
            *this.early = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncWrite> AsyncWrite for Rewound<IO> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.project().io.poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().io.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().io.poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().io.poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
