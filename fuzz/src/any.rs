//! Packets of every type.

use arbitrary::Arbitrary;
use engineio_proto::Packet;

/// Any packet.
#[derive(Arbitrary, Debug)]
pub enum Any<'a> {
    Open(&'a str),
    Close,
    Ping(&'a str),
    Probe,
    Pong(&'a str),
    Text(&'a str),
    Binary(&'a [u8]),
    Upgrade,
    Noop,
}

impl From<Any<'_>> for Packet {
    fn from(any: Any<'_>) -> Self {
        match any {
            Any::Open(data) => Self::Open(data.into()),
            Any::Close => Self::Close,
            Any::Ping(data) => Self::Ping(data.into()),
            Any::Probe => Self::Ping("probe".into()),
            Any::Pong(data) => Self::Pong(data.into()),
            Any::Text(data) => Self::Message(data.into()),
            Any::Binary(data) => Self::Message(data.into()),
            Any::Upgrade => Self::Upgrade,
            Any::Noop => Self::Noop,
        }
    }
}
