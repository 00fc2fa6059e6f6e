//! One Engine.IO packet: the only place that encodes or decodes one.

use bytes::{Buf, Bytes};

use crate::{DecodeError, Message, Text, Transport};

/// The type of a packet, as numbered on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PacketType {
    /// `0`: opens a session; carries the [`OpenPacket`](crate::OpenPacket).
    Open = b'0',
    /// `1`: ends the session.
    Close = b'1',
    /// `2`: heartbeat of the server, or `2probe` of a client that upgrades.
    Ping = b'2',
    /// `3`: answer to a ping.
    Pong = b'3',
    /// `4`: application data.
    Message = b'4',
    /// `5`: the client moves to the transport that carries this packet.
    Upgrade = b'5',
    /// `6`: nothing; ends a waiting poll.
    Noop = b'6',
}

impl PacketType {
    /// The character on the wire.
    pub const fn as_char(self) -> char {
        self as u8 as char
    }

    #[inline]
    pub(crate) const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            b'0' => Self::Open,
            b'1' => Self::Close,
            b'2' => Self::Ping,
            b'3' => Self::Pong,
            b'4' => Self::Message,
            b'5' => Self::Upgrade,
            b'6' => Self::Noop,
            _ => return None,
        })
    }
}

/// One packet.
///
/// `close`, `upgrade` and `noop` have no data: what a peer appends to them is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Packet {
    /// Opens a session; the data is JSON, see [`OpenPacket`](crate::OpenPacket).
    Open(Text),
    /// Ends the session.
    Close,
    /// Heartbeat, or `probe`.
    Ping(Text),
    /// Answer to a ping, with the same data.
    Pong(Text),
    /// Application data.
    Message(Message),
    /// Completes an upgrade.
    Upgrade,
    /// Nothing.
    Noop,
}

impl Packet {
    /// A ping without data.
    pub const PING: Self = Self::Ping(Text::from_static(""));
    /// A pong without data.
    pub const PONG: Self = Self::Pong(Text::from_static(""));

    /// Its type.
    pub const fn packet_type(&self) -> PacketType {
        match self {
            Self::Open(_) => PacketType::Open,
            Self::Close => PacketType::Close,
            Self::Ping(_) => PacketType::Ping,
            Self::Pong(_) => PacketType::Pong,
            Self::Message(_) => PacketType::Message,
            Self::Upgrade => PacketType::Upgrade,
            Self::Noop => PacketType::Noop,
        }
    }

    /// Decodes the text form, which is the same in a polling payload and in a text frame.
    ///
    /// `b` and base64 is a binary message on both transports.
    ///
    /// # Errors
    ///
    /// The peer's fault: the text is empty or not UTF-8, its type is unknown or its base64 is broken.
    #[inline]
    pub fn decode(mut text: Bytes) -> Result<Self, DecodeError> {
        let first = *text.first().ok_or(DecodeError::Empty)?;
        if let Some(packet_type) = PacketType::from_byte(first) {
            // Cutting the bytes and checking what is left is cheaper than cutting the text.
            text.advance(1);
            let data = Text::try_from(text).map_err(|_| DecodeError::Utf8)?;
            return Ok(Self::with_data(packet_type, data));
        }
        std::str::from_utf8(&text).map_err(|_| DecodeError::Utf8)?;
        match first {
            b'b' => decode_base64(text.get(1..).unwrap_or_default()).map(Self::binary),
            _ => Err(DecodeError::UnknownType),
        }
    }

    /// Decodes the text form of a packet whose data is so short that it is copied. `None` for any other, which
    /// [`decode`](Self::decode) takes.
    #[inline]
    pub(crate) fn decode_short(text: &[u8]) -> Option<Result<Self, DecodeError>> {
        let (first, data) = text.split_first()?;
        let packet_type = PacketType::from_byte(*first)?;
        let data = Text::short(data)?;
        Some(data.map(|data| Self::with_data(packet_type, data)).map_err(|_| DecodeError::Utf8))
    }

    /// A binary message, which is what a binary frame holds.
    pub const fn binary(data: Bytes) -> Self {
        Self::Message(Message::Binary(data))
    }

    /// What stands after the type character in the text form, for every packet but a binary message.
    pub(crate) fn text_data(&self) -> &str {
        match self {
            Self::Open(data) | Self::Ping(data) | Self::Pong(data) | Self::Message(Message::Text(data)) => {
                data
            }
            Self::Message(Message::Binary(_)) | Self::Close | Self::Upgrade | Self::Noop => "",
        }
    }

