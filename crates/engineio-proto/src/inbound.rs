//! What came in and waits for the application, bounded.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::body::CheckedBody;
use crate::queue::{IDLE_CAPACITY, lend, move_all};
use crate::{Load, Message};

/// Encoded bodies that a session holds at most: one that is being handled, one that waits.
pub(crate) const MAX_BODIES: usize = 2;

/// What the inbound side must know of the events of a role.
pub(crate) trait InboundEvent: From<Message> + PartialEq {
    /// The message, if it is one: the application will say when it is done with it.
    fn message(&self) -> Option<&Message>;

    /// What it adds to what the application has yet to do.
    fn load(&self) -> Load {
        self.message().map_or_else(Load::default, Load::from)
    }
}

/// The inbound side of a session, of either role.
#[derive(Clone, Debug)]
pub(crate) struct Inbound<E> {
    /// Polling bodies, checked, decoded message by message as the application takes them.
    bodies: [Option<CheckedBody>; MAX_BODIES],
    events: VecDeque<E>,
    /// Bytes of the messages among them.
    waiting: usize,
    /// Delivered to the application and not yet handled.
    in_hand: Load,
    /// The last event is among them, or was delivered.
    ended: bool,
}

impl<E> Default for Inbound<E> {
    fn default() -> Self {
        Self {
            bodies: [None, None],
            events: VecDeque::new(),
            waiting: 0,
            in_hand: Load::default(),
            ended: false,
        }
    }
}

impl<E: InboundEvent> Inbound<E> {
    /// Whether a body can be kept.
    pub(crate) const fn has_body_room(&self) -> bool {
        self.bodies[MAX_BODIES - 1].is_none()
    }

    /// Whether a body can be kept and what is there weighs less than `limit` bytes.
    pub(crate) fn admits_body(&self, limit: usize) -> bool {
        self.has_body_room() && self.bytes() < limit
    }

    /// Bytes of the bodies that wait and of those of which messages wait.
    pub(crate) fn body_len(&self) -> usize {
        self.bodies.iter().flatten().map(CheckedBody::weight).sum()
    }

    /// Bytes of all that waits or is being handled.
    pub(crate) fn bytes(&self) -> usize {
        self.in_hand.bytes.saturating_add(self.waiting).saturating_add(self.body_len())
    }

    /// Keeps the part of a body that was checked and ends with a message. The caller has asked for room.
    pub(crate) fn push_body(&mut self, body: Bytes, len: usize) {
        if let Some(slot) = self.bodies.iter_mut().find(|slot| slot.is_none()).filter(|_| len > 0) {
            *slot = Some(CheckedBody::new(body, len));
        }
    }

    /// What happens after the end is not told.
    #[inline]
    pub(crate) fn push(&mut self, event: E) {
        if !self.ended {
            self.waiting += event.load().bytes;
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

    pub(crate) const fn handled(&mut self, done: Load) {
        self.in_hand.take_off(done);
    }

    /// What is in hand takes more memory than its data did.
    pub(crate) const fn weigh(&mut self, bytes: usize) {
        self.in_hand.bytes = self.in_hand.bytes.saturating_add(bytes);
    }

    /// Whether as much waits or is being handled as may be.
    pub(crate) fn is_full(&self, limit: Load) -> bool {
        let messages = self.events.len().saturating_add(self.in_hand.messages);
        Load { messages, bytes: self.bytes() }.reaches(limit)
    }

    /// Whether as much is being handled as may be.
    pub(crate) const fn hands_full(&self, limit: Load) -> bool {
        self.in_hand.reaches(limit)
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
            None => self.pop_event()?,
        };
        self.in_hand += event.load();
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
        let messages = self.events.iter().filter(|event| event.message().is_some()).count();
        self.in_hand += Load { messages, bytes: std::mem::take(&mut self.waiting) };
        move_all(&mut self.events, into);
        if self.events.capacity() > IDLE_CAPACITY {
            self.events = VecDeque::new();
        }
        true
    }

    fn pop_event(&mut self) -> Option<E> {
        let event = self.events.pop_front()?;
        self.waiting = self.waiting.saturating_sub(event.load().bytes);
        Some(event)
    }

    fn pop_body(&mut self) -> Option<Message> {
        while let Some(body) = &mut self.bodies[0] {
            let message = body.next_message();
            if message.is_none() || body.is_done() {
                self.bodies[0] = None;
                self.bodies.rotate_left(1);
            }
            if message.is_some() {
                return message;
            }
        }
        None
    }
}
