//! Why the peer's frames were refused.

use super::CloseCode;

/// Why bytes of the peer are no WebSocket frames, or frames that this side does not take.
///
/// The connection is beyond repair: send a close frame with [`close_code`](Self::close_code) and end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A reserved bit is set, but no extension was agreed on.
    #[error("reserved bit set")]
    Reserved,
    /// An opcode that the protocol does not define.
    #[error("unknown opcode")]
    OpCode,
    /// A client must mask every frame, a server none.
    #[error("frame masked or unmasked against the rule of its sender's role")]
    Masking,
    /// A length in more bytes than it needs, or above 2^63.
    #[error("broken length")]
    Length,
    /// A ping, pong or close in fragments or longer than 125 bytes.
    #[error("control frame fragmented or too long")]
    Control,
    /// A fragment that continues no message, or a message that begins within another.
    #[error("fragments out of order")]
    Fragments,
    /// A close frame with a single byte, or with a code that must not be sent.
    #[error("broken close frame")]
    Close,
    /// The reason in a close frame is not UTF-8.
    #[error("invalid UTF-8")]
    Utf8,
    /// The message is longer than the limit.
    #[error("message too large")]
    TooLarge,
    /// The message has more fragments than the limit.
    #[error("message in too many fragments")]
    TooManyFragments,
}

impl FrameError {
    /// The code to close the connection with.
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::Utf8 => CloseCode::INVALID_DATA,
            Self::TooLarge => CloseCode::TOO_BIG,
            // The message may well be small enough: it is only cut too finely.
            Self::TooManyFragments => CloseCode::POLICY,
            Self::Reserved
            | Self::OpCode
            | Self::Masking
            | Self::Length
            | Self::Control
            | Self::Fragments
            | Self::Close => CloseCode::PROTOCOL,
        }
    }
}
