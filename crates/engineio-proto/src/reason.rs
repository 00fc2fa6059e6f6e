//! Why a session ended.

use std::fmt;

use crate::ws::CloseCode;

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// The server closed it: its application said so, or, to a client, it sent a `close` packet.
    ServerDisconnect,
    /// The client closed it: its application said so, or, to a server, it sent a `close` packet.
    ClientDisconnect,
    /// No pong came within the ping timeout; for a client, no ping within interval and timeout.
    PingTimeout,
    /// The connection went away.
    TransportClose,
    /// The peer broke the rules of the transport (two polls at once, an aborted poll, a ping of the client), or
    /// refused or lost a request.
    TransportError,
    /// The peer sent something that is no packet.
    ParseError,
    /// The peer sent more than the payload limit.
    TooLarge,
    /// The peer read more slowly than the application sent, and the outbound queue's policy is to close.
    SlowConsumer,
    /// The server is shutting down.
    Shutdown,
    /// A handler of the application panicked.
    HandlerPanicked,
}

impl DisconnectReason {
    /// A stable, short text, as in `slow consumer`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServerDisconnect => "server disconnect",
            Self::ClientDisconnect => "client disconnect",
            Self::PingTimeout => "ping timeout",
            Self::TransportClose => "transport close",
            Self::TransportError => "transport error",
            Self::ParseError => "parse error",
            Self::TooLarge => "payload too large",
            Self::SlowConsumer => "slow consumer",
            Self::Shutdown => "shutdown",
            Self::HandlerPanicked => "handler panicked",
        }
    }

    /// What a WebSocket that is closed with `code`, because of what it received, means for the session.
    pub(crate) fn of_bad_frame(code: CloseCode) -> (Self, &'static str) {
        if code == CloseCode::TOO_BIG {
            (Self::TooLarge, "a WebSocket message over the payload limit")
        } else {
            (Self::ParseError, "the WebSocket received something that is no packet")
        }
    }

    /// The one of python-engineio's five strings (`Server.reason`) that stands for this reason.
    pub const fn as_python_str(self) -> &'static str {
        match self {
            Self::ServerDisconnect | Self::Shutdown | Self::HandlerPanicked => "server disconnect",
            Self::ClientDisconnect => "client disconnect",
            Self::PingTimeout => "ping timeout",
            Self::TransportClose => "transport close",
            Self::TransportError | Self::ParseError | Self::TooLarge | Self::SlowConsumer => {
                "transport error"
            }
        }
    }
}

impl fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
