//! A sink for messages.

use std::pin::Pin;
use std::task::{Context, Poll};

use engineio_proto::{Message, SendError};
use futures_sink::Sink;

use super::Client;
use super::state::{Stage, State};

/// A [`Sink`] for a client's messages; made by [`Client::sink`].
///
/// It is ready while the queue has room; `flush` waits as [`Client::flush`] does, for everything that was sent by then,
/// and `close` closes the client.
#[derive(Clone, Debug)]
pub struct MessageSink {
    client: Client,
}

impl MessageSink {
    pub(crate) const fn new(client: Client) -> Self {
        Self { client }
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

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.client.poll(cx, |state| {
            let progress = state.session.progress();
            if progress.confirmed >= progress.accepted {
                return Some(Ok(()));
            }
            state.session.wants().finished.then_some(Err(SendError::Closed))
        })
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        drop(self.client.close());
        self.client.poll(cx, |state| (state.stage == Stage::Over).then_some(Ok(())))
    }
}
