//! What a client tells the application.

use std::sync::Arc;
use std::time::Duration;

use engineio_proto::{Load, Message, OpenPacket};

use super::{ConnectError, Disconnect};

/// Something that happened, in the order in which it did.
///
/// A client without reconnection says `Open`, then messages, then one `Disconnected`, and that is the end. With
/// reconnection each session begins with an `Open` and ends with a `Disconnected`; what happens between two sessions
/// are `Reconnecting` and `ConnectFailed`.
///
/// ```
/// use engineio::client::Event;
///
/// fn log(event: &Event) {
///     match event {
///         Event::Open(open) => println!("session {}", open.sid),
///         Event::Disconnected(end) => println!("{end}"),
///         Event::Reconnecting { attempt, delay } => println!("attempt {attempt} in {delay:?}"),
///         Event::ConnectFailed { error, .. } => println!("{error}"),
///         _ => {}
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A session has begun; messages can be sent.
    Open(Arc<OpenPacket>),
    /// The server sent a message.
    Message(Message),
    /// The session moved from polling to WebSocket.
    Upgraded,
    /// The session stays on polling, where nothing was lost. The text says why.
    UpgradeFailed(String),
    /// Everything that was queued has been handed to the network. Only if
    /// [`drain_events`](super::ClientBuilder::drain_events) asked for it.
    Drained,
    /// The session ended.
    Disconnected(Disconnect),
    /// The next attempt to connect begins after this delay.
    Reconnecting {
        /// The attempt's number since the last session that lasted, from 1.
        attempt: u32,
        /// How long the client waits first.
        delay: Duration,
    },
    /// An attempt to connect failed. A `Reconnecting` follows, unless it was the last one.
    ConnectFailed {
        /// The attempt's number since the last session that lasted, from 1; 0 for the client's first attempt.
        attempt: u32,
        /// Why.
        error: ConnectError,
    },
}

impl Event {
    /// The message, if it is one.
    pub fn into_message(self) -> Option<Message> {
        match self {
            Self::Message(message) => Some(message),
            _ => None,
        }
    }

    /// What it adds to what the application has yet to do.
    pub(crate) fn load(&self) -> Load {
        match self {
            Self::Message(message) => message.into(),
            _ => Load::default(),
        }
    }
}
