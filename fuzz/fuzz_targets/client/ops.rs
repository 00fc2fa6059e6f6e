//! What may happen to a client's session.

use std::time::Duration;

use arbitrary::Arbitrary;
use engineio_fuzz::{Any, MAX_BYTES, MAX_PACKETS, overflow};
use engineio_proto::client::ClientConfig;

#[derive(Arbitrary, Debug)]
pub(crate) struct Input<'a> {
    pub(crate) websocket: bool,
    pub(crate) config: Config,
    pub(crate) ops: Vec<Op<'a>>,
}

#[derive(Arbitrary, Debug)]
pub(crate) struct Config {
    overflow: u8,
    upgrade: bool,
    hold_for_upgrade: bool,
    drain_events: bool,
    max_inbound: u8,
}

#[derive(Arbitrary, Debug)]
pub(crate) enum Op<'a> {
    Advance(u16),
    NextDeadline,
    Link,
    /// The server accepts, by the link that was opened last.
    Accept {
        upgrade: bool,
        max_payload: u16,
    },
    Response(u8, &'a [u8]),
    Ok(u8),
    Refused(u8, u16),
    Packet(u8, Any<'a>),
    Probed(u8),
    BadFrame(u8, u16),
    Partial(u8, bool),
    Sent(u8, u8),
    Closed(u8, u8),
    Transmit(u8, u16),
    /// The packets of one write.
    TransmitAll(u8, u16),
    Event,
    Handled(u8),
    Send(&'a str),
    SendPrepared(u8),
    SendPacket(Any<'a>),
    Close,
    Abort,
}

impl Config {
    /// Limits are small, so that they are reached.
    pub(crate) fn session(&self) -> ClientConfig {
        ClientConfig {
            connect_timeout: Duration::from_millis(500),
            upgrade: self.upgrade,
            upgrade_timeout: Duration::from_millis(300),
            hold_for_upgrade: self.hold_for_upgrade,
            close_timeout: Duration::from_millis(400),
            message_timeout: Duration::from_millis(200),
            max_payload: 1000,
            max_queued_bytes: MAX_BYTES,
            max_queued_packets: MAX_PACKETS,
            overflow: overflow(self.overflow),
            max_inbound: usize::from(self.max_inbound % 8) + 1,
            max_inbound_bytes: None,
            drain_events: self.drain_events,
        }
    }
}
