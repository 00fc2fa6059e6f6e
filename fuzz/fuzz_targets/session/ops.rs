//! What may happen to a session.

use std::time::Duration;

use arbitrary::Arbitrary;
use engineio_fuzz::{Any, MAX_BYTES, MAX_PACKETS, overflow};
use engineio_proto::{ClientPings, SessionConfig};

#[derive(Arbitrary, Debug)]
pub(crate) struct Input<'a> {
    pub(crate) websocket: bool,
    pub(crate) offer_upgrade: bool,
    pub(crate) config: Config,
    pub(crate) ops: Vec<Op<'a>>,
}

#[derive(Arbitrary, Debug)]
pub(crate) struct Config {
    pub(crate) overflow: u8,
    pub(crate) ignore_pings: bool,
    pub(crate) drain_events: bool,
    pub(crate) max_packets_per_poll: Option<u8>,
    pub(crate) max_inbound: u8,
}

#[derive(Arbitrary, Debug)]
pub(crate) enum Op<'a> {
    Advance(u16),
    NextDeadline,
    Open,
    Reject,
    Abort,
    Poll,
    Post {
        content_length: Option<u16>,
        octet_stream: bool,
        content_encoding: bool,
    },
    WebSocket,
    Payload(u8, &'a [u8]),
    Packet(u8, Any<'a>),
    /// The packets of one read.
    Packets(u8, Vec<Any<'a>>),
    BadFrame(u8, u16),
    Partial(u8, bool),
    Sent(u8, u8),
    Closed(u8, u8),
    Transmit(u8, u16),
    /// The packets of one write.
    TransmitAll(u8, u16),
    Event,
    Events(u8),
    Lend,
    Handled(u8),
    Send(&'a str),
    SendPrepared(u8),
    SendPacket(Any<'a>),
    Close(bool),
}

impl Config {
    /// Limits are small, so that they are reached.
    pub(crate) fn session(&self) -> SessionConfig {
        SessionConfig {
            ping_interval: Duration::from_secs(1),
            ping_timeout: Duration::from_millis(500),
            upgrade_timeout: Duration::from_millis(300),
            close_timeout: Duration::from_millis(400),
            message_timeout: Duration::from_millis(200),
            max_payload: 1000,
            max_queued_bytes: MAX_BYTES,
            max_queued_packets: MAX_PACKETS,
            overflow: overflow(self.overflow),
            max_inbound: usize::from(self.max_inbound % 8) + 1,
            max_packets_per_poll: self.max_packets_per_poll.map(|max| usize::from(max % 4) + 1),
            client_pings: if self.ignore_pings { ClientPings::Ignore } else { ClientPings::Refuse },
            drain_events: self.drain_events,
            ..SessionConfig::default()
        }
    }
}
