//! A sink for messages.

use std::pin::Pin;
use std::task::{self, Context, Poll};

use engineio_proto::{Message, SendError};
use futures_sink::Sink;

use super::Client;
use super::state::{Flush, Stage, State};

/// A [`Sink`] for a client's messages; made by [`Client::sink`].
///
/// It is ready while the queue has room; `flush` waits as [`Client::flush`] does, for everything that was sent by then,
/// and `close` closes the client.
#[derive(Clone, Debug)]
pub struct MessageSink {
    client: Client,
    /// What a flush that has begun waits for.
    flush: Option<Flush>,
}

impl MessageSink {
    pub(crate) const fn new(client: Client) -> Self {
        Self { client, flush: None }
    }

    /// The client it belongs to.
    pub const fn client(&self) -> &Client {
        &self.client
    }
}

impl Sink<Message> for MessageSink {
    type Error = SendError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.client.poll(cx, State::room)
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), SendError> {
        self.client.try_send(message)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let Self { client, flush } = &mut *self;
        let flushed = task::ready!(client.poll(cx, |state| state.flushed(flush)));
        *flush = None;
        Poll::Ready(flushed)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        drop(self.client.close());
        self.client.poll(cx, |state| (state.stage == Stage::Over).then_some(Ok(())))
    }
}
