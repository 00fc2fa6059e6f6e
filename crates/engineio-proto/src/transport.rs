//! The transports of a session and sets of them.

use std::fmt;

/// How a session's packets travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// HTTP long-polling: GET receives, POST sends.
    Polling,
    /// One WebSocket connection.
    WebSocket,
}

impl Transport {
    /// The name on the wire: `polling` or `websocket`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::WebSocket => "websocket",
        }
    }

    /// The transport of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "polling" => Some(Self::Polling),
            "websocket" => Some(Self::WebSocket),
            _ => None,
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of transports.
///
/// ```
/// use engineio_proto::{Transport, TransportSet};
///
/// let set: TransportSet = [Transport::Polling].into_iter().collect();
/// assert!(set.contains(Transport::Polling));
/// assert!(!set.contains(Transport::WebSocket));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TransportSet(u8);

impl TransportSet {
    /// Both transports.
    pub const ALL: Self = Self(0b11);
    /// No transport: refused by every builder.
    pub const EMPTY: Self = Self(0);

    /// Whether `transport` is in the set.
    pub const fn contains(self, transport: Transport) -> bool {
        self.0 & Self::bit(transport) != 0
    }

    /// The set with `transport` added.
    #[must_use]
    pub const fn with(self, transport: Transport) -> Self {
        Self(self.0 | Self::bit(transport))
    }

    /// Whether no transport is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    const fn bit(transport: Transport) -> u8 {
        match transport {
            Transport::Polling => 0b01,
            Transport::WebSocket => 0b10,
        }
    }
}

impl FromIterator<Transport> for TransportSet {
    fn from_iter<I: IntoIterator<Item = Transport>>(transports: I) -> Self {
        transports.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl From<Transport> for TransportSet {
    fn from(transport: Transport) -> Self {
        Self::EMPTY.with(transport)
    }
}
