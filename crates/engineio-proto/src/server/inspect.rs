//! One look over a POST's body before it is accepted.

use crate::payload::{self, SEPARATOR};
use crate::{DecodeError, PacketType};

/// What a body holds, without its messages having been made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inspection {
    /// Bytes of the body before the packet that ended the look, which are all good messages and pongs.
    pub(crate) good: usize,
    /// Whether a message is among them.
    pub(crate) messages: bool,
    /// Whether a pong is among them.
    pub(crate) ponged: bool,
    /// Why the look ended before the body did.
    pub(crate) stop: Option<Stop>,
}

/// The packet that ended the look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// `close`: what follows is ignored.
    Close,
    /// A packet that a client does not send by POST.
    Unexpected(PacketType),
    /// No packet.
    Broken(DecodeError),
}

/// Looks at every packet of `body`; `ignore_pings` lets a client's pings pass.
pub(crate) fn inspect(body: &[u8], ignore_pings: bool) -> Inspection {
    let mut found = Inspection { good: body.len(), messages: false, ponged: false, stop: None };
    let mut start = 0;
    for raw in body.split(|byte| *byte == SEPARATOR) {
        match classify(raw, ignore_pings) {
            Ok(Kind::Message) => found.messages = true,
            Ok(Kind::Pong) => found.ponged = true,
            Ok(Kind::Ignored) => {}
            Err(stop) => {
                // Without the separator before the packet, which would make an empty packet of its own.
                found.good = usize::saturating_sub(start, 1);
                found.stop = Some(stop);
                break;
            }
        }
        start += raw.len() + 1;
    }
    found
}

enum Kind {
    Message,
    Pong,
    Ignored,
}

/// What the packet is, or why the body ends here.
fn classify(raw: &[u8], ignore_pings: bool) -> Result<Kind, Stop> {
    payload::check(raw).map_err(Stop::Broken)?;
    match raw.first() {
        Some(b'4' | b'b') => Ok(Kind::Message),
        Some(b'3') => Ok(Kind::Pong),
        Some(b'2') if ignore_pings => Ok(Kind::Ignored),
        Some(b'1') => Err(Stop::Close),
        Some(b'2') => Err(Stop::Unexpected(PacketType::Ping)),
        Some(b'0') => Err(Stop::Unexpected(PacketType::Open)),
        Some(b'5') => Err(Stop::Unexpected(PacketType::Upgrade)),
        _ => Err(Stop::Unexpected(PacketType::Noop)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(body: &str) -> Inspection {
        inspect(body.as_bytes(), false)
    }

    #[test]
    fn good_bodies_are_good_to_the_end() {
        assert_eq!(
            look("4a\u{1e}3\u{1e}bAQID"),
            Inspection { good: 10, messages: true, ponged: true, stop: None }
        );
    }

    #[test]
    fn the_good_part_ends_before_the_first_bad_packet() {
        let cases = [
            ("4a\u{1e}x", 2, Stop::Broken(DecodeError::UnknownType)),
            ("4a\u{1e}", 2, Stop::Broken(DecodeError::Empty)),
            ("", 0, Stop::Broken(DecodeError::Empty)),
            ("b!", 0, Stop::Broken(DecodeError::Base64)),
            ("4a\u{1e}4b\u{1e}2", 5, Stop::Unexpected(PacketType::Ping)),
            ("4a\u{1e}1\u{1e}4b", 2, Stop::Close),
            ("1\u{1e}x", 0, Stop::Close),
        ];
        for (body, good, stop) in cases {
            let found = look(body);
            assert_eq!((found.good, found.messages, found.stop), (good, good > 0, Some(stop)), "{body:?}");
        }
    }

    #[test]
    fn pings_may_pass() {
        assert_eq!(inspect(b"2", true), Inspection { good: 1, messages: false, ponged: false, stop: None });
    }
}
