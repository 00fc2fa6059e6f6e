//! How a server of Engine.IO 3 is told from one of version 4.
//!
//! Version 3 takes no notice of the `EIO=4` in a request. By polling, its open packet stands in a payload of its own
//! kind. Over WebSocket it is the same packet as in version 4, without `maxPayload`, which early servers of version 4 leave
//! out as well; but Socket.IO 2, which is what most such servers are for, greets at once with a packet of its own, which
//! later versions do not send unasked.

use std::time::Duration;

use crate::{Message, Packet};

/// How long the greeting of Socket.IO 2 is waited for: it is written right behind the open packet.
pub(super) const GREETING: Duration = Duration::from_millis(500);

/// Whether the body of a handshake's response is a payload of Engine.IO 3 that begins with an open packet: the packet's
/// length in decimal and `:`; or, in a binary payload, the length's digits as bytes between 0 and 255.
pub(super) fn is_payload(body: &[u8]) -> bool {
    let digits =
        |is_digit: fn(&u8) -> bool, body: &'_ [u8]| body.iter().take_while(|byte| is_digit(byte)).count();
    let behind = match body {
        [0, rest @ ..] => {
            rest.get(digits(|byte| *byte <= 9, rest)..).and_then(|rest| rest.strip_prefix(b"\xff"))
        }
        rest => rest.get(digits(u8::is_ascii_digit, rest)..).and_then(|rest| rest.strip_prefix(b":")),
    };
    behind.is_some_and(|packet| packet.starts_with(b"0{"))
}

/// Whether this packet, the first after the open packet, is the greeting of Socket.IO 2: a message `0`, by which the
/// server says that the client is connected.
pub(super) fn is_greeting(packet: &Packet) -> bool {
    matches!(packet, Packet::Message(Message::Text(text)) if **text == *"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_told_apart_by_how_they_begin() {
        let binary = [&b"\x00\x09\x07\xff"[..], b"0{\"sid\":\"a\"}"].concat();
        for old in [&b"97:0{\"sid\":\"a\"}2:40"[..], b"4:0{}", &binary] {
            assert!(is_payload(old), "{old:?}");
        }
        for other in [
            &b""[..],
            b"0{\"sid\":\"a\"}",
            b"97:",
            b"97:40",
            b":",
            b"\x00",
            b"\x00\x09",
            b"\xff0{",
            b"<html>",
        ] {
            assert!(!is_payload(other), "{other:?}");
        }
    }

    #[test]
    fn the_greeting_is_a_message_of_one_character() {
        assert!(is_greeting(&Packet::Message("0".into())));
        for other in ["", "00", "0{\"sid\":\"a\"}", "2"] {
            assert!(!is_greeting(&Packet::Message(other.into())), "{other}");
        }
        assert!(!is_greeting(&Packet::Message(vec![b'0'].into())));
    }
}
