//! Why something of the peer's or of the application's was refused.

use crate::Message;

/// Why bytes of the peer are no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A packet without even a type.
    #[error("empty packet")]
    Empty,
    /// The first character is none of `0` to `6` and not `b`.
    #[error("unknown packet type")]
    UnknownType,
    /// Not standard, padded base64.
    #[error("broken base64")]
    Base64,
    /// Not UTF-8.
    #[error("invalid UTF-8")]
    Utf8,
}

/// Why a message was not accepted for sending.
///
/// Where the message could be sent later or elsewhere, the error hands it back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The session is closed or closing; nothing more will be sent.
    #[error("the session is closed")]
    Closed,
    /// No session has this id.
    #[error("no session has this id")]
    UnknownSession,
    /// The outbound queue is full (the peer reads too slowly); the message is handed back.
    #[error("the outbound queue is full: the peer reads more slowly than the application sends")]
    Full(Message),
    /// Text with the character U+001E cannot travel by polling, where that character separates packets. Send it
    /// as binary, or once the session is on WebSocket.
    #[error("text with U+001E cannot be sent by polling: send it as binary, or after the upgrade")]
    Separator,
    /// The server's `maxPayload` does not allow a message of this size: it would end the session. `size` is the
    /// packet's encoded length on the transport of the moment; by polling, binary data grows by a third.
    #[error("the message takes {size} bytes and the server accepts {limit}")]
    TooLarge {
        /// Bytes that the packet takes.
        size: usize,
        /// Bytes that the server accepts.
        limit: usize,
    },
    /// The server has not answered the handshake; its limits are not known yet. Wait for `Open`.
    #[error("the session is not open yet")]
    NotOpen,
    /// Only `message`, `noop` and `close` packets may be sent by the application.
    #[error("packets of this type are sent by the protocol, not by the application")]
    PacketType,
}
