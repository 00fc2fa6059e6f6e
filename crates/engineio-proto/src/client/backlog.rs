//! Responses to polls that wait until those before them were taken.

use std::collections::VecDeque;

use bytes::Bytes;

use super::Event;
use crate::Load;
use crate::inbound::{Inbound, MAX_BODIES};

/// Bodies behind those that the inbound side holds. They are checked, and decoded when their turn comes.
///
/// A server that answers each poll with a single message is read as far ahead over polling as over a WebSocket. As long
/// as any wait here, all that wait are less than one response may hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Backlog {
    bodies: VecDeque<(Bytes, usize)>,
    len: usize,
}

impl Backlog {
    /// Whether a further response would be taken: the inbound side has room for it, or all that wait are less than
    /// `bytes` and fewer than `bodies`.
    pub(super) fn has_room(&self, inbound: &Inbound<Event>, bytes: usize, bodies: usize) -> bool {
        let few = self.len + inbound.body_len() < bytes && self.bodies.len() + MAX_BODIES < bodies;
        inbound.has_body_room() || few
    }

    /// What may yet wait elsewhere of a limit for all that waits.
    pub(super) const fn leaves(&self, limit: Load) -> Load {
        Load { messages: limit.messages, bytes: limit.bytes.saturating_sub(self.len) }
    }

    /// Keeps the part of a body that was checked.
    pub(super) fn push(&mut self, inbound: &mut Inbound<Event>, body: Bytes, checked: usize) {
        if checked > 0 {
            self.len += checked;
            self.bodies.push_back((body, checked));
            self.hand_on(inbound);
        }
    }

    /// Hands on as many as there is room for.
    pub(super) fn hand_on(&mut self, inbound: &mut Inbound<Event>) {
        while inbound.has_body_room()
            && let Some((body, checked)) = self.bodies.pop_front()
        {
            self.len -= checked;
            inbound.push_body(body, checked);
        }
    }
}
