//! What a session hands to a connection for writing.

use std::collections::VecDeque;

use crate::{Packet, Prepared};

/// What a link of a session shall do next; `F` is how the links of its role end.
#[derive(Clone, Debug)]
pub enum Transmit<F> {
    /// Write this packet.
    Packet(Outgoing),
    /// Nothing for now.
    Wait,
    /// The link is complete.
    Finish(F),
}

impl<F> Transmit<F> {
    /// Takes the packets that `next` says to write, until there are about `max_bytes` of data. Returns how the link
    /// ends if it does.
    #[inline]
    pub(crate) fn gather(
        max_bytes: usize,
        into: &mut VecDeque<Outgoing>,
        mut next: impl FnMut() -> Self,
    ) -> Option<F> {
        let mut bytes = 0;
        while bytes < max_bytes {
            match next() {
                Self::Packet(packet) => {
                    // A packet without data takes room as well.
                    bytes += packet.queued_len().max(1);
                    into.push_back(packet);
                }
                Self::Wait => return None,
                Self::Finish(finish) => return Some(finish),
            }
        }
        None
    }
}

/// One packet on its way out.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// A packet of this session alone.
    Packet(Packet),
    /// A message that several sessions share, encoded once.
    Shared(Prepared),
}

impl Outgoing {
    /// Length of the form that a polling payload carries, in bytes.
    pub fn payload_len(&self) -> usize {
        match self {
            Self::Packet(packet) => packet.payload_len(),
            Self::Shared(prepared) => prepared.payload_form().len(),
        }
    }

    /// Appends the form that a polling payload carries.
    pub fn encode_payload(&self, out: &mut Vec<u8>) {
        match self {
            Self::Packet(packet) => packet.encode_payload(out),
            Self::Shared(prepared) => out.extend_from_slice(&prepared.payload_form()),
        }
    }

    /// Bytes that it occupies while it waits in a queue: its data, counted in full even when it is shared.
    pub fn queued_len(&self) -> usize {
        match self {
            Self::Packet(Packet::Message(message)) => message.len(),
            Self::Packet(_) => 0,
            Self::Shared(prepared) => prepared.message().len(),
        }
    }
}

impl Outgoing {
    /// Whether it carries application data.
    pub const fn is_message(&self) -> bool {
        matches!(self, Self::Shared(_) | Self::Packet(Packet::Message(_)))
    }
}

impl From<Packet> for Outgoing {
    fn from(packet: Packet) -> Self {
        Self::Packet(packet)
    }
}
