//! Links: the requests and connections that carry a session.

use crate::edge::PostHead;

/// One poll, one POST or one WebSocket connection of a session.
///
/// Ids are never used again within a session, so that the end of an old link cannot be mistaken for the end of
/// its successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkId(pub(crate) u32);

impl LinkId {
    /// The id as a number, for hosts that keep it in another language.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The id of that [number](Self::number); one that was never given out is the id of no link.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }
}

/// A link that opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// A GET that waits for packets.
    Poll,
    /// A POST with packets.
    Post(PostHead),
    /// A WebSocket connection.
    WebSocket,
}

/// How a link ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The response was handed to the connection.
    Answered,
    /// The peer went away before the exchange was complete.
    Aborted,
    /// The connection ended, in an orderly way or not.
    Eof,
    /// The body turned out to be longer than the payload limit.
    TooLarge,
    /// The body did not arrive within its deadline.
    Timeout,
}

/// Hands out [`LinkId`]s.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkIds(u32);

impl LinkIds {
    /// Four billion requests of one session are far away; should they come, the oldest ids are long forgotten.
    pub(crate) const fn next(&mut self) -> LinkId {
        self.0 = self.0.wrapping_add(1);
        LinkId(self.0)
    }
}
