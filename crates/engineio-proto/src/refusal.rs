//! stub replaced by the edge branch
use crate::DecodeError;
/// stub
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "stub")]
pub enum Refusal {
    UnknownSid,
    NotOpen,
    SessionClosed,
    TransportMismatch,
    DuplicatePoll,
    DuplicatePost,
    UpgradesOff,
    OctetStream,
    ContentEncoding,
    TooLarge { limit: usize },
    BadPacket(DecodeError),
    UnexpectedPacket,
    PingFromClient,
    Timeout,
}
