//! WebSocket frames, as far as a client needs them that sends messages of one size.

/// Text or binary.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A frame with binary data.
    Binary,
    /// A frame with text.
    Text,
}

/// Any key would do; zero would let a server skip its work.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;

/// The length of the data follows in as many bytes.
const TWO_BYTES: u8 = 126;
const EIGHT_BYTES: u8 = 127;

/// The frame that a client sends.
pub fn masked(kind: Kind, data: &[u8]) -> Vec<u8> {
    let mut frame = head(kind, data.len(), MASKED);
    frame.extend(MASK);
    frame.extend(data.iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// The frame that a server sends.
pub fn unmasked(kind: Kind, data: &[u8]) -> Vec<u8> {
    let mut frame = head(kind, data.len(), 0);
    frame.extend(data);
    frame
}

/// The close frame of a client, code 1000.
pub fn close() -> Vec<u8> {
    let mut frame = vec![FIN | 8, MASKED | 2];
    frame.extend(MASK);
    frame.extend([0x03 ^ MASK[0], 0xe8 ^ MASK[1]]);
    frame
}

fn head(kind: Kind, len: usize, masked: u8) -> Vec<u8> {
    let opcode = match kind {
        Kind::Binary => 2,
        Kind::Text => 1,
    };
    let (short, long) = match (u8::try_from(len), u16::try_from(len)) {
        (Ok(len @ ..=125), _) => (len, vec![]),
        (_, Ok(len)) => (TWO_BYTES, len.to_be_bytes().to_vec()),
        _ => (EIGHT_BYTES, (len as u64).to_be_bytes().to_vec()),
    };
    [vec![FIN | opcode, masked | short], long].concat()
}

/// One frame from a server: its data and the bytes that it takes, or `None` while it is incomplete.
pub fn parse(input: &[u8]) -> Option<(&[u8], usize)> {
    let (start, len) = match *input.get(1)? {
        TWO_BYTES => (4, u16::from_be_bytes(input.get(2..4)?.try_into().ok()?).into()),
        EIGHT_BYTES => (10, usize::try_from(u64::from_be_bytes(input.get(2..10)?.try_into().ok()?)).ok()?),
        len => (2, usize::from(len)),
    };
    let end = start + len;
    Some((input.get(start..end)?, end))
}

#[cfg(test)]
mod tests {
    use super::{Kind, masked, parse, unmasked};

    #[test]
    fn server_frames_of_each_length_form_are_parsed() {
        for len in [0, 125, 126, 65_535, 65_536] {
            let data = vec![b'x'; len];
            let frame = unmasked(Kind::Text, &data);
            assert_eq!(parse(&frame), Some((&data[..], frame.len())));
            assert_eq!(parse(&frame[..frame.len() - 1]), None);
        }
    }

    #[test]
    fn client_frames_are_masked() {
        let frame = masked(Kind::Text, b"Hello");
        assert_eq!(frame, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    }
}
