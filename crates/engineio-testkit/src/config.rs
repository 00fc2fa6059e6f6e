//! The settings of a pair.

use std::time::Duration;

use engineio_proto::client::ClientConfig;
use engineio_proto::{SessionConfig, Transport};

use crate::app::Habits;

/// The settings of a [`Pair`](crate::Pair).
#[derive(Clone, Debug)]
pub struct PairConfig {
    /// The client's session.
    pub client: ClientConfig,
    /// The server's session.
    pub server: SessionConfig,
    /// What the client starts with.
    pub first: Transport,
    /// Whether the server offers to upgrade.
    pub upgrades: bool,
    /// The shortest and the usual longest way over the network.
    pub delay: (Duration, Duration),
    /// The longest time that the server's application thinks before it accepts the client.
    pub decision: Duration,
    /// What the server answers to a POST.
    pub answer: &'static str,
    /// Whether the server's driver hands over what it reads and takes what it writes many at a time, as ours does.
    pub batches: bool,
    /// How the client's application behaves.
    pub client_habits: Habits,
    /// How the server's application behaves.
    pub server_habits: Habits,
}

impl Default for PairConfig {
    fn default() -> Self {
        Self {
            client: ClientConfig::default(),
            server: SessionConfig::default(),
            first: Transport::Polling,
            upgrades: true,
            delay: (Duration::from_millis(1), Duration::from_millis(5)),
            decision: Duration::from_millis(2),
            answer: "ok",
            batches: false,
            client_habits: Habits::default(),
            server_habits: Habits::default(),
        }
    }
}

impl PairConfig {
    /// The settings of a session that stays on polling, is on WebSocket from the start, or upgrades.
    #[must_use]
    pub fn ways() -> [Self; 3] {
        [
            Self { upgrades: false, ..Self::default() },
            Self { first: Transport::WebSocket, ..Self::default() },
            Self::default(),
        ]
    }
}
