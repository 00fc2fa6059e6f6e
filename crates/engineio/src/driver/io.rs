//! Writing batches, and reading what nobody wants.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::io::poll_write_buf;

use super::scratch::{self, Scratch};

/// Writes until everything is written or the stream takes no more.
pub(crate) fn poll_write_all<IO: AsyncWrite>(
    mut io: Pin<&mut IO>,
    cx: &mut Context<'_>,
    bytes: &mut impl Buf,
) -> io::Result<Poll<()>> {
    while bytes.has_remaining() {
        match poll_write_some(io.as_mut(), cx, bytes) {
            Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(error)) => return Err(error),
            Poll::Pending => return Ok(Poll::Pending),
        }
    }
    Ok(Poll::Ready(()))
}

/// A vectored write costs the kernel more than a plain one, which most batches get along with.
fn poll_write_some<IO: AsyncWrite>(
    io: Pin<&mut IO>,
    cx: &mut Context<'_>,
    bytes: &mut impl Buf,
) -> Poll<io::Result<usize>> {
    if bytes.chunk().len() < bytes.remaining() {
        return poll_write_buf(io, cx, bytes);
    }
    let written = ready!(io.poll_write(cx, bytes.chunk()))?;
    bytes.advance(written);
    Poll::Ready(Ok(written))
}

/// Reads and forgets until the peer closes.
pub(crate) fn discard<IO: AsyncRead>(mut io: Pin<&mut IO>, cx: &mut Context<'_>) -> Poll<()> {
    scratch::lend(|Scratch { read, .. }| {
        loop {
            let mut buffer = ReadBuf::new(read);
            match ready!(io.as_mut().poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                _ => return Poll::Ready(()),
            }
        }
    })
}
