//! The body of a polling request or response: packets joined by U+001E.

use bytes::{Buf, Bytes};

use crate::packet::check_base64;
use crate::{DecodeError, Outgoing, Packet, PacketType};

/// The character between two packets.
pub const SEPARATOR: u8 = 0x1e;

/// Decodes a payload packet by packet, in linear time, without copying text.
///
/// After an error it ends: what follows a broken packet is not a packet any more.
#[derive(Clone, Debug)]
pub struct PayloadDecoder {
    rest: Option<Bytes>,
}

impl PayloadDecoder {
    /// Starts at the beginning of a body. An empty body is one empty packet, which is an error.
    pub const fn new(body: Bytes) -> Self {
        Self { rest: Some(body) }
    }

    /// Bytes that have not been decoded yet.
    pub fn remaining(&self) -> usize {
        self.rest.as_ref().map_or(0, Bytes::len)
    }

    /// What has not been decoded yet; `None` at the end.
    pub(crate) fn into_rest(self) -> Option<Bytes> {
        self.rest
    }

    fn next_raw(&mut self) -> Option<Bytes> {
        let rest = self.rest.as_mut()?;
        let Some(end) = memchr::memchr(SEPARATOR, rest) else { return self.rest.take() };
        let packet = rest.split_to(end);
        rest.advance(1);
        Some(packet)
    }
}

impl Iterator for PayloadDecoder {
    type Item = Result<Packet, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let packet = Packet::decode(self.next_raw()?);
        if packet.is_err() {
            self.rest = None;
        }
        Some(packet)
    }
}

/// Encodes packets into a payload of at most a given number of bytes.
#[derive(Debug)]
pub struct PayloadEncoder {
    body: Vec<u8>,
    packets: usize,
}

impl PayloadEncoder {
    /// Starts an empty payload.
    pub const fn new() -> Self {
        Self { body: Vec::new(), packets: 0 }
    }

    /// Appends a packet.
    pub fn push(&mut self, packet: &Outgoing) {
        if self.packets == 0 {
            // Exactly: a body that fills its vector becomes `Bytes` without another allocation.
            self.body = Vec::with_capacity(packet.payload_len());
        } else {
            self.body.reserve(packet.payload_len() + 1);
            self.body.push(SEPARATOR);
        }
        packet.encode_payload(&mut self.body);
        self.packets += 1;
    }

    /// How many bytes may still be added under `budget`, the next packet's separator already taken off.
    pub fn room(&self, budget: usize) -> usize {
        budget.saturating_sub(self.body.len() + usize::from(self.packets > 0))
    }

    /// Packets so far.
    pub const fn packets(&self) -> usize {
        self.packets
    }

    /// The finished body.
    pub fn finish(self) -> Bytes {
        self.body.into()
    }
}

impl Default for PayloadEncoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Checks the text form of one packet without making it: what [`Packet::decode`] would say.
pub(crate) fn check(raw: &[u8]) -> Result<PacketType, DecodeError> {
    let (first, data) = raw.split_first().ok_or(DecodeError::Empty)?;
    // Most packets are short and plain, which is seen sooner than that they are UTF-8.
    if !raw.is_ascii() {
        std::str::from_utf8(raw).map_err(|_| DecodeError::Utf8)?;
    }
    if *first == b'b' {
        return check_base64(data).map(|()| PacketType::Message);
    }
    PacketType::from_byte(*first).ok_or(DecodeError::UnknownType)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Message;

    fn decode(body: impl Into<Bytes>) -> Vec<Result<Packet, DecodeError>> {
        PayloadDecoder::new(body.into()).collect()
    }

    fn encode(packets: &[Packet]) -> Bytes {
        let mut encoder = PayloadEncoder::new();
        for packet in packets {
            encoder.push(&packet.clone().into());
        }
        encoder.finish()
    }

    #[test]
    fn specification_example() {
        let packets = [
            Packet::Message("hello".into()),
            Packet::PING,
            Packet::Message("world".into()),
            Packet::binary(Bytes::from_static(&[1, 2, 3, 4])),
        ];
        let body = encode(&packets);
        assert_eq!(body.as_ref(), b"4hello\x1e2\x1e4world\x1ebAQIDBA==");
        assert_eq!(decode(body), packets.map(Ok));
    }

    #[test]
    fn what_stands_before_a_broken_packet_is_kept() {
        let packets = decode("4a\u{1e}x\u{1e}4b");
        assert_eq!(packets, [Ok(Packet::Message("a".into())), Err(DecodeError::UnknownType)]);
        assert_eq!(decode(&b"4a\x1e4\xff\x1e4b"[..]).last(), Some(&Err(DecodeError::Utf8)));
    }

    #[test]
    fn empty_packets_are_errors_wherever_they_stand() {
        for body in ["", "\u{1e}4a", "4a\u{1e}", "4a\u{1e}\u{1e}4b"] {
            assert!(decode(body).contains(&Err(DecodeError::Empty)), "{body:?}");
        }
    }

    #[test]
    fn room_counts_the_separator() {
        let mut encoder = PayloadEncoder::new();
        assert_eq!(encoder.room(10), 10);
        encoder.push(&Packet::Message("abc".into()).into());
        assert_eq!(encoder.room(10), 5);
    }

    fn message() -> impl Strategy<Value = Message> {
        prop_oneof![
            "[^\u{1e}]*".prop_map(Message::from),
            proptest::collection::vec(any::<u8>(), 0..100).prop_map(Message::from),
        ]
    }

    proptest! {
        #[test]
        fn payloads_survive(messages in proptest::collection::vec(message(), 1..20)) {
            let packets: Vec<_> = messages.into_iter().map(Packet::Message).collect();
            let decoded: Result<Vec<_>, _> = decode(encode(&packets)).into_iter().collect();
            prop_assert_eq!(decoded, Ok(packets));
        }

        #[test]
        fn checking_agrees_with_decoding(raw in proptest::collection::vec(any::<u8>(), 0..40)) {
            let decoded = Packet::decode(Bytes::from(raw.clone())).map(|packet| packet.packet_type());
            prop_assert_eq!(check(&raw), decoded);
        }

        #[test]
        fn checking_agrees_with_decoding_text(raw in "[b0-7A-Za-z=é]*") {
            let decoded = Packet::decode(Bytes::from(raw.clone())).map(|packet| packet.packet_type());
            prop_assert_eq!(check(raw.as_bytes()), decoded);
        }
    }
}
