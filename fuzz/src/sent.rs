//! The messages of a session on their way out.

use std::collections::VecDeque;

use engineio_proto::{Mark, Message, Outgoing, Overflow, Packet, Progress, SendError};

/// Bytes that the queues of the sessions hold.
pub const MAX_BYTES: usize = 200;

/// Packets that the queues of the sessions hold.
pub const MAX_PACKETS: usize = 10;

/// The messages that were accepted for sending.
#[derive(Debug)]
pub struct Sent {
    /// Those that did not leave yet. With `DropOldest`, some never will.
    waiting: VecDeque<Message>,
    marks: Vec<Mark>,
    may_drop: bool,
    longest: usize,
}

impl Sent {
    pub fn new(overflow: Overflow) -> Self {
        let may_drop = overflow == Overflow::DropOldest;
        Self { waiting: VecDeque::new(), marks: vec![Mark::default()], may_drop, longest: 1 }
    }

    /// One of the marks so far.
    pub fn mark(&self, number: u8) -> Mark {
        self.marks[usize::from(number) % self.marks.len()]
    }

    /// A message was to be sent, with this result.
    pub fn accepted(&mut self, message: Message, result: Result<Mark, SendError>) {
        match result {
            Ok(mark) => {
                self.marks.push(mark);
                self.longest = self.longest.max(message.len());
                self.waiting.push_back(message);
            }
            Err(SendError::Full(back)) => assert_eq!(back, message, "it is handed back"),
            Err(_) => {}
        }
    }

    /// Messages leave in the order in which they were accepted, and as they were.
    pub fn left(&mut self, packet: Outgoing) {
        let message = match packet {
            Outgoing::Packet(Packet::Message(message)) => message,
            Outgoing::Shared(prepared) => prepared.message().clone(),
            Outgoing::Packet(_) => return,
        };
        while self.may_drop && self.waiting.front() != Some(&message) {
            self.waiting.pop_front().expect("it was sent");
        }
        assert_eq!(self.waiting.pop_front(), Some(message));
    }

    /// The queue is within its limits, but for so many packets that are no messages.
    pub fn check(&self, progress: Progress, others: usize) {
        assert!(progress.queued_packets <= MAX_PACKETS + others);
        assert!(progress.queued_bytes < MAX_BYTES + self.longest);
        assert!(progress.accepted >= progress.taken && progress.taken >= progress.confirmed);
        assert_eq!(Some(&progress.accepted), self.marks.last());
    }
}
