//! The outbound queue: bounded in bytes and packets, with cumulative confirmation.

use std::collections::VecDeque;
use std::mem;

use crate::{Outgoing, Overflow, Packet};

/// A position in a session's outbound messages: how many had been accepted. Cumulative, so that one number
/// confirms everything before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark(u64);

impl Mark {
    /// The number of messages up to this mark.
    pub const fn count(self) -> u64 {
        self.0
    }
}

/// How far a session's outbound messages have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Packets that wait in the queue.
    pub queued_packets: usize,
    /// Bytes of data that wait in the queue.
    pub queued_bytes: usize,
    /// Accepted for sending.
    pub accepted: Mark,
    /// Handed to a connection.
    pub taken: Mark,
    /// Written to the WebSocket, or known to have arrived by polling: the POST was answered, or the poll was
    /// followed by the next one.
    pub confirmed: Mark,
}

/// Packets that an empty queue keeps room for: enough for a pipelined echo, too little to notice when idle.
pub(crate) const IDLE_CAPACITY: usize = 16;

/// Gives an empty list the memory of `room` in exchange for its own, if that is smaller.
#[inline]
pub(crate) fn lend<T>(list: &mut VecDeque<T>, room: &mut VecDeque<T>) {
    if list.is_empty() && list.capacity() < room.capacity() {
        mem::swap(room, list);
    }
}

/// Moves all items to the end of `into`; an empty one gets the memory as well, if that is larger.
#[inline]
pub(crate) fn move_all<T>(list: &mut VecDeque<T>, into: &mut VecDeque<T>) {
    if list.capacity() > into.capacity() && into.is_empty() {
        mem::swap(into, list);
    } else {
        into.append(list);
    }
}

/// What a queue may hold, and what happens to a message that finds it full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueueLimits {
    pub(crate) bytes: usize,
    pub(crate) packets: usize,
    pub(crate) overflow: Overflow,
}

/// Whether one more message may be queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// It may.
    Made,
    /// It is handed back.
    None,
    /// It may not, and the policy is to end the session.
    Overrun,
}

/// The queue of a session, of either role.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbound {
    packets: VecDeque<Outgoing>,
    bytes: usize,
    /// A ping is queued: it has not been sent, so nobody can have answered it.
    ping_waits: bool,
    accepted: u64,
    taken: u64,
    confirmed: u64,
}

impl Outbound {
    #[inline]
    pub(crate) fn push_message(&mut self, message: Outgoing) -> Mark {
        self.bytes += message.queued_len();
        self.packets.push_back(message);
        self.accepted += 1;
        Mark(self.accepted)
    }

    /// Queues a packet of the protocol, which no limit applies to: there are never more than a few.
    pub(crate) fn push_control(&mut self, packet: Packet) {
        self.packets.push_back(packet.into());
    }

    /// Puts a ping before all messages, unless the one before has not left yet: a long queue must not look like
    /// a dead server, nor its reader like a dead client. Only the open packet comes first.
    pub(crate) fn push_ping(&mut self) {
        if !mem::replace(&mut self.ping_waits, true) {
            let is_open = |packet: &Outgoing| matches!(packet, Outgoing::Packet(Packet::Open(_)));
            let place = usize::from(self.packets.front().is_some_and(is_open));
            self.packets.insert(place, Packet::PING.into());
        }
    }

