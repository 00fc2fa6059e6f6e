//! An HTTP/1.1 connection of which the stream is wanted back: for a WebSocket, or for a tunnel.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use super::stream::Stream;
use crate::client::connect_error::Phase;
use crate::client::failure::Failure;

/// Longest head of the response, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// A connection whose bytes move while something on it is waited for.
pub(crate) struct Carried {
    connection: http1::Connection<TokioIo<Stream>, Empty<Bytes>>,
    done: bool,
}

impl Carried {
    /// Sends a request, and waits for the head of its response. What fails is a failure of `phase`.
    pub(crate) async fn ask(
        stream: Stream,
        request: Request<Empty<Bytes>>,
        phase: Phase,
    ) -> Result<(Self, Response<Incoming>), Failure> {
        let handshake = http1::Builder::new().max_buf_size(MAX_HEAD).handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(|error| Failure::http(phase, error))?;
        let mut carried = Self { connection, done: false };
        let response = carried.carry(sender.send_request(request)).await;
        Ok((carried, response.map_err(|error| Failure::http(phase, error))?))
    }

    /// Waits for something on the connection.
    pub(crate) async fn carry<F: Future>(&mut self, work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|cx| {
            if let Poll::Ready(output) = work.as_mut().poll(cx) {
                return Poll::Ready(output);
            }
            // What an error means, the work is told as well.
            let _ = self.poll(cx);
            work.as_mut().poll(cx)
        })
        .await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        if self.done {
            return Poll::Ready(Ok(()));
        }
        let polled = self.connection.poll_without_shutdown(cx);
        self.done = polled.is_ready();
        polled
    }

    /// The stream, once HTTP is done with it, and what it read too much.
    pub(crate) async fn hand_over(mut self, phase: Phase) -> Result<(Stream, Bytes), Failure> {
        poll_fn(|cx| self.poll(cx)).await.map_err(|error| Failure::http(phase, error))?;
        let parts = self.connection.into_parts();
        Ok((parts.io.into_inner(), parts.read_buf))
    }
}
