//! What a session tells the application and its driver.

use crate::edge::Refusal;
use crate::inbound::InboundEvent;
use crate::ws::CloseCode;
use crate::{DisconnectReason, Message};

/// Something that happened in a session, in the order in which the application shall see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The client sent a message.
    Message(Message),
    /// The session moved from polling to WebSocket.
    Upgraded,
    /// The outbound queue became empty. Only with [`SessionConfig::drain_events`](crate::SessionConfig).
    Drained,
    /// The session ended; nothing follows.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disconnect {
    /// Why.
    pub reason: DisconnectReason,
    /// What happened, in words for a log.
    pub detail: &'static str,
    /// Messages that were accepted for sending and not known to have arrived when the session ended. What was
    /// written to a WebSocket counts as arrived: nothing tells what a connection that broke had delivered. What
    /// was queued when the application closed the session counts, although it still leaves.
    pub unconfirmed: u64,
}

/// What a link shall do next; [`link_wants`](super::Session::link_wants) tells when to ask.
pub type Transmit = crate::Transmit<Finish>;

/// How a link ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finish {
    /// A poll's response holds all packets that came out so far.
    Payload,
    /// A POST is accepted.
    Accepted,
    /// A poll or POST is refused after all.
    Refused(Refusal),
    /// A WebSocket is closed with this code.
    Close(CloseCode),
}

/// What a session's driver should look at. Its links are asked one by one, with
/// [`link_wants`](super::Session::link_wants).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// [`poll_event`](super::Session::poll_event) has something to say.
    pub events: bool,
    /// The WebSocket shall not be read for now.
    pub reading_paused: bool,
    /// The session is over and may be forgotten.
    pub finished: bool,
}
