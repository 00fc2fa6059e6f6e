//! One look over a polling body when it arrives.

use std::ops::Range;

use crate::payload::{self, SEPARATOR};
use crate::{DecodeError, PacketType};

/// What a body holds, without its messages having been made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inspection {
    /// Bytes of the body up to the end of the last message before the look ended; zero when there is none.
    pub(crate) messages: usize,
    /// Where the data of the last heartbeat packet stands: a pong of the client, a ping of the server.
    pub(crate) heartbeat: Option<Range<usize>>,
    /// Why the look ended before the body did.
    pub(crate) stop: Option<Stop>,
}

/// The packet that ended the look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// `close`: what follows is ignored.
    Close,
    /// A packet that the sender's role does not have.
    Unexpected(PacketType),
    /// No packet.
    Broken(DecodeError),
}

/// Who sent the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// A client, in a POST.
    Client {
        /// Whether its pings may pass.
        ignore_pings: bool,
    },
    /// A server, in the response of a poll.
    Server,
}

/// Looks at every packet of `body`.
pub(crate) fn inspect(body: &[u8], sender: Sender) -> Inspection {
    let mut found = Inspection { messages: 0, heartbeat: None, stop: None };
    let mut start = 0;
    for end in memchr::memchr_iter(SEPARATOR, body).chain([body.len()]) {
        match classify(body.get(start..end).unwrap_or_default(), sender) {
            Ok(Kind::Message) => found.messages = end,
            Ok(Kind::Heartbeat) => found.heartbeat = Some(start + 1..end),
            Ok(Kind::Ignored) => {}
            Err(stop) => {
                found.stop = Some(stop);
                break;
            }
        }
        start = end + 1;
    }
    found
}

/// Where the data of a server's pings stands, in a body that was looked at and has the last of them there.
pub(crate) fn pings(body: &[u8], last: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let looked_at = body.get(..last.end).unwrap_or_default();
    let mut start = 0;
    memchr::memchr_iter(SEPARATOR, looked_at).chain([looked_at.len()]).filter_map(move |end| {
        let data = start + 1..end;
        let packet_type = looked_at.get(start).copied().and_then(PacketType::from_byte);
        start = end + 1;
        (packet_type == Some(PacketType::Ping)).then_some(data)
    })
}

enum Kind {
    Message,
    Heartbeat,
    Ignored,
}

/// What the packet is, or why the body ends here.
fn classify(raw: &[u8], sender: Sender) -> Result<Kind, Stop> {
    match (payload::check(raw).map_err(Stop::Broken)?, sender) {
        (PacketType::Message, _) => Ok(Kind::Message),
        (PacketType::Close, _) => Err(Stop::Close),
        (PacketType::Pong, Sender::Client { .. }) | (PacketType::Ping, Sender::Server) => Ok(Kind::Heartbeat),
        (PacketType::Noop | PacketType::Pong, Sender::Server)
        | (PacketType::Ping, Sender::Client { ignore_pings: true }) => Ok(Kind::Ignored),
        (unexpected, _) => Err(Stop::Unexpected(unexpected)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(body: &str) -> Inspection {
        inspect(body.as_bytes(), Sender::Client { ignore_pings: false })
    }

    #[test]
    fn good_bodies_are_good_to_the_end() {
        assert_eq!(
            look("4a\u{1e}3\u{1e}bAQID"),
            Inspection { messages: 10, heartbeat: Some(4..4), stop: None }
        );
        assert_eq!(look("4a\u{1e}3"), Inspection { messages: 2, heartbeat: Some(4..4), stop: None });
    }

    #[test]
    fn messages_before_the_first_bad_packet_count() {
        let cases = [
            ("4a\u{1e}x", 2, Stop::Broken(DecodeError::UnknownType)),
            ("4a\u{1e}", 2, Stop::Broken(DecodeError::Empty)),
            ("", 0, Stop::Broken(DecodeError::Empty)),
            ("b!", 0, Stop::Broken(DecodeError::Base64)),
            ("4a\u{1e}4b\u{1e}2", 5, Stop::Unexpected(PacketType::Ping)),
            ("4a\u{1e}1\u{1e}4b", 2, Stop::Close),
            ("1\u{1e}x", 0, Stop::Close),
        ];
        for (body, messages, stop) in cases {
            assert_eq!(look(body), Inspection { messages, heartbeat: None, stop: Some(stop) }, "{body:?}");
        }
    }

    #[test]
    fn pings_may_pass() {
        let found = inspect(b"2", Sender::Client { ignore_pings: true });
        assert_eq!(found, Inspection { messages: 0, heartbeat: None, stop: None });
    }

    #[test]
    fn the_last_ping_of_a_server_counts() {
        let found = inspect(b"6\x1e2old\x1e3\x1e4a\x1e2new\x1e1\x1ex", Sender::Server);
        assert_eq!(found, Inspection { messages: 11, heartbeat: Some(13..16), stop: Some(Stop::Close) });
    }

    #[test]
    fn every_ping_of_a_server_is_found() {
        let body = b"6\x1e2old\x1e4a\x1e2new\x1e1\x1e2x";
        let last = inspect(body, Sender::Server).heartbeat.unwrap();
        assert_eq!(pings(body, last).collect::<Vec<_>>(), [3..6, 11..14]);
    }

    #[test]
    fn servers_open_and_upgrade_nothing_by_polling() {
        for (body, unexpected) in [(&b"0{}"[..], PacketType::Open), (b"5", PacketType::Upgrade)] {
            assert_eq!(inspect(body, Sender::Server).stop, Some(Stop::Unexpected(unexpected)));
        }
        assert_eq!(inspect(b"", Sender::Server).stop, Some(Stop::Broken(DecodeError::Empty)));
    }
}
