//! A connection of our own HTTP server with its deadlines.
//!
//! hyper's deadline for request heads also ends idle connections, which would let a POST race a connection that is
//! being closed. Here the two are apart: ten seconds from the first byte of a head, and a long wait between
//! requests. Writing has a deadline of its own, for clients that never read.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::alarm::Alarm;
use super::clock;
use super::requests::Connection;
use super::rewound::Rewound;

/// From the first byte of a request's head to its end.
const HEAD: Duration = Duration::from_secs(10);

/// How long a write may make no progress.
const STALLED: Duration = Duration::from_secs(30);

/// A stream that ends when a deadline is missed.
pub(crate) struct Guarded<IO> {
    io: Rewound<IO>,
    connection: Arc<Connection>,
    idle: Duration,
    reading: Reading,
    read_by: Instant,
    /// Wakes the task at `read_by`.
    alarm: Alarm,
    /// When something of a response was last written.
    written_at: Instant,
    /// The deadline of a write that makes no progress.
    write_by: Option<Pin<Box<Sleep>>>,
}

/// What reading waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// The first byte of a request.
    First,
    /// The rest of its head, of which something has just come: most heads are complete then.
    Begun,
    /// The rest of its head.
    Head,
    /// Nothing in particular: the request is being answered.
    Free,
}

impl<IO> Guarded<IO> {
    /// `idle` is how long the connection may be without a request.
    pub(super) fn new(io: IO, connection: Arc<Connection>, idle: Duration) -> Self {
        Self {
            io: Rewound::new(io, Bytes::new()),
            connection,
            idle,
            reading: Reading::First,
            // A connection that has never said anything gets no more time than a head.
            read_by: Instant::now() + HEAD,
            alarm: Alarm::default(),
            written_at: Instant::now(),
            write_by: None,
        }
    }

    /// The stream without its deadlines, and what was read of it that nobody has had yet.
    pub(crate) fn into_parts(self) -> (IO, Bytes) {
        self.io.into_parts()
    }

    /// Takes back what was read: it is read once more.
    pub(super) fn rewound(self, early: Bytes) -> Self {
        let (io, _) = self.io.into_parts();
        Self { io: Rewound::new(io, early), ..self }
    }

    /// A request is being answered, even if that takes no further read.
    pub(super) const fn free(&mut self) {
        self.reading = Reading::Free;
    }

    /// Notices that a request has begun or ended since the last read.
    fn update(&mut self) {
        if self.connection.is_busy() {
            self.reading = Reading::Free;
        } else if self.reading == Reading::Free {
            self.reading = Reading::First;
            self.read_by = self.written_at + self.idle;
        } else if self.reading == Reading::Begun {
            self.reading = Reading::Head;
            self.read_by = Instant::now() + HEAD;
        }
    }

    /// Fails a read that is too late.
    ///
    /// The alarm is on while a request is answered as well: nobody reads again only because the answer is
    /// complete, and from then on the connection is idle.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.alarm.poll_at(cx, Some(self.read_by)).is_ready() {
            if self.reading != Reading::Free {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.read_by = Instant::now() + self.idle;
        }
        Poll::Pending
    }

    /// Fails a write that makes no progress for too long.
    fn watch<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write_by = None;
            return written;
        }
        let write_by = self.write_by.get_or_insert_with(|| Box::pin(tokio::time::sleep(STALLED)));
        write_by.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Guarded<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.update();
        let before = buffer.filled().len();
        if Pin::new(&mut self.io).poll_read(cx, buffer)?.is_pending() {
            return self.poll_late(cx);
        }
        if self.reading == Reading::First && buffer.filled().len() > before {
            self.reading = Reading::Begun;
        } else if self.reading == Reading::Head {
            // A head that comes byte by byte is never pending long enough to be noticed there.
            return Poll::Ready(match self.poll_late(cx) {
                Poll::Ready(late) => late,
                Poll::Pending => Ok(()),
            });
        }
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Guarded<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.written_at = clock::recently();
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.written_at = clock::recently();
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        self.watch(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // TLS writes here too.
        let shut = Pin::new(&mut self.io).poll_shutdown(cx);
        self.watch(cx, shut)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::task::coop;

    use super::*;
    use crate::Server;

    fn guarded<IO>(io: IO) -> Guarded<IO> {
        let connection = Connection::new(Server::builder().build().unwrap());
        Guarded::new(io, connection, Duration::from_secs(75))
    }

    /// What a client is that reads nothing, not even that its TLS connection ends.
    struct Full;

    impl AsyncRead for Full {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    impl AsyncWrite for Full {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Pending
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_is_written_has_a_deadline() {
        let began = Instant::now();
        let timed_out = |result: io::Result<()>| result.unwrap_err().kind() == io::ErrorKind::TimedOut;
        assert!(timed_out(guarded(Full).write_all(b"answer").await));
        assert!(timed_out(guarded(Full).flush().await));
        assert!(timed_out(guarded(Full).shutdown().await));
        assert_eq!(began.elapsed(), STALLED * 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_holds_that_was_set_when_the_task_had_used_up_its_turn() {
        let (_client, io) = duplex(100);
        let mut guarded = guarded(io);
        poll_fn(|cx| {
            while coop::has_budget_remaining() {
                let _ = pin!(coop::consume_budget()).poll(cx);
            }
            assert!(Pin::new(&mut guarded).poll_read(cx, &mut ReadBuf::new(&mut [0; 9])).is_pending());
            Poll::Ready(())
        })
        .await;
        let began = Instant::now();
        let read = tokio::time::timeout(HEAD * 2, guarded.read_u8()).await.unwrap();
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed(), HEAD);
    }
}
