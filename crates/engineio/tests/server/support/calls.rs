//! What the application is told, for a test to wait for.

use std::time::Duration;

use engineio::server::{Disconnect, ServerBuilder};
use engineio::{DisconnectReason, Message, Socket};
use tokio::sync::mpsc::{self, error::TryRecvError};

use super::soon;

/// A call of a handler.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Message(Message),
    Upgrade(Socket),
    Disconnect(Disconnect),
}

/// The calls, in their order.
#[derive(Debug)]
pub(crate) struct Calls(mpsc::UnboundedReceiver<Call>);

impl Calls {
    /// A builder whose handlers report what they are told.
    pub(crate) fn of(builder: ServerBuilder) -> (ServerBuilder, Self) {
        let (sender, receiver) = mpsc::unbounded_channel();
        // A test may have ended before its server.
        let report = move || {
            let sender = sender.clone();
            move |call| {
                let _ = sender.send(call);
                std::future::ready(())
            }
        };
        let (message, upgrade, disconnect) = (report(), report(), report());
        let builder = builder
            .on_message(move |_, data| message(Call::Message(data)))
            .on_upgrade(move |socket| upgrade(Call::Upgrade(socket)))
            .on_disconnect(move |_, end| disconnect(Call::Disconnect(end)));
        (builder, Self(receiver))
    }

    /// The next call.
    pub(crate) async fn next(&mut self) -> Call {
        soon(self.0.recv()).await.expect("the server is gone")
    }

    /// The next call, which has to be of a message.
    pub(crate) async fn message(&mut self) -> Message {
        match self.next().await {
            Call::Message(message) => message,
            other => panic!("{other:?}"),
        }
    }

    /// The next call, which has to be of a disconnect.
    pub(crate) async fn disconnect(&mut self) -> Disconnect {
        match self.next().await {
            Call::Disconnect(end) => end,
            other => panic!("{other:?}"),
        }
    }

    /// As [`disconnect`](Self::disconnect), with the reason only.
    pub(crate) async fn reason(&mut self) -> DisconnectReason {
        self.disconnect().await.reason
    }

    /// Nothing more is told in an hour of a paused clock.
    pub(crate) async fn none(&mut self) {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert!(matches!(self.0.try_recv(), Err(TryRecvError::Empty)));
    }
}
