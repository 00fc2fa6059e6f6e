//! The settings of a client's session.

use std::time::Duration;

use crate::config::inbound_limit;
use crate::{Load, Overflow};

/// The settings of a client's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientConfig {
    /// How long the server may take to answer the handshake. Default 10 s.
    pub connect_timeout: Duration,
    /// Whether a session on polling moves to WebSocket when the server offers it. Default yes.
    pub upgrade: bool,
    /// How long an upgrade may take, from the WebSocket's request to the `upgrade` packet. Default 8 s: less than
    /// the 10 s of the usual servers, since an `upgrade` packet that reaches a server which has just given up is
    /// the end of the session.
    pub upgrade_timeout: Duration,
    /// Whether messages wait while an upgrade is wanted or under way, so that the server gets all of them over the
    /// transport that the session stays on. Default no: they leave by polling meanwhile.
    pub hold_for_upgrade: bool,
    /// How long a session that the application closes may take to send what is queued. Default 10 s.
    pub close_timeout: Duration,
    /// How long a fragmented or partial WebSocket message may stay unfinished. Default 30 s.
    pub message_timeout: Duration,
    /// Largest response of a poll and largest WebSocket message that is accepted, in bytes. Default 16 MiB: many
    /// servers put everything that waits into one response.
    pub max_payload: usize,
    /// A message is accepted for sending while fewer bytes than this are queued. Default 4 MiB.
    pub max_queued_bytes: usize,
    /// A message is accepted for sending while fewer packets than this are queued. Default 16 384.
    pub max_queued_packets: usize,
    /// What happens to a message that finds the queue full. Default [`Overflow::Wait`]: unlike a server, a client
    /// has nobody else to serve meanwhile.
    pub overflow: Overflow,
    /// Messages that may wait for the application or be handled by it; past it, reading stops, and a
    /// server whose pings are then not answered within its ping timeout ends the session. A response to a poll counts
    /// as one, and two are always taken. Default 256.
    pub max_inbound: usize,
    /// Bytes of messages and responses that may wait for the application or be handled by it; past it, reading stops.
    /// Default none, which means twice [`max_payload`](Self::max_payload).
    pub max_inbound_bytes: Option<usize>,
    /// Whether [`Event::Drained`](super::Event::Drained) is wanted. Default no.
    pub drain_events: bool,
}

impl ClientConfig {
    /// As much as may wait for the application or be handled by it.
    pub(crate) fn inbound_limit(&self) -> Load {
        inbound_limit(self.max_inbound, self.max_inbound_bytes, self.max_payload)
    }
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            upgrade: true,
            upgrade_timeout: Duration::from_secs(8),
            hold_for_upgrade: false,
            close_timeout: Duration::from_secs(10),
            message_timeout: Duration::from_secs(30),
            max_payload: 16 << 20,
            max_queued_bytes: 4 << 20,
            max_queued_packets: 16_384,
            overflow: Overflow::Wait,
            max_inbound: 256,
            max_inbound_bytes: None,
            drain_events: false,
        }
    }
}
