//! Packets in words, for people who look at the wire.

use std::fmt;

use crate::{Message, Outgoing, Packet, PacketType};

/// Characters of text, and bytes of binary data, that are shown.
const SHOWN: usize = 200;

/// A packet in words, as in `ping "probe"`, `noop`, `message "hello"` or `message of 3 bytes, b:AQID`. Long data is cut
/// off; control characters are escaped, so that it is one line that commands no terminal.
#[derive(Clone, Copy, Debug)]
pub struct Described<'a> {
    packet_type: PacketType,
    data: Data<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Data<'a> {
    Text(&'a str),
    Binary(&'a [u8]),
}

impl Packet {
    /// The packet in words, for a trace.
    ///
    /// ```
    /// use engineio_proto::{Message, Packet};
    ///
    /// assert_eq!(Packet::Message(Message::from("a\nb")).describe().to_string(), r#"message "a\nb""#);
    /// ```
    pub fn describe(&self) -> Described<'_> {
        let data = match self {
            Self::Message(message) => Data::of(message),
            other => Data::Text(other.text_data()),
        };
        Described { packet_type: self.packet_type(), data }
    }
}

impl Outgoing {
    /// The packet in words, for a trace.
    pub fn describe(&self) -> Described<'_> {
        match self {
            Self::Packet(packet) => packet.describe(),
            Self::Shared(prepared) => {
                Described { packet_type: PacketType::Message, data: Data::of(prepared.message()) }
            }
        }
    }
}

impl<'a> Data<'a> {
    fn of(message: &'a Message) -> Self {
        match message {
            Message::Text(text) => Self::Text(text),
            Message::Binary(data) => Self::Binary(data),
        }
    }
}

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name(self.packet_type))?;
        match self.data {
            Data::Text("") if self.packet_type != PacketType::Message => Ok(()),
            Data::Text(text) => write_text(f, text),
            Data::Binary(data) => write_binary(f, data),
        }
    }
}

const fn name(packet_type: PacketType) -> &'static str {
    match packet_type {
        PacketType::Open => "open",
        PacketType::Close => "close",
        PacketType::Ping => "ping",
        PacketType::Pong => "pong",
        PacketType::Message => "message",
        PacketType::Upgrade => "upgrade",
        PacketType::Noop => "noop",
    }
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let Some((end, _)) = text.char_indices().nth(SHOWN) else { return write!(f, " {text:?}") };
    write!(f, " of {} bytes, {:?}…", text.len(), text.get(..end).unwrap_or_default())
}

fn write_binary(f: &mut fmt::Formatter<'_>, data: &[u8]) -> fmt::Result {
    let shown = data.get(..SHOWN).unwrap_or(data);
    let base64 = base64_simd::STANDARD.encode_to_string(shown);
    let more = if shown.len() < data.len() { "…" } else { "" };
    write!(f, " of {} bytes, b:{base64}{more}", data.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Prepared;

    #[test]
    fn every_type_has_its_name_and_data_only_where_there_is_some() {
        let cases = [
            (Packet::PING, "ping"),
            (Packet::Pong("probe".into()), "pong \"probe\""),
            (Packet::Close, "close"),
            (Packet::Upgrade, "upgrade"),
            (Packet::Noop, "noop"),
            (Packet::Open("{}".into()), "open \"{}\""),
            (Packet::Message("".into()), "message \"\""),
            (Packet::Message(vec![1, 2, 3].into()), "message of 3 bytes, b:AQID"),
        ];
        for (packet, words) in cases {
            assert_eq!(packet.describe().to_string(), words);
        }
    }

    #[test]
    fn long_data_is_cut_off_and_nothing_commands_the_terminal() {
        let text = "é".repeat(SHOWN + 1);
        let words = Packet::Message(text.as_str().into()).describe().to_string();
        assert_eq!(words, format!("message of 402 bytes, \"{}\"…", "é".repeat(SHOWN)));
        let words = Packet::Message("\x1b[2J".into()).describe().to_string();
        assert!(!words.contains('\x1b'), "{words}");
        let words = Packet::Message(vec![0; 1000].into()).describe().to_string();
        assert!(words.len() < 300 && words.ends_with('…'), "{words}");
    }

    #[test]
    fn shared_messages_look_like_others() {
        let shared = Outgoing::Shared(Prepared::new("hello".into()));
        assert_eq!(shared.describe().to_string(), "message \"hello\"");
    }
}
