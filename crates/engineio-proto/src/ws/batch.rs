//! Frames out: packets gathered into one write.

use std::io::IoSlice;

use bytes::{Buf, Bytes};

use super::header::MAX_CONTROL;
use super::rest::fill;
use super::{CloseCode, FrameHeader, OpCode, Rest, apply_mask};
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
        match (packet, mask) {
            (Outgoing::Shared(shared), None) => self.ready(shared.frame()),
            (Outgoing::Shared(shared), Some(_)) => self.message(shared.message(), mask),
            (Outgoing::Packet(Packet::Message(message)), _) => self.message(message, mask),
            (Outgoing::Packet(packet), _) => {
                let prefix = [packet.packet_type() as u8];
                self.copy(OpCode::Text, &prefix, packet.text_data().as_bytes(), mask);
            }
        }
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
        self.copy(OpCode::Close, &code, reason.as_bytes(), mask);
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
        self.copy(opcode, &[], data, mask);
    }

    #[inline]
    fn message(&mut self, message: &Message, mask: Option<[u8; 4]>) {
        let (opcode, prefix, data) = match message {
            Message::Text(text) => (OpCode::Text, &[PacketType::Message as u8][..], text.as_bytes()),
            Message::Binary(data) => (OpCode::Binary, &[][..], &data[..]),
        };
        if data.len() < LINK {
            return self.copy(opcode, prefix, data, mask);
        }
        let header = FrameHeader { opcode, fin: true, len: prefix.len() + data.len(), mask };
        if let Some(key) = mask {
            self.head(&header, &[]);
            self.link(masked(prefix, data, key));
        } else {
            self.head(&header, prefix);
            self.link(shared(message));
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
    #[inline]
    fn copy(&mut self, opcode: OpCode, prefix: &[u8], data: &[u8], mask: Option<[u8; 4]>) {
        self.head(&FrameHeader { opcode, fin: true, len: prefix.len() + data.len(), mask }, prefix);
        self.scratch.copied.extend_from_slice(data);
        self.remaining += data.len();
        if let Some(key) = mask {
            let from = self.scratch.copied.len() - prefix.len() - data.len();
            apply_mask(self.scratch.copied.get_mut(from..).unwrap_or_default(), key, 0);
        }
    }

    /// Appends a header and the first bytes of its data.
    #[inline]
    fn head(&mut self, header: &FrameHeader, prefix: &[u8]) {
        let before = self.scratch.copied.len();
        header.encode(&mut self.scratch.copied);
        self.scratch.copied.extend_from_slice(prefix);
        self.remaining += self.scratch.copied.len() - before;
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

fn masked(prefix: &[u8], data: &[u8], key: [u8; 4]) -> Bytes {
    let mut masked = [prefix, data].concat();
    apply_mask(&mut masked, key, 0);
    masked.into()
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
