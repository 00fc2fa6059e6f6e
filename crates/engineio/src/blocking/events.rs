//! The iterator over what happens to a client.

use std::time::Duration;

use engineio_proto::Message;

use super::waiting::{wait, wait_for};
use crate::client;
use crate::client::Event;

/// What happens to a [`Client`](super::Client), in order: an iterator that waits for the next [`Event`] and ends when
/// the client is over. Bounded as [`client::Events`] is.
#[derive(Debug)]
pub struct Events(client::Events);

/// Why there is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NextError {
    /// None came in time.
    #[error("nothing happened in time")]
    Timeout,
    /// The client is over.
    #[error("the client is over")]
    Closed,
}

impl Events {
    pub(super) const fn new(events: client::Events) -> Self {
        Self(events)
    }

    /// The next event, if it comes within this time.
    ///
    /// # Errors
    ///
    /// [`NextError::Timeout`] when none came, [`NextError::Closed`] when none will.
    pub fn next_timeout(&mut self, limit: Duration) -> Result<Event, NextError> {
        wait_for(self.0.next(), limit).ok_or(NextError::Timeout)?.ok_or(NextError::Closed)
    }

    /// The next message; other events are skipped. `None` when the client is over.
    pub fn next_message(&mut self) -> Option<Message> {
        wait(self.0.next_message())
    }

    /// The next message, if it comes within this time; other events are skipped.
    ///
    /// # Errors
    ///
    /// As for [`next_timeout`](Self::next_timeout).
    pub fn next_message_timeout(&mut self, limit: Duration) -> Result<Message, NextError> {
        wait_for(self.0.next_message(), limit).ok_or(NextError::Timeout)?.ok_or(NextError::Closed)
    }

    /// The next event, if there is one already.
    pub fn try_next(&mut self) -> Option<Event> {
        self.0.try_next()
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        wait(self.0.next())
    }
}
