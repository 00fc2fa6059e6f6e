//! A connection as long as its requests are plain.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::buf::Chain;
use bytes::{Buf, Bytes};
use http::header::CONNECTION;
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::request::parse;
use super::response::write_head;
use crate::server::Body;
use crate::server::driver::answering::Answering;
use crate::server::driver::guarded::Guarded;
use crate::server::driver::io::poll_write_all;
use crate::server::driver::requests::{Busy, Connection};
use crate::server::driver::scratch::{self, Scratch};
use crate::server::registry::LastFound;
use crate::server::service::Peer;

/// How much is read at a time: longer requests are not plain, and nobody can have us keep more than this.
const READ: usize = 16 * 1024;

/// Longer bodies are not copied to stand behind their head.
const COPIED: usize = 4096;

/// A connection that has made none but plain requests.
pub(in crate::server::driver) struct Plain<IO> {
    /// It is there until the connection goes on elsewhere.
    io: Option<Guarded<IO>>,
    connection: Arc<Connection>,
    peer: Peer,
    last: LastFound,
    state: State,
    /// The head of the request, and then of its response: the header fields have the same memory all the time.
    head: Parts,
    /// What was read and belongs to the next request.
    early: Bytes,
}

/// What becomes of the connection.
pub(in crate::server::driver) enum After<IO> {
    /// It is closed.
    Closed,
    /// It goes on with a request that is not plain, which begins with what was read.
    Other(Guarded<IO>),
}

enum State {
    /// A request is awaited.
    Reading,
    /// One is being answered.
    Answering {
        answering: Answering<Full<Bytes>>,
        #[expect(dead_code, reason = "its drop is what it is for")]
        busy: Busy,
    },
    /// The rest of an answer is written.
    Writing { rest: Chain<Bytes, Bytes>, last: bool },
    /// There is nothing more to answer.
    Closing,
}

/// What a read brought.
enum Read {
    /// A plain request with this body; `early` has what follows it.
    Request(Bytes),
    /// Something else.
    Other(Bytes),
    /// The end.
    Eof,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Plain<IO> {
    pub(in crate::server::driver) fn new(io: Guarded<IO>, connection: Arc<Connection>, peer: Peer) -> Self {
        Self {
            io: Some(io),
            connection,
            peer,
            last: LastFound::default(),
            state: State::Reading,
            head: no_head(),
            early: Bytes::new(),
        }
    }

    /// Closes the connection, unless a request is under way.
    pub(in crate::server::driver) fn close_idle(&mut self) {
        if matches!(self.state, State::Reading) {
            self.state = State::Closing;
        }
    }

    /// Answers requests until the connection is closed or makes one that is not plain.
    pub(in crate::server::driver) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<After<IO>>> {
        loop {
            match &mut self.state {
                State::Reading => match ready!(self.poll_request(cx))? {
                    Read::Request(body) => self.begin(body, cx)?,
                    Read::Other(early) => {
                        let Some(io) = self.io.take() else { return Poll::Pending };
                        return Poll::Ready(Ok(After::Other(io.rewound(early))));
                    }
                    Read::Eof => self.state = State::Closing,
                },
                State::Answering { answering, .. } => match Pin::new(answering).poll(cx) {
                    Poll::Ready(response) => self.write(response, cx)?,
                    Poll::Pending => {
                        ready!(self.poll_gone(cx))?;
                        return Poll::Ready(Ok(After::Closed));
                    }
                },
                State::Writing { rest, last } => {
                    let Some(io) = &mut self.io else { return Poll::Pending };
                    ready!(poll_write_all(Pin::new(&mut *io), cx, rest)?);
                    ready!(Pin::new(io).poll_flush(cx))?;
                    self.state = if *last { State::Closing } else { State::Reading };
                }
                State::Closing => {
                    let Some(io) = &mut self.io else { return Poll::Pending };
                    ready!(Pin::new(io).poll_shutdown(cx))?;
                    return Poll::Ready(Ok(After::Closed));
                }
            }
        }
    }

    fn poll_request(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Read>> {
        let path = &self.connection.server().0.config.edge.path;
        if !self.early.is_empty() {
            let early = std::mem::take(&mut self.early);
            let Some((body, len)) = parse(&early, path, &mut self.head) else {
                return Poll::Ready(Ok(Read::Other(early)));
            };
            self.early = early.slice(len..);
            return Poll::Ready(Ok(Read::Request(body)));
        }
        let Some(io) = &mut self.io else { return Poll::Pending };
        lend_buffer(|buffer| {
            ready!(Pin::new(io).poll_read(cx, buffer))?;
            let bytes = buffer.filled();
            if bytes.is_empty() {
                return Poll::Ready(Ok(Read::Eof));
            }
            let Some((body, len)) = parse(bytes, path, &mut self.head) else {
                return Poll::Ready(Ok(Read::Other(Bytes::copy_from_slice(bytes))));
            };
            self.early = Bytes::copy_from_slice(bytes.get(len..).unwrap_or_default());
            Poll::Ready(Ok(Read::Request(body)))
        })
    }

    /// Begins to answer a request, which is mostly all that it takes.
    fn begin(&mut self, body: Bytes, cx: &mut Context<'_>) -> io::Result<()> {
        if let Some(io) = &mut self.io {
            io.free();
        }
        let busy = Busy::new(&self.connection);
        let server = self.connection.server();
        let mut answering = server.answer(&mut self.head, Full::new(body), self.peer, Some(&self.last));
        match Pin::new(&mut answering).poll(cx) {
            Poll::Ready(response) => self.write(response, cx),
            Poll::Pending => {
                // It may wait for long, and needs nothing of its request.
                self.head = no_head();
                self.state = State::Answering { answering, busy };
                Ok(())
            }
        }
    }

    /// Waits until a client that waits for its answer has gone. It may send its next request early.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(io) = &mut self.io else { return Poll::Pending };
        if !self.early.is_empty() {
            return Poll::Pending;
        }
        lend_buffer(|buffer| {
            ready!(Pin::new(io).poll_read(cx, buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.early = Bytes::copy_from_slice(buffer.filled());
            Poll::Pending
        })
    }

    /// Begins to write an answer, which is mostly all that it takes.
    fn write(&mut self, mut response: Response<Body>, cx: &mut Context<'_>) -> io::Result<()> {
        let body = response.body_mut().take();
        if self.connection.server().is_shutting_down() {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let last = response.headers().contains_key(CONNECTION);
        let Some(io) = &mut self.io else { return Ok(()) };
        let rest = scratch::lend(|Scratch { answer, .. }| {
            answer.clear();
            write_head(answer, response.status(), response.headers(), body.len());
            let body = if body.len() <= COPIED {
                answer.extend_from_slice(&body);
                Bytes::new()
            } else {
                body
            };
            let mut rest = answer.as_slice().chain(body);
            let written = poll_write_all(Pin::new(io), cx, &mut rest)?;
            let (head, body) = rest.into_inner();
            let rest = if written.is_ready() { Bytes::new() } else { Bytes::copy_from_slice(head) };
            io::Result::Ok(rest.chain(body))
        })?;
        self.head.headers = std::mem::take(response.headers_mut());
        // The request is over: from here on the client's time for its next one runs.
        self.state = State::Writing { rest, last };
        Ok(())
    }
}

fn lend_buffer<R>(run: impl FnOnce(&mut ReadBuf<'_>) -> R) -> R {
    scratch::lend(|Scratch { read, .. }| run(&mut ReadBuf::new(read.get_mut(..READ).unwrap_or_default())))
}

/// The head of no request.
fn no_head() -> Parts {
    Request::new(()).into_parts().0
}
