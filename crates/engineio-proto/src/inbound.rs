//! What came in and waits for the application, bounded.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::queue::{IDLE_CAPACITY, lend, move_all};
use crate::{Message, Packet, PayloadDecoder};

/// Encoded bodies that a session holds at most: one that is being handled, one that waits.
pub(crate) const MAX_BODIES: usize = 2;

/// What the inbound side must know of the events of a role.
pub(crate) trait InboundEvent: From<Message> + PartialEq {
    /// Whether the application will say when it is done with it.
    fn is_message(&self) -> bool;
}

/// The inbound side of a session, of either role.
#[derive(Clone, Debug)]
pub(crate) struct Inbound<E> {
    /// Polling bodies, checked, decoded message by message as the application takes them.
    bodies: [Option<PayloadDecoder>; MAX_BODIES],
    events: VecDeque<E>,
    /// Delivered to the application and not yet handled.
    in_hand: usize,
    /// The last event is among them, or was delivered.
    ended: bool,
}

impl<E> Default for Inbound<E> {
    fn default() -> Self {
        Self { bodies: [None, None], events: VecDeque::new(), in_hand: 0, ended: false }
    }
}

impl<E: InboundEvent> Inbound<E> {
    /// Whether a body can be kept.
    pub(crate) const fn has_body_room(&self) -> bool {
        self.bodies[MAX_BODIES - 1].is_none()
    }

    /// Bytes of the bodies that wait.
    pub(crate) fn body_len(&self) -> usize {
        self.bodies.iter().flatten().map(PayloadDecoder::remaining).sum()
    }

    /// Keeps the part of a body that was checked and ends with a message. The caller has asked for room.
    pub(crate) fn push_body(&mut self, mut body: Bytes, len: usize) {
        body.truncate(len);
        if let Some(slot) = self.bodies.iter_mut().find(|slot| slot.is_none()).filter(|_| len > 0) {
            *slot = Some(PayloadDecoder::new(body));
        }
    }

    /// What happens after the end is not told.
    pub(crate) fn push(&mut self, event: E) {
        if !self.ended {
            self.events.push_back(event);
        }
    }

    /// Something that is not worth saying twice in a row.
    pub(crate) fn push_once(&mut self, event: E) {
        if self.events.back() != Some(&event) {
            self.push(event);
        }
    }

    /// What is said last.
    pub(crate) fn end(&mut self, last: E) {
        self.push(last);
        self.ended = true;
    }

    /// What was said last, as long as nobody has taken it.
    pub(crate) fn last(&self) -> Option<&E> {
        self.events.back().filter(|_| self.ended)
    }

    pub(crate) const fn handled(&mut self, count: usize) {
        self.in_hand = self.in_hand.saturating_sub(count);
    }

    /// Whether `limit` messages wait or are being handled.
    pub(crate) fn is_full(&self, limit: usize) -> bool {
        self.events.len() + self.in_hand >= limit
    }

    /// Whether `limit` messages are being handled.
    pub(crate) const fn hands_full(&self, limit: usize) -> bool {
        self.in_hand >= limit
    }

    /// Whether [`pop`](Self::pop) with the same argument has something.
    pub(crate) fn has_event(&self, behind_post: bool) -> bool {
        self.bodies[0].is_some() || (!behind_post && !self.events.is_empty())
    }

    /// The next event. While a POST is under way, what came over the WebSocket after it has to wait.
    pub(crate) fn pop(&mut self, behind_post: bool) -> Option<E> {
        let event = match self.pop_body() {
            Some(message) => message.into(),
            None if behind_post => return None,
            None => self.events.pop_front()?,
        };
        self.in_hand += usize::from(event.is_message());
        Some(event)
    }

    /// Takes memory for what comes from now on, in exchange for its own, if that is smaller.
    /// [`take_all`](Self::take_all) gives it back.
    #[inline]
    pub(crate) fn lend(&mut self, room: &mut VecDeque<E>) {
        lend(&mut self.events, room);
    }

    /// Takes all events at once, if they are no more than `max` and nothing else is there. Returns whether so.
    pub(crate) fn take_all(&mut self, behind_post: bool, max: usize, into: &mut VecDeque<E>) -> bool {
        let alone = self.bodies[0].is_none() && !behind_post;
        if !alone || self.events.len() > max {
            return false;
        }
        self.in_hand += self.events.iter().filter(|event| event.is_message()).count();
        move_all(&mut self.events, into);
        if self.events.capacity() > IDLE_CAPACITY {
            self.events = VecDeque::new();
        }
        true
    }

    fn pop_body(&mut self) -> Option<Message> {
        while let Some(body) = &mut self.bodies[0] {
            // Only checked bodies are kept: an error cannot come, and the decoder ends if it does.
            match body.next() {
                Some(Ok(Packet::Message(message))) => {
                    if body.remaining() == 0 {
                        self.bodies.rotate_left(1);
                        self.bodies[MAX_BODIES - 1] = None;
                    }
                    return Some(message);
                }
                Some(_) => {}
                None => {
                    self.bodies[0] = None;
                    self.bodies.rotate_left(1);
                }
            }
        }
        None
    }
}
