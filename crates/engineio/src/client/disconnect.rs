//! How a session ended.

use std::fmt;

use engineio_proto::{DisconnectReason, client};

use super::failure::{Failure, in_full};

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disconnect {
    /// Why.
    pub reason: DisconnectReason,
    /// What happened, in words for a log.
    pub detail: String,
    /// Messages that were accepted for sending and are not known to have arrived. They are not sent again: whether
    /// that would be right, only the application knows. What was written to a WebSocket counts as arrived.
    pub unconfirmed: u64,
    /// Whether the client will try to connect again.
    pub reconnects: bool,
}

impl Disconnect {
    pub(crate) fn new(end: &client::Disconnect, seen: Option<&Failure>, reconnects: bool) -> Self {
        Self {
            reason: end.reason,
            detail: in_full(&end.cause, seen),
            unconfirmed: end.unconfirmed,
            reconnects,
        }
    }
}

/// As in `transport close: the WebSocket was closed; 3 messages may be lost`.
impl fmt::Display for Disconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.detail)?;
        match self.unconfirmed {
            0 => Ok(()),
            1 => f.write_str("; 1 message may be lost"),
            lost => write!(f, "; {lost} messages may be lost"),
        }
    }
}
