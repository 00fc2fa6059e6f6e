//! The header of a frame.

use bytes::BufMut;

use super::FrameError;

/// Longest header: two bytes, an eight-byte length and a mask.
pub const MAX_HEADER: usize = 14;

/// Longest data of a control frame.
pub(super) const MAX_CONTROL: usize = 125;

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;
/// The length follows in two bytes.
const LEN_16: u8 = 126;
/// The length follows in eight bytes.
const LEN_64: u8 = 127;

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

impl OpCode {
    /// Whether the frame stands for itself, between the fragments of a message.
    pub const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }

    const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }
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

    /// Reads the header that `bytes` begin with, and tells its length. None while it is incomplete.
    ///
    /// # Errors
    ///
    /// The peer's fault: no role may send this header.
    pub fn decode(bytes: &[u8]) -> Result<Option<(Self, usize)>, FrameError> {
        let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
        check_reserved(first)?;
        let opcode = OpCode::from_bits(first & 0x0f).ok_or(FrameError::OpCode)?;
        let fin = first & FIN != 0;
        if opcode.is_control() && (!fin || usize::from(second & !MASKED) > MAX_CONTROL) {
            return Err(FrameError::Control);
        }
        let Some((len, rest)) = decode_len(second & !MASKED, rest)? else { return Ok(None) };
        let Some((mask, rest)) = decode_mask(second & MASKED != 0, rest) else { return Ok(None) };
        Ok(Some((Self { opcode, fin, len, mask }, bytes.len() - rest.len())))
    }

    /// Appends the wire form, at most [`MAX_HEADER`] bytes.
    #[expect(clippy::cast_possible_truncation, reason = "each arm's pattern bounds the length")]
    pub fn encode(&self, out: &mut impl BufMut) {
        let mask_bit = if self.mask.is_some() { MASKED } else { 0 };
        let first = if self.fin { FIN } else { 0 } | self.opcode as u8;
        match self.len {
            0..=125 => out.put_slice(&[first, mask_bit | self.len as u8]),
            126..=0xffff => {
                let [a, b] = (self.len as u16).to_be_bytes();
                out.put_slice(&[first, mask_bit | LEN_16, a, b]);
            }
            _ => {
                out.put_slice(&[first, mask_bit | LEN_64]);
                out.put_u64(self.len as u64);
            }
        }
        if let Some(mask) = self.mask {
            out.put_slice(&mask);
        }
    }
}

/// The beginning of a header that was cut.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PartialHeader {
    bytes: [u8; MAX_HEADER],
    len: u8,
}

impl PartialHeader {
    /// Reads the header that `input` goes on with, and tells how much of the input belongs to it. None when all
    /// of the input does and more is missing.
    pub(super) fn resume(&mut self, input: &[u8]) -> Result<Option<(FrameHeader, usize)>, FrameError> {
        let before = usize::from(self.len);
        let joined = self.append(input);
        Ok(FrameHeader::decode(joined)?.map(|(header, len)| (header, len - before)))
    }

    fn append(&mut self, input: &[u8]) -> &[u8] {
        let room = self.bytes.get_mut(usize::from(self.len)..).unwrap_or_default();
        for (free, byte) in room.iter_mut().zip(input) {
            *free = *byte;
            self.len += 1;
        }
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// No extension gives the reserved bits a meaning.
const fn check_reserved(first: u8) -> Result<(), FrameError> {
    if first & RESERVED == 0 { Ok(()) } else { Err(FrameError::Reserved) }
}

/// The length after its seven-bit form, and what follows it; only the shortest form is allowed.
fn decode_len(short: u8, rest: &[u8]) -> Result<Option<(usize, &[u8])>, FrameError> {
    let (len, shortest, rest) = match short {
        LEN_16 => {
            let Some((len, rest)) = rest.split_first_chunk() else { return Ok(None) };
            (u64::from(u16::from_be_bytes(*len)), 126, rest)
        }
        LEN_64 => {
            let Some((len, rest)) = rest.split_first_chunk() else { return Ok(None) };
            (u64::from_be_bytes(*len), 0x1_0000, rest)
        }
        _ => return Ok(Some((usize::from(short), rest))),
    };
    if len < shortest || len > i64::MAX as u64 {
        return Err(FrameError::Length);
    }
    // Only where addresses are shorter than 64 bits can a length not be represented.
    let len = usize::try_from(len).map_err(|_| FrameError::TooLarge)?;
    Ok(Some((len, rest)))
}

fn decode_mask(masked: bool, rest: &[u8]) -> Option<(Option<[u8; 4]>, &[u8])> {
    if !masked {
        return Some((None, rest));
    }
    let (mask, rest) = rest.split_first_chunk()?;
    Some((Some(*mask), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn opcode() -> impl Strategy<Value = OpCode> {
        proptest::sample::select(vec![OpCode::Continuation, OpCode::Text, OpCode::Binary])
    }

    proptest! {
        #[test]
        fn headers_survive(
            opcode in opcode(),
            fin: bool,
            len in prop_oneof![0_usize..130, 65_530_usize..65_540, any::<u32>().prop_map(|len| len as usize)],
            mask: Option<[u8; 4]>,
        ) {
            let header = FrameHeader { opcode, fin, len, mask };
            let mut bytes = Vec::new();
            header.encode(&mut bytes);
            prop_assert!(bytes.len() <= MAX_HEADER);
            for cut in 0..bytes.len() {
                prop_assert_eq!(FrameHeader::decode(&bytes[..cut]), Ok(None));
            }
            let written = bytes.len();
            bytes.extend_from_slice(b"data");
            prop_assert_eq!(FrameHeader::decode(&bytes), Ok(Some((header, written))));
        }
    }

    #[test]
    fn broken_headers() {
        let cases: [(&[u8], FrameError); 12] = [
            (&[0xc1, 0], FrameError::Reserved),
            (&[0xa1, 0], FrameError::Reserved),
            (&[0x91, 0], FrameError::Reserved),
            (&[0x83, 0], FrameError::OpCode),
            (&[0x8b, 0], FrameError::OpCode),
            (&[0x8f, 0], FrameError::OpCode),
            (&[0x09, 0], FrameError::Control),
            (&[0x89, 126], FrameError::Control),
            (&[0x88, 0xff], FrameError::Control),
            (&[0x82, 126, 0, 125], FrameError::Length),
            (&[0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff], FrameError::Length),
            (&[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], FrameError::Length),
        ];
        for (bytes, error) in cases {
            assert_eq!(FrameHeader::decode(bytes), Err(error), "{bytes:x?}");
        }
    }
}
