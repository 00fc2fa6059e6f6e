//! The header of a frame.

use bytes::{BufMut, BytesMut};

/// Longest header: two bytes, an eight-byte length and a mask.
pub const MAX_HEADER: usize = 14;

/// What a frame carries (RFC 6455, section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OpCode {
    /// A further fragment of the message under way.
    Continuation = 0,
    /// A text message, or its first fragment.
    Text = 1,
    /// A binary message, or its first fragment.
    Binary = 2,
    /// Closes the connection.
    Close = 8,
    /// Asks for a pong.
    Ping = 9,
    /// Answers a ping.
    Pong = 10,
}

/// A frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// What the frame carries.
    pub opcode: OpCode,
    /// Whether this is the last fragment of its message.
    pub fin: bool,
    /// Length of the data in bytes.
    pub len: usize,
    /// The key that the data is masked with: always set by clients, never by servers.
    pub mask: Option<[u8; 4]>,
}

impl FrameHeader {
    /// The header of a whole message, as a server writes it.
    pub const fn unmasked(opcode: OpCode, len: usize) -> Self {
        Self { opcode, fin: true, len, mask: None }
    }

    /// Appends the wire form, at most [`MAX_HEADER`] bytes.
    #[expect(clippy::cast_possible_truncation, reason = "each arm's pattern bounds the length")]
    pub fn encode(&self, out: &mut BytesMut) {
        let mask_bit = if self.mask.is_some() { 0x80 } else { 0 };
        out.put_u8(u8::from(self.fin) << 7 | self.opcode as u8);
        match self.len {
            0..=125 => out.put_u8(mask_bit | self.len as u8),
            126..=0xffff => {
                out.put_u8(mask_bit | 126);
                out.put_u16(self.len as u16);
            }
            _ => {
                out.put_u8(mask_bit | 127);
                out.put_u64(self.len as u64);
            }
        }
        out.put_slice(self.mask.as_ref().map_or(&[], |mask| &mask[..]));
    }
}
