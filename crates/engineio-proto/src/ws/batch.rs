//! Frames out: packets gathered into one write.

use std::io::IoSlice;

use bytes::{Buf, Bytes};

use super::header::MAX_CONTROL;
use super::mask::masked_copy;
use super::rest::fill;
use super::{CloseCode, FrameHeader, MAX_HEADER, OpCode, Rest, apply_mask};
use crate::{Message, Outgoing, Packet, PacketType};

/// From this length on data is linked instead of copied: below, the copy costs less than the reference count and
/// a further entry of the vectored write.
const LINK: usize = 4096;

/// What a scratch keeps of its memory between batches.
const KEEP: usize = 64 * 1024;

/// Memory for one [`WriteBatch`] after another: lent by the driver, so that idle connections hold none.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Headers and small data.
    copied: Vec<u8>,
    links: Vec<Link>,
}

/// Shared data among the copied.
#[derive(Debug)]
struct Link {
    /// How much of the copied data goes before it.
    after: usize,
    data: Bytes,
}

/// Frames on their way out, as one [`Buf`] for a vectored write.
///
/// Small data is copied next to its header; large and shared data is linked. What could not be written at once
/// leaves the lent memory by [`into_rest`](Self::into_rest).
#[derive(Debug)]
pub struct WriteBatch<'s> {
    scratch: &'s mut Scratch,
    /// How much of the copied data was written.
    copied: usize,
    /// How many links were written.
    linked: usize,
    remaining: usize,
}

impl<'s> WriteBatch<'s> {
    /// Starts an empty batch.
    pub fn new(scratch: &'s mut Scratch) -> Self {
        scratch.clear();
        Self { scratch, copied: 0, linked: 0, remaining: 0 }
    }

    /// Bytes that are still to be written.
    pub const fn len(&self) -> usize {
        self.remaining
    }

    /// Whether nothing is to be written.
    pub const fn is_empty(&self) -> bool {
        self.remaining == 0
    }

    /// Appends a packet. Clients pass a mask that the peer's network cannot predict, servers none.
    #[inline]
    pub fn frame(&mut self, packet: &Outgoing, mask: Option<[u8; 4]>) {
        match packet {
            // The common case: its header has two bytes, and that of the packet is the same for all.
            Outgoing::Packet(Packet::Message(Message::Text(text))) if text.len() < MAX_CONTROL => {
                match mask {
                    None => self.short(text),
                    Some(key) => self.short_masked(text, key),
                }
            }
            packet => self.any_frame(packet, mask),
        }
    }

    /// Appends a text message whose length fits into seven bits.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the caller has looked")]
    fn short(&mut self, text: &str) {
        let copied = &mut self.scratch.copied;
        copied.extend_from_slice(&[
            0x80 | OpCode::Text as u8,
            1 + text.len() as u8,
            PacketType::Message as u8,
        ]);
        copied.extend_from_slice(text.as_bytes());
        self.remaining += 3 + text.len();
    }

    /// As [`short`](Self::short), masked.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the caller has looked")]
    fn short_masked(&mut self, text: &str, key: [u8; 4]) {
        let ([a, b, c, d], copied) = (key, &mut self.scratch.copied);
        copied.extend_from_slice(&[
            0x80 | OpCode::Text as u8,
            0x81 + text.len() as u8,
            a,
            b,
            c,
            d,
            PacketType::Message as u8 ^ a,
        ]);
        let from = copied.len();
        copied.extend_from_slice(text.as_bytes());
        apply_mask(copied.get_mut(from..).unwrap_or_default(), key, 1);
        self.remaining += 7 + text.len();
    }

    fn any_frame(&mut self, packet: &Outgoing, mask: Option<[u8; 4]>) {
        let message = match packet {
            Outgoing::Shared(shared) if mask.is_none() => return self.ready(shared.frame()),
            Outgoing::Shared(shared) => shared.message(),
            Outgoing::Packet(Packet::Message(message)) => message,
            Outgoing::Packet(packet) => {
                let data = packet.text_data().as_bytes();
                return self.copy(OpCode::Text, Some(packet.packet_type()), data, mask);
            }
        };
        self.message(message, mask);
    }

    /// Appends a ping frame with at most 125 bytes of data; more is cut off.
    pub fn ping(&mut self, data: &[u8], mask: Option<[u8; 4]>) {
        self.control(OpCode::Ping, data, mask);
    }

    /// Appends a pong frame with the data of the ping that it answers.
    pub fn pong(&mut self, data: &[u8], mask: Option<[u8; 4]>) {
        self.control(OpCode::Pong, data, mask);
    }

    /// Appends a close frame; of the reason go out as many whole characters as fit into 123 bytes.
    pub fn close(&mut self, code: CloseCode, reason: &str, mask: Option<[u8; 4]>) {
        let code = code.get().to_be_bytes();
        let reason = truncate(reason, MAX_CONTROL - code.len());
        self.control(OpCode::Close, &[&code, reason.as_bytes()].concat(), mask);
    }

