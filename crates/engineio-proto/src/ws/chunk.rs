//! From WebSocket messages to packets.

use bytes::{Bytes, BytesMut};

use super::{Data, MAX_HEADER, MessageKind};
use crate::{DecodeError, Packet};

/// Memory for the small messages of one read, which they share: most reads need one allocation, and a message
/// that is kept keeps no more than [`Chunk::MAX`] bytes from being freed.
#[derive(Debug)]
pub struct Chunk {
    buffer: BytesMut,
    /// How much the read may still need.
    left: usize,
}

impl Chunk {
    /// Longest piece of memory that messages share.
    pub const MAX: usize = 4096;

    /// Starts for a read of `len` bytes; allocates nothing yet.
    pub fn new(len: usize) -> Self {
        Self { buffer: BytesMut::new(), left: len }
    }

    #[inline]
    fn own(&mut self, data: Data<'_>) -> Bytes {
        match data {
            Data::Owned(data) => data,
            Data::Borrowed(data) => self.copy(data),
        }
    }

    /// That many bytes of the read need no memory.
    #[inline]
    pub const fn skip(&mut self, len: usize) {
        self.left = self.left.saturating_sub(len);
    }

    #[inline]
    fn copy(&mut self, data: &[u8]) -> Bytes {
        let left = self.left.max(data.len());
        self.left = left - data.len();
        if self.is_alone(data.len()) {
            return Bytes::copy_from_slice(data);
        }
        if self.buffer.capacity() < data.len() {
            self.buffer = BytesMut::with_capacity(left.min(Self::MAX));
        }
        self.buffer.extend_from_slice(data);
        self.buffer.split().freeze()
    }

    /// Whether there is nothing to share with: it is too long or empty, or nothing can follow it.
    fn is_alone(&self, len: usize) -> bool {
        let is_last = self.left <= MAX_HEADER && self.buffer.capacity() < len;
        is_last || len > Self::MAX || len == 0
    }
}

/// Makes a packet of a message.
///
/// # Errors
///
/// The peer's fault: text that is not UTF-8 or no packet. [`CloseCode`](super::CloseCode) has the code to close
/// the connection with: `CloseCode::from(error)`.
#[inline]
pub fn packet(kind: MessageKind, data: Data<'_>, chunk: &mut Chunk) -> Result<Packet, DecodeError> {
    match kind {
        MessageKind::Binary => Ok(Packet::binary(chunk.own(data))),
        MessageKind::Text => match Packet::decode_short(&data) {
            Some(packet) => {
                chunk.skip(data.len());
                packet
            }
            None => Packet::decode(chunk.own(data)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_memory_is_short() {
        let mut chunk = Chunk::new(64 * 1024);
        for _ in 0..1_000 {
            assert_eq!(chunk.copy(&[1; 60]).len(), 60);
            assert!(chunk.buffer.capacity() <= Chunk::MAX);
        }
    }

    #[test]
    fn what_cannot_share_has_memory_of_its_own() {
        for (read, len) in [(106, 100), (100_000, Chunk::MAX + 1), (100, 0)] {
            let mut chunk = Chunk::new(read);
            assert_eq!(chunk.copy(&vec![1; len]).len(), len);
            assert_eq!(chunk.buffer.capacity(), 0, "{len} bytes in a read of {read}");
        }
    }

    #[test]
    fn a_wrong_length_of_the_read_does_no_harm() {
        let mut chunk = Chunk::new(0);
        assert_eq!(chunk.copy(b"one"), "one");
        assert_eq!(chunk.copy(b"two"), "two");
    }
}
