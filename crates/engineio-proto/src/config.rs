//! The settings of a session.

use std::time::Duration;

use crate::Load;

/// What happens to a message when the outbound queue is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// The session is closed, reason [`SlowConsumer`](crate::DisconnectReason::SlowConsumer). The default: a
    /// client that cannot follow reconnects and starts from a known state.
    #[default]
    Close,
    /// The new message is refused and handed back.
    DropNewest,
    /// The oldest queued messages make room.
    DropOldest,
    /// The sender waits for room; what cannot wait (`try_send`, a broadcast) is refused and handed back.
    Wait,
}

/// What a ping of a client outside of an upgrade's probe does. Protocol version 4 gives pings to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientPings {
    /// It ends the session, as in the reference server.
    #[default]
    Refuse,
    /// It is ignored, as in python-engineio: some embedded clients ping.
    Ignore,
}

/// The settings of a session; shared by all sessions of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionConfig {
    /// Time from one pong to the next ping. Default 25 s.
    pub ping_interval: Duration,
    /// Added to the advertised interval, so that clients allow for a late ping. Default 0.
    pub ping_grace: Duration,
    /// How long a pong may take. Default 20 s.
    pub ping_timeout: Duration,
    /// How long the first request after a handshake by polling may take. Default 10 s.
    pub first_poll_timeout: Duration,
    /// How long an upgrade may take, from the WebSocket's request to the `upgrade` packet. Default 10 s.
    pub upgrade_timeout: Duration,
    /// How long a closed session on polling waits for the poll that fetches its last packets, and how long one
    /// on WebSocket may take to write them. Default 30 s. No pings are sent meanwhile: more than the client's
    /// patience, which is ping interval and timeout, is of no use.
    pub close_timeout: Duration,
    /// How long a session that a shutdown ends is read once more, for what its client has sent already. Default 5 s.
    pub leave_timeout: Duration,
    /// How long a fragmented or partial WebSocket message may stay unfinished. Default 30 s.
    pub message_timeout: Duration,
    /// Largest polling body and largest WebSocket message, in both directions, in bytes. Default 1 000 000.
    pub max_payload: usize,
    /// A message is accepted for sending while fewer bytes than this are queued. Default 4 MiB.
    pub max_queued_bytes: usize,
    /// A message is accepted for sending while fewer packets than this are queued. Default 16 384.
    pub max_queued_packets: usize,
    /// What happens to a message that finds the queue full. Default [`Overflow::Close`].
    pub overflow: Overflow,
    /// Messages that may wait for the application or be handled by it; past it, reading stops. Default 256.
    pub max_inbound: usize,
    /// Bytes of messages and polling bodies that may wait for the application or be handled by it; past it, reading
    /// stops. Default none, which means twice [`max_payload`](Self::max_payload).
    pub max_inbound_bytes: Option<usize>,
    /// Most packets in one poll's response, for clients with such a limit. Default none.
    pub max_packets_per_poll: Option<usize>,
    /// Most packets in one POST, for applications that want such a limit. Default none: the byte limit is enough.
    pub max_packets_per_post: Option<usize>,
    /// What a client's ping does. Default [`ClientPings::Refuse`].
    pub client_pings: ClientPings,
    /// Whether [`Event::Drained`](crate::server::Event::Drained) is wanted. Default no.
    pub drain_events: bool,
}

impl SessionConfig {
    /// As much as may wait for the application or be handled by it.
    pub(crate) fn inbound_limit(&self) -> Load {
        inbound_limit(self.max_inbound, self.max_inbound_bytes, self.max_payload)
    }
}

/// As much as may wait for the application or be handled by it, in either role.
pub(crate) fn inbound_limit(messages: usize, bytes: Option<usize>, max_payload: usize) -> Load {
    Load { messages, bytes: bytes.unwrap_or_else(|| max_payload.saturating_mul(2)) }
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(25),
            ping_grace: Duration::ZERO,
            ping_timeout: Duration::from_secs(20),
            first_poll_timeout: Duration::from_secs(10),
            upgrade_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(30),
            leave_timeout: Duration::from_secs(5),
            message_timeout: Duration::from_secs(30),
            max_payload: 1_000_000,
            max_queued_bytes: 4 << 20,
            max_queued_packets: 16_384,
            overflow: Overflow::Close,
            max_inbound: 256,
            max_inbound_bytes: None,
            max_packets_per_poll: None,
            max_packets_per_post: None,
            client_pings: ClientPings::Refuse,
            drain_events: false,
        }
    }
}
