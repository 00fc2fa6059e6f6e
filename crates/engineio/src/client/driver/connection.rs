//! A client's WebSocket connection: reads into lent memory, and writes batches.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use engineio_proto::client::Finish;
use engineio_proto::ws::{CloseCode, Decoder, Limits, Rest, Role, WriteBatch};
use engineio_proto::{Instant, LinkId, Outgoing};
use tokio::io::AsyncWrite;
use tokio::time::{Instant as TokioInstant, Sleep};

use super::mask::mask;
use super::meter::Meter;
use super::open::Opened;
use super::stream::Stream;
use crate::driver::input::{End, Input, decode, poll_input};
use crate::driver::io::{discard, poll_write_all};
use crate::driver::scratch::{self, Scratch};

/// How long a closed connection waits for the server to take the close frame and to close as well.
const LINGER: Duration = Duration::from_secs(1);

/// A WebSocket connection.
#[derive(Debug)]
pub(crate) struct Connection {
    io: Stream,
    pub(crate) link: LinkId,
    decoder: Decoder,
    /// What came with the response to the handshake.
    early: Bytes,
    /// What the socket did not take yet.
    rest: Rest,
    /// The data of a WebSocket ping that is to be answered; a later ping replaces it.
    ping: Option<Box<[u8]>>,
    /// Everything that was taken from the session is written, and the session does not know yet.
    pub(crate) sent: bool,
    pub(crate) meter: Meter,
    /// The close frame is written, or the server closed first.
    closing: Option<Closing>,
    /// A write failed.
    broken: Option<io::Error>,
}

#[derive(Debug)]
struct Closing {
    /// The server closed first: nothing is left but to flush.
    answered: bool,
    patience: Pin<Box<Sleep>>,
}

impl Connection {
    pub(crate) fn new(opened: Opened, link: LinkId, limits: Limits) -> Self {
        Self {
            io: opened.stream,
            link,
            decoder: Decoder::new(Role::Client, limits),
            early: opened.early,
            rest: Rest::default(),
            ping: None,
            sent: false,
            meter: Meter::default(),
            closing: None,
            broken: None,
        }
    }

    /// Whether it takes part in the session: not once it closes.
    pub(crate) const fn is_open(&self) -> bool {
        self.closing.is_none()
    }

    /// Whether a batch would be written now.
    pub(crate) fn takes_more(&self) -> bool {
        self.is_open() && self.broken.is_none() && !self.rest.has_remaining()
    }

    pub(crate) fn fail(&mut self, error: io::Error) {
        self.broken = Some(error);
    }

    /// Why it is of no more use, once.
    pub(crate) fn failure(&mut self) -> Option<io::Error> {
        self.broken.take()
    }

    /// It gets a moment for what the socket may still take.
    pub(crate) fn give_up(&mut self) {
        if self.is_open() {
            self.close(true);
        }
    }

    pub(crate) const fn is_partial(&self) -> bool {
        self.decoder.is_partial()
    }

    /// Whether a ping of the WebSocket waits for its answer.
    pub(crate) const fn has_ping(&self) -> bool {
        self.ping.is_some()
    }

    /// Reads once. `None` when there is nothing: the task is woken when there is something.
    pub(crate) fn poll_input(&mut self, cx: &mut Context<'_>) -> Option<Input> {
        if !self.early.is_empty() {
            let mut early = Vec::from(std::mem::take(&mut self.early));
            return Some(decode(&mut self.decoder, &mut early, &mut self.ping));
        }
        poll_input(Pin::new(&mut self.io), cx, &mut self.decoder, &mut self.ping)
    }

    /// Writes what an earlier write left. Ready when the connection takes more.
    pub(crate) fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.rest.has_remaining() {
            match poll_write_all(Pin::new(&mut self.io), cx, &mut self.rest) {
                Ok(Poll::Ready(())) => self.sent = true,
                Ok(Poll::Pending) => return Poll::Pending,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        match Pin::new(&mut self.io).poll_flush(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            // TLS may keep bytes; it is woken for them, and takes more meanwhile.
            _ => Poll::Ready(Ok(())),
        }
    }

    /// Writes packets, and the close frame if this is the end. What the socket does not take is kept. `measure` is the
    /// time, if the round trip may be measured.
    pub(crate) fn write(
        &mut self,
        cx: &mut Context<'_>,
        measure: Option<Instant>,
        packets: &mut VecDeque<Outgoing>,
        finish: Option<Finish>,
    ) -> io::Result<()> {
        scratch::lend(|Scratch { write, .. }| {
            let mut batch = WriteBatch::new(write);
            if let Some(data) = self.ping.take() {
                batch.pong(&data, Some(mask()?));
            }
            for packet in packets.drain(..) {
                batch.frame(&packet, Some(mask()?));
            }
            if let Some(now) = measure.filter(|_| finish.is_none())
                && let Some(data) = self.meter.ask(now)
            {
                batch.ping(&data, Some(mask()?));
            }
            if let Some(Finish::Close(code)) = finish {
                batch.close(code, "", Some(mask()?));
                self.close(false);
            }
            if poll_write_all(Pin::new(&mut self.io), cx, &mut batch)?.is_pending() {
                self.rest = batch.into_rest();
            } else {
                self.sent = true;
            }
            Ok(())
        })
    }

    /// The server is done, with a close frame that wants its answer, or without one.
    pub(crate) fn peer_closed(&mut self, end: End) {
        // A peer that closes while our last write is stuck will not read the answer either.
        if let Some(code) = end.code
            && !self.rest.has_remaining()
        {
            self.rest = close_frame(code);
        }
        self.close(true);
    }

    fn close(&mut self, answered: bool) {
        let patience = Box::pin(tokio::time::sleep_until(TokioInstant::now() + LINGER));
        self.closing = Some(Closing { answered, patience });
    }

    /// Gets rid of a connection that closes: first its last bytes, then the server's.
    pub(crate) fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(closing) = &mut self.closing else { return Poll::Ready(()) };
        let answered = closing.answered;
        if closing.patience.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if self.rest.has_remaining() {
            match poll_write_all(Pin::new(&mut self.io), cx, &mut self.rest) {
                Ok(written) => self.sent |= written.is_ready(),
                Err(_) => return Poll::Ready(()),
            }
        }
        if !self.rest.has_remaining() {
            let shut = Pin::new(&mut self.io).poll_shutdown(cx);
            if answered || matches!(shut, Poll::Ready(Err(_))) {
                return shut.map(drop);
            }
        }
        discard(Pin::new(&mut self.io), cx)
    }
}

/// A close frame, masked if there is randomness for it; without, it is not sent.
fn close_frame(code: CloseCode) -> Rest {
    let Ok(key) = mask() else { return Rest::default() };
    scratch::lend(|Scratch { write, .. }| {
        let mut batch = WriteBatch::new(write);
        batch.close(code, "", Some(key));
        batch.into_rest()
    })
}