    pub(crate) const fn ping_waits(&self) -> bool {
        self.ping_waits
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    #[inline]
    pub(crate) fn has_room(&self, limits: QueueLimits) -> bool {
        self.bytes < limits.bytes && self.packets.len() < limits.packets
    }

    /// Room for one more message, made as the policy says.
    pub(crate) fn make_room(&mut self, limits: QueueLimits) -> Room {
        while !self.has_room(limits) {
            match limits.overflow {
                Overflow::Close => return Room::Overrun,
                Overflow::DropOldest if self.drop_oldest() => {}
                Overflow::DropOldest | Overflow::DropNewest | Overflow::Wait => return Room::None,
            }
        }
        Room::Made
    }

    /// Length of the first packet in a polling payload.
    pub(crate) fn front_payload_len(&self) -> Option<usize> {
        self.packets.front().map(Outgoing::payload_len)
    }

    pub(crate) fn pop(&mut self) -> Option<Outgoing> {
        let packet = self.packets.pop_front()?;
        self.bytes -= packet.queued_len();
        if is_message(&packet) {
            self.taken += 1;
        } else if matches!(packet, Outgoing::Packet(Packet::Ping(_))) {
            self.ping_waits = false;
        }
        self.give_memory_back();
        Some(packet)
    }

    /// Takes memory for what is queued from now on, in exchange for its own, if that is smaller.
    /// [`take_all`](Self::take_all) gives it back.
    #[inline]
    pub(crate) fn lend(&mut self, room: &mut VecDeque<Outgoing>) {
        lend(&mut self.packets, room);
    }

    /// Takes everything at once, if it is no more than `max_bytes`. Returns whether it was.
    #[inline]
    pub(crate) fn take_all(&mut self, max_bytes: usize, into: &mut VecDeque<Outgoing>) -> bool {
        if self.bytes > max_bytes {
            return false;
        }
        move_all(&mut self.packets, into);
        self.bytes = 0;
        self.ping_waits = false;
        self.taken = self.accepted;
        self.give_memory_back();
        true
    }

    fn give_memory_back(&mut self) {
        if self.packets.is_empty() && self.packets.capacity() > IDLE_CAPACITY {
            self.packets = VecDeque::new();
        }
    }

    /// Drops the oldest message; it counts as taken, since nothing will ever confirm it otherwise.
    fn drop_oldest(&mut self) -> bool {
        let Some(at) = self.packets.iter().position(is_message) else { return false };
        if let Some(dropped) = self.packets.remove(at) {
            self.bytes -= dropped.queued_len();
            self.taken += 1;
        }
        true
    }

    /// Everything that was taken so far has arrived.
    pub(crate) const fn confirm_taken(&mut self) {
        self.confirmed = self.taken;
    }

    pub(crate) fn confirm(&mut self, upto: Mark) {
        self.confirmed = self.confirmed.max(upto.0.min(self.taken));
    }

    /// Messages that were accepted and not confirmed.
    pub(crate) const fn unconfirmed(&self) -> u64 {
        self.accepted - self.confirmed
    }

    pub(crate) fn clear(&mut self) {
        self.packets = VecDeque::new();
        self.bytes = 0;
    }

    pub(crate) fn progress(&self) -> Progress {
        Progress {
            queued_packets: self.packets.len(),
            queued_bytes: self.bytes,
            accepted: Mark(self.accepted),
            taken: Mark(self.taken),
            confirmed: Mark(self.confirmed),
        }
    }
}

const fn is_message(packet: &Outgoing) -> bool {
    matches!(packet, Outgoing::Shared(_) | Outgoing::Packet(Packet::Message(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;

    fn message(text: &str) -> Outgoing {
        Packet::Message(Message::from(text)).into()
    }

    #[test]
    fn marks_count_messages_only() {
        let mut queue = Outbound::default();
        queue.push_control(Packet::PING);
        let mark = queue.push_message(message("a"));
        assert_eq!(mark.count(), 1);
        queue.confirm(mark);
        assert_eq!(queue.unconfirmed(), 1, "what was not taken cannot be confirmed");
        while queue.pop().is_some() {}
        queue.confirm(mark);
        assert_eq!(queue.unconfirmed(), 0);
    }

    #[test]
    fn dropping_the_oldest_spares_control_packets() {
        let mut queue = Outbound::default();
        queue.push_control(Packet::PING);
        queue.push_message(message("old"));
        queue.push_message(message("new"));
        assert!(queue.drop_oldest());
        assert_eq!(queue.progress().queued_bytes, 3);
        assert!(queue.drop_oldest());
        assert!(!queue.drop_oldest());
        assert_eq!(queue.progress().queued_packets, 1);
    }

    #[test]
    fn one_ping_goes_before_the_messages_and_after_the_open_packet() {
        let mut queue = Outbound::default();
        queue.push_control(Packet::Open("{}".into()));
        queue.push_message(message("a"));
        queue.push_ping();
        queue.push_ping();
        let types = std::iter::from_fn(|| queue.pop()).map(|packet| match packet {
            Outgoing::Packet(packet) => packet.packet_type().as_char(),
            Outgoing::Shared(_) => '?',
        });
        assert_eq!(types.collect::<String>(), "024");
    }

    #[test]
    fn room_is_asked_before_a_message_is_added() {
        let limits = |bytes, packets| QueueLimits { bytes, packets, overflow: Overflow::Close };
        let mut queue = Outbound::default();
        assert_eq!(queue.make_room(limits(3, 10)), Room::Made);
        queue.push_message(message("much more than three"));
        assert_eq!(queue.make_room(limits(3, 10)), Room::Overrun);
        assert_eq!(queue.make_room(limits(100, 1)), Room::Overrun);
        queue.clear();
        assert_eq!(queue.make_room(limits(3, 1)), Room::Made);
    }
}