    /// What is left after a short write, apart from the lent memory.
    pub fn into_rest(self) -> Rest {
        let mut copied = Bytes::copy_from_slice(self.scratch.copied.get(self.copied..).unwrap_or_default());
        let mut before = self.copied;
        let mut rest = Rest::default();
        for link in self.scratch.links.drain(self.linked..) {
            rest.push(copied.split_to(link.after - before));
            before = link.after;
            rest.push(link.data);
        }
        rest.push(copied);
        rest
    }

    fn control(&mut self, opcode: OpCode, data: &[u8], mask: Option<[u8; 4]>) {
        let data = data.get(..MAX_CONTROL).unwrap_or(data);
        self.copy(opcode, None, data, mask);
    }

    fn message(&mut self, message: &Message, mask: Option<[u8; 4]>) {
        let (opcode, packet_type, data) = match message {
            Message::Text(text) => (OpCode::Text, Some(PacketType::Message), text.as_bytes()),
            Message::Binary(data) => (OpCode::Binary, None, &data[..]),
        };
        if data.len() < LINK {
            return self.copy(opcode, packet_type, data, mask);
        }
        self.head(opcode, packet_type, data.len(), mask);
        let offset = u32::from(packet_type.is_some());
        match mask {
            Some(key) => self.link(masked_copy(data, key, offset, data.len()).into()),
            None => self.link(shared(message)),
        }
    }

    /// Appends a frame that is complete already.
    fn ready(&mut self, frame: &Bytes) {
        if frame.len() < LINK {
            self.scratch.copied.extend_from_slice(frame);
            self.remaining += frame.len();
        } else {
            self.link(frame.clone());
        }
    }

    /// Appends a whole frame to the copied data.
    fn copy(&mut self, opcode: OpCode, packet_type: Option<PacketType>, data: &[u8], mask: Option<[u8; 4]>) {
        self.scratch.copied.reserve(MAX_HEADER + 1 + data.len());
        self.head(opcode, packet_type, data.len(), mask);
        let copied = &mut self.scratch.copied;
        let from = copied.len();
        copied.extend_from_slice(data);
        self.remaining += data.len();
        if let Some(key) = mask {
            let offset = u32::from(packet_type.is_some());
            apply_mask(copied.get_mut(from..).unwrap_or_default(), key, offset);
        }
    }

    /// Appends the header of a frame, and the packet's type, which is the first byte of the frame's data.
    fn head(&mut self, opcode: OpCode, packet_type: Option<PacketType>, len: usize, mask: Option<[u8; 4]>) {
        let copied = &mut self.scratch.copied;
        let before = copied.len();
        let len = len + usize::from(packet_type.is_some());
        FrameHeader { opcode, fin: true, len, mask }.encode(copied);
        if let Some(packet_type) = packet_type {
            copied.push(packet_type as u8 ^ mask.map_or(0, |[first, ..]| first));
        }
        self.remaining += copied.len() - before;
    }

    fn link(&mut self, data: Bytes) {
        self.remaining += data.len();
        self.scratch.links.push(Link { after: self.scratch.copied.len(), data });
    }

    /// What is still to be written, in order; some pieces may be empty.
    fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let links = self.scratch.links.get(self.linked..).unwrap_or_default();
        let mut from = self.copied;
        let last = links.last().map_or(from, |link| link.after);
        let before_end = links.iter().flat_map(move |link| {
            let copied = self.scratch.copied.get(from..link.after).unwrap_or_default();
            from = link.after;
            [copied, &link.data[..]]
        });
        before_end.chain(self.scratch.copied.get(last..))
    }

    /// How much of the copied data comes before the next link or the end.
    fn copied_run(&self) -> usize {
        let end = self.scratch.links.get(self.linked).map_or(self.scratch.copied.len(), |link| link.after);
        end - self.copied
    }
}

impl Buf for WriteBatch<'_> {
    fn remaining(&self) -> usize {
        self.remaining
    }

    fn chunk(&self) -> &[u8] {
        self.pieces().find(|piece| !piece.is_empty()).unwrap_or_default()
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        fill(slices, self.pieces().filter(|piece| !piece.is_empty()))
    }

    /// Beyond the end, it stops at the end.
    fn advance(&mut self, written: usize) {
        let mut left = written.min(self.remaining);
        self.remaining -= left;
        loop {
            let copied = left.min(self.copied_run());
            self.copied += copied;
            left -= copied;
            let Some(link) = self.scratch.links.get_mut(self.linked) else { return };
            if left < link.data.len() {
                return link.data.advance(left);
            }
            left -= link.data.len();
            self.linked += 1;
        }
    }
}

impl Drop for WriteBatch<'_> {
    fn drop(&mut self) {
        self.scratch.clear();
    }
}

impl Scratch {
    fn clear(&mut self) {
        self.links.clear();
        self.copied.clear();
        self.copied.shrink_to(KEEP);
    }
}

fn shared(message: &Message) -> Bytes {
    match message {
        Message::Text(text) => text.bytes(),
        Message::Binary(data) => data.clone(),
    }
}

/// As many whole characters as fit.
fn truncate(text: &str, max: usize) -> &str {
    let ends = text.char_indices().map(|(start, character)| start + character.len_utf8());
    text.get(..ends.take_while(|end| *end <= max).last().unwrap_or(0)).unwrap_or_default()
}
