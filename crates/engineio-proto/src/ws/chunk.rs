//! From WebSocket messages to packets.

use bytes::{Bytes, BytesMut};

use super::{Data, MessageKind};
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

    #[inline]
    fn copy(&mut self, data: &[u8]) -> Bytes {
        let left = self.left.max(data.len());
        self.left = left - data.len();
        if data.len() > Self::MAX {
            return Bytes::copy_from_slice(data);
        }
        if self.buffer.capacity() < data.len() {
            self.buffer = BytesMut::with_capacity(left.min(Self::MAX));
        }
        self.buffer.extend_from_slice(data);
        self.buffer.split().freeze()
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
    let data = chunk.own(data);
    match kind {
        MessageKind::Binary => Ok(Packet::binary(data)),
        MessageKind::Text => Packet::decode(data),
    }
}
