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
use http::{Request, Response};
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
use crate::server::driver::turn;
use crate::server::registry::LastFound;
use crate::server::service::Peer;

/// How much is read at a time: longer requests are not plain, and nobody can have us keep more than this.
const READ: usize = 16 * 1024;

/// Requests answered in a row, before other tasks have their turn.
const BURST: usize = 16;

/// Longer bodies are not copied to stand behind their head.
const COPIED: usize = 4096;

/// A connection that has made none but plain requests.
pub(in crate::server::driver) struct Plain<IO> {
    io: Guarded<IO>,
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
#[derive(Debug, PartialEq, Eq)]
pub(in crate::server::driver) enum After {
    /// It is closed.
    Closed,
    /// It goes on with a request that is not plain.
    Other,
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
    /// Something else, which `early` has.
    Other,
    /// The end.
    Eof,
}

/// Whether anybody waits for an answer.
#[derive(PartialEq, Eq)]
enum Client {
    There,
    Gone,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Plain<IO> {
    pub(in crate::server::driver) fn new(io: Guarded<IO>, connection: Arc<Connection>, peer: Peer) -> Self {
        Self {
            io,
            connection,
            peer,
            last: LastFound::default(),
            state: State::Reading,
            head: no_head(),
            early: Bytes::new(),
        }
    }

    /// Closes the connection, after the answer that is under way. The server is shutting down.
    pub(in crate::server::driver) fn close(&mut self) {
        match &mut self.state {
            State::Reading => self.state = State::Closing,
            State::Writing { last, .. } => *last = true,
            State::Answering { .. } | State::Closing => {}
        }
    }

    /// Answers requests until the connection is closed or makes one that is not plain.
    pub(in crate::server::driver) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<After>> {
        let mut requests = 0;
        loop {
            match &mut self.state {
                State::Reading if requests == BURST || turn::left() == 0 => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                State::Reading => match ready!(self.poll_request(cx))? {
                    Read::Request(body) => {
                        requests += 1;
                        if self.begin(body, cx)? == Client::Gone {
                            return Poll::Ready(Ok(After::Closed));
                        }
                    }
                    Read::Other => return Poll::Ready(Ok(After::Other)),
                    Read::Eof => self.state = State::Closing,
                },
                State::Answering { .. } => {
                    if self.look(cx)? == Client::Gone {
                        return Poll::Ready(Ok(After::Closed));
                    }
                    let State::Answering { answering, .. } = &mut self.state else { return Poll::Pending };
                    let response = ready!(Pin::new(answering).poll(cx));
                    self.write(response, cx)?;
                }
                State::Writing { rest, last } => {
                    ready!(poll_write_all(Pin::new(&mut self.io), cx, rest)?);
                    ready!(Pin::new(&mut self.io).poll_flush(cx))?;
                    self.state = if *last { State::Closing } else { State::Reading };
                }
                State::Closing => {
                    ready!(Pin::new(&mut self.io).poll_shutdown(cx))?;
                    return Poll::Ready(Ok(After::Closed));
                }
            }
        }
    }

    /// The stream, from the first byte of the request that is not plain.
    pub(in crate::server::driver) fn into_io(self) -> Guarded<IO> {
        self.io.rewound(self.early)
    }

    fn poll_request(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Read>> {
        let path = &self.connection.server().0.config.edge.path;
        if !self.early.is_empty() {
            let early = std::mem::take(&mut self.early);
            let Some((body, len)) = parse(&early, path, &mut self.head) else {
                self.early = early;
                return Poll::Ready(Ok(Read::Other));
            };
            self.early = early.slice(len..);
            return Poll::Ready(Ok(Read::Request(body)));
        }
        lend_buffer(|buffer| {
            ready!(Pin::new(&mut self.io).poll_read(cx, buffer))?;
            let bytes = buffer.filled();
            if bytes.is_empty() {
                return Poll::Ready(Ok(Read::Eof));
            }
            let Some((body, len)) = parse(bytes, path, &mut self.head) else {
                self.early = Bytes::copy_from_slice(bytes);
                return Poll::Ready(Ok(Read::Other));
            };
            self.early = Bytes::copy_from_slice(bytes.get(len..).unwrap_or_default());
            Poll::Ready(Ok(Read::Request(body)))
        })
    }

    /// Begins to answer a request, which is mostly all that it takes. Unless it is a POST, whose messages have come, it
    /// is dropped if nobody is there any more for the answer: then its session is told that packets are lost.
    fn begin(&mut self, body: Bytes, cx: &mut Context<'_>) -> io::Result<Client> {
        self.io.free();
        let busy = Busy::new(&self.connection);
        let server = self.connection.server();
        let mut answering = server.answer(&mut self.head, Full::new(body), self.peer, Some(&self.last));
        if !matches!(answering, Answering::Post(_)) && self.look(cx)? == Client::Gone {
            return Ok(Client::Gone);
        }
        match Pin::new(&mut answering).poll(cx) {
            Poll::Ready(response) => self.write(response, cx)?,
            Poll::Pending => {
                // It may wait for long, and needs nothing of its request.
                self.head = no_head();
                self.state = State::Answering { answering, busy };
            }
        }
        Ok(Client::There)
    }

    /// Looks whether a client that waits for its answer has gone, and waits for that. It may send its next request
    /// early.
    fn look(&mut self, cx: &mut Context<'_>) -> io::Result<Client> {
        if !self.early.is_empty() {
            return Ok(Client::There);
        }
        lend_buffer(|buffer| {
            if Pin::new(&mut self.io).poll_read(cx, buffer)?.is_pending() {
                return Ok(Client::There);
            }
            self.early = Bytes::copy_from_slice(buffer.filled());
            Ok(if self.early.is_empty() { Client::Gone } else { Client::There })
        })
    }

    /// Writes an answer, or as much of it as the stream takes.
    fn write(&mut self, mut response: Response<Body>, cx: &mut Context<'_>) -> io::Result<()> {
        self.connection.announce_end(response.headers_mut());
        let last = response.headers().contains_key(CONNECTION);
        let rest = scratch::lend(|Scratch { answer, .. }| {
            answer.clear();
            let mut rest = lay_out(&response, answer);
            let written = poll_write_all(Pin::new(&mut self.io), cx, &mut rest)?;
            let (head, body) = rest.into_inner();
            let rest = if written.is_ready() { Bytes::new() } else { Bytes::copy_from_slice(head) };
            io::Result::Ok(rest.chain(body))
        })?;
        // Not before: the packets in a body that could not be written are lost, and its session is told.
        response.body_mut().taken();
        self.head.headers = std::mem::take(response.headers_mut());
        // The request is over: from here on the client's time for its next one runs.
        self.state = State::Writing { rest, last };
        Ok(())
    }
}

/// Puts the head of a response, and a short body, into the buffer. What is to be written is that and a long body.
fn lay_out<'a>(response: &Response<Body>, buffer: &'a mut Vec<u8>) -> Chain<&'a [u8], Bytes> {
    let body = response.body().data();
    write_head(buffer, response.status(), response.headers(), body.map_or(0, Bytes::len));
    let long = body.filter(|body| body.len() > COPIED);
    if long.is_none() {
        buffer.extend_from_slice(body.map_or(&[], |body| body));
    }
    buffer.as_slice().chain(long.cloned().unwrap_or_default())
}

fn lend_buffer<R>(run: impl FnOnce(&mut ReadBuf<'_>) -> R) -> R {
    scratch::lend(|Scratch { read, .. }| run(&mut ReadBuf::new(read.get_mut(..READ).unwrap_or_default())))
}

/// The head of no request.
fn no_head() -> Parts {
    Request::new(()).into_parts().0
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;
    use crate::Server;

    /// A connection with no hyper behind it.
    fn connect() -> (DuplexStream, Plain<DuplexStream>) {
        let (client, io) = duplex(64 * 1024);
        let connection = Connection::new(Server::builder().build().unwrap());
        let io = Guarded::new(io, Arc::clone(&connection), Duration::from_secs(75));
        (client, Plain::new(io, connection, Peer { remote: None, secure: false }))
    }

    /// What the client reads until it has read this.
    async fn read_to(client: &mut DuplexStream, end: &str) {
        let mut read = Vec::new();
        while !read.ends_with(end.as_bytes()) {
            assert_ne!(client.read_buf(&mut read).await.unwrap(), 0, "{}", String::from_utf8_lossy(&read));
        }
    }

    #[tokio::test]
    async fn plain_requests_take_nothing_else() {
        let (mut client, mut plain) = connect();
        let serving = tokio::spawn(async move { (poll_fn(|cx| plain.poll(cx)).await.unwrap(), plain) });
        let open = "GET /engine.io/?EIO=4&transport=polling HTTP/1.1\r\nhost: a\r\n\r\n";
        for _ in 0..3 {
            client.write_all(open.as_bytes()).await.unwrap();
            read_to(&mut client, "\"maxPayload\":1000000}").await;
        }
        client.write_all(b"HEAD / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let (after, plain) = serving.await.unwrap();
        assert_eq!(after, After::Other, "it is not plain");
        let mut io = plain.into_io();
        let mut read = [0; 15];
        io.read_exact(&mut read).await.unwrap();
        assert_eq!(read, *b"HEAD / HTTP/1.1");
    }

    #[tokio::test]
    async fn other_tasks_have_their_turn() {
        let (mut client, mut plain) = connect();
        client
            .write_all("GET /engine.io/ HTTP/1.1\r\nhost: a\r\n\r\n".repeat(BURST + 1).as_bytes())
            .await
            .unwrap();
        let mut read = Vec::with_capacity(64 * 1024);
        for answers in [BURST, BURST + 1] {
            assert!(poll_fn(|cx| Poll::Ready(plain.poll(cx).is_pending())).await);
            client.read_buf(&mut read).await.unwrap();
            assert_eq!(String::from_utf8_lossy(&read).matches("HTTP/1.1 400").count(), answers);
        }
    }

    #[tokio::test]
    async fn the_end_is_the_end() {
        let (client, mut plain) = connect();
        drop(client);
        assert!(matches!(poll_fn(|cx| plain.poll(cx)).await, Ok(After::Closed)));
    }
}
