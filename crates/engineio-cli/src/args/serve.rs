//! The options of `engineio serve`.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{ArgAction, ValueEnum};
use engineio::Transport;

use super::transport;

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:3000", value_name = "ADDR:PORT")]
    pub(crate) bind: SocketAddr,
    /// Path of the endpoint.
    #[arg(long, default_value = "/engine.io/")]
    pub(crate) path: String,
    /// What happens to messages.
    #[arg(long, value_enum, default_value_t = Mode::Echo)]
    pub(crate) mode: Mode,
    /// Time from a pong to the next ping.
    #[arg(long, default_value = "25s", value_parser = humantime::parse_duration, value_name = "DURATION")]
    pub(crate) ping_interval: Duration,
    /// How long a pong may take.
    #[arg(long, default_value = "20s", value_parser = humantime::parse_duration, value_name = "DURATION")]
    pub(crate) ping_timeout: Duration,
    /// How long an upgrade to WebSocket may take.
    #[arg(long, default_value = "10s", value_parser = humantime::parse_duration, value_name = "DURATION")]
    pub(crate) upgrade_timeout: Duration,
    /// Largest polling body and WebSocket message.
    #[arg(long, default_value_t = 1_000_000, value_name = "BYTES")]
    pub(crate) max_payload: usize,
    /// Transports on offer.
    #[arg(long, default_value = "polling,websocket", value_delimiter = ',', value_parser = transport)]
    pub(crate) transports: Vec<Transport>,
    /// Keep sessions on the transport they began with.
    #[arg(long)]
    pub(crate) no_upgrades: bool,
    /// Origin whose pages may connect, besides our own; `*` for all, then without cookies. Repeatable.
    #[arg(long, action = ArgAction::Append, value_name = "ORIGIN")]
    pub(crate) cors: Vec<String>,
    /// Never compress responses.
    #[arg(long)]
    pub(crate) no_compression: bool,
    /// Set a cookie of this name to the session id.
    #[arg(long, value_name = "NAME")]
    pub(crate) cookie: Option<String>,
    /// Threads that serve [default: one for each core].
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<std::num::NonZeroUsize>,
}

/// What the server does with messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Send each message back as it came.
    Echo,
    /// Send each message to every session.
    Broadcast,
    /// Send each message to every session but its sender's.
    Chat,
    /// Echo, but for the text messages `close`, `burst N` and `send BYTES`, which make the server do so; handshakes
    /// with `reject=STATUS` in the query are refused. For testing clients.
    Commands,
}