    /// Length of the form that a polling payload carries, in bytes.
    pub fn payload_len(&self) -> usize {
        match self {
            Self::Message(message) => message.encoded_len(Transport::Polling),
            _ => 1 + self.text_data().len(),
        }
    }

    /// Appends the form that a polling payload carries: the type character and the data, or `b` and base64.
    pub fn encode_payload(&self, out: &mut Vec<u8>) {
        if let Self::Message(Message::Binary(data)) = self {
            out.push(b'b');
            base64_simd::STANDARD.encode_append(data, out);
        } else {
            out.push(self.packet_type() as u8);
            out.extend_from_slice(self.text_data().as_bytes());
        }
    }

    #[inline]
    fn with_data(packet_type: PacketType, data: Text) -> Self {
        match packet_type {
            PacketType::Open => Self::Open(data),
            PacketType::Close => Self::Close,
            PacketType::Ping => Self::Ping(data),
            PacketType::Pong => Self::Pong(data),
            PacketType::Message => Self::Message(Message::Text(data)),
            PacketType::Upgrade => Self::Upgrade,
            PacketType::Noop => Self::Noop,
        }
    }
}

impl From<Message> for Packet {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

/// Checks standard padded base64 without decoding it.
pub(crate) fn check_base64(encoded: &[u8]) -> Result<(), DecodeError> {
    base64_simd::STANDARD.check(encoded).map_err(|_| DecodeError::Base64)
}

fn decode_base64(encoded: &[u8]) -> Result<Bytes, DecodeError> {
    base64_simd::STANDARD.decode_to_vec(encoded).map(Bytes::from).map_err(|_| DecodeError::Base64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(text: &str) -> Result<Packet, DecodeError> {
        Packet::decode(Bytes::copy_from_slice(text.as_bytes()))
    }

    fn encode(packet: &Packet) -> String {
        let mut out = Vec::new();
        packet.encode_payload(&mut out);
        assert_eq!(out.len(), packet.payload_len());
        String::from_utf8(out).unwrap()
    }

    /// The examples of the protocol's text.
    #[test]
    fn specification_examples() {
        let cases = [
            ("4hello", Packet::Message("hello".into())),
            ("2", Packet::PING),
            ("2probe", Packet::Ping("probe".into())),
            ("3probe", Packet::Pong("probe".into())),
            ("bAQIDBA==", Packet::binary(Bytes::from_static(&[1, 2, 3, 4]))),
            ("4€", Packet::Message("€".into())),
            ("4", Packet::Message("".into())),
            ("b", Packet::binary(Bytes::new())),
            ("1", Packet::Close),
            ("5", Packet::Upgrade),
            ("6", Packet::Noop),
        ];
        for (text, packet) in cases {
            assert_eq!(decode(text).as_ref(), Ok(&packet), "{text}");
            assert_eq!(encode(&packet), text);
        }
    }

    #[test]
    fn broken_text_is_refused() {
        assert_eq!(decode(""), Err(DecodeError::Empty));
        for text in ["7", "9hello", "abc", "é1234", "٣", "\u{1e}", " 4"] {
            assert_eq!(decode(text), Err(DecodeError::UnknownType), "{text}");
        }
        for text in ["bAQ", "b!!!", "bAQI", "b===", "bAQ==\n", "b_-8="] {
            assert_eq!(decode(text), Err(DecodeError::Base64), "{text}");
        }
    }

    #[test]
    fn data_of_packets_without_data_is_dropped() {
        assert_eq!(decode("5foo"), Ok(Packet::Upgrade));
        assert_eq!(decode("1bye"), Ok(Packet::Close));
    }

    proptest! {
        #[test]
        fn every_packet_survives(text in ".*", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for packet in [
                Packet::Message(text.clone().into()),
                Packet::Message(bytes.into()),
                Packet::Ping(text.clone().into()),
                Packet::Pong(text.clone().into()),
                Packet::Open(text.into()),
            ] {
                prop_assert_eq!(decode(&encode(&packet)), Ok(packet));
            }
        }

        #[test]
        fn any_text_is_an_answer(text in ".*") {
            let _ = decode(&text);
        }
    }
}
