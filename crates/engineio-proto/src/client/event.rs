//! What a client's session tells the application and its driver.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::inbound::InboundEvent;
use crate::ws::CloseCode;
use crate::{DecodeError, DisconnectReason, Message, OpenError, OpenPacket};

/// Something that happened in a session, in the order in which the application shall see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The server accepted the client; messages can be sent.
    Open(Arc<OpenPacket>),
    /// The server sent a message.
    Message(Message),
    /// The session moved from polling to WebSocket.
    Upgraded,
    /// The session stays on polling, where nothing was lost.
    UpgradeFailed(Cause),
    /// The outbound queue became empty. Only with [`ClientConfig::drain_events`](super::ClientConfig).
    Drained,
    /// The session ended; nothing follows. Without an `Open` before it, there was none.
    Closed(Disconnect),
}

impl From<Message> for Event {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl InboundEvent for Event {
    fn message(&self) -> Option<&Message> {
        match self {
            Self::Message(message) => Some(message),
            _ => None,
        }
    }
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disconnect {
    /// Why.
    pub reason: DisconnectReason,
    /// What happened.
    pub cause: Cause,
    /// Messages that were accepted for sending and not known to have arrived when the session ended. What was
    /// written to a WebSocket counts as arrived: nothing tells what a connection that broke had delivered.
    pub unconfirmed: u64,
}

/// What happened; displayed as words for a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// What these words say.
    Plain(&'static str),
    /// The server's open packet is unusable.
    BadOpen(OpenError),
    /// The server sent something that is no packet.
    BadPacket(DecodeError),
    /// The server speaks version 3 of the protocol, as Socket.IO 2 does.
    Version3,
    /// The server refused a request.
    Refused {
        /// The response's status.
        status: u16,
        /// The response's body: servers put their reason there, often as JSON.
        body: Bytes,
    },
}

impl From<&'static str> for Cause {
    fn from(words: &'static str) -> Self {
        Self::Plain(words)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(words) => f.write_str(words),
            Self::BadOpen(error) => write!(f, "the open packet is unusable: {error}"),
            Self::BadPacket(error) => write!(f, "the server sent something that is no packet: {error}"),
            Self::Version3 => {
                f.write_str("this server speaks Engine.IO 3, as Socket.IO 2 does; expected version 4")
            }
            // The body is the peer's: whoever logs it has to escape it.
            Self::Refused { status, .. } => write!(f, "the server refused a request with status {status}"),
        }
    }
}

/// What a link shall do next; [`link_wants`](super::Session::link_wants) tells when to ask.
pub type Transmit = crate::Transmit<Finish>;

/// How a link ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// A POST's body holds all packets that came out so far; send it and hand in its response.
    Payload,
    /// The link is of no more use: a WebSocket is closed with this code once everything is written, a request is
    /// dropped.
    Close(CloseCode),
}

/// What a session's driver should look at. Its links are asked one by one, with
/// [`link_wants`](super::Session::link_wants).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of its own")]
pub struct Wants {
    /// [`poll_event`](super::Session::poll_event) has something to say.
    pub events: bool,
    /// [`poll_link`](super::Session::poll_link) has a link to open.
    pub links: bool,
    /// The WebSocket shall not be read for now.
    pub reading_paused: bool,
    /// The session is over: its links are to be dropped and, once its events are taken, the session as well.
    pub finished: bool,
}
