//! The options of `engineio bench`.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use super::Client;

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[command(after_help = "\
The server has to send each message back to its sender, as `engineio serve` does.

Exit codes:
  0  measured; every message came back
  1  measured, but connections failed or were lost, or messages did not come back, came unasked, or could not be sent
     in time
  2  the command line makes no sense, or a file that it names cannot be used
  3  no session could be opened
Ctrl-C ends the measurement early; what was measured by then is reported.")]
pub(crate) struct Bench {
    /// Where, as for `engineio connect`.
    pub(crate) url: String,
    /// Sessions to hold open.
    #[arg(long, short, default_value = "10", value_name = "N")]
    pub(crate) connections: NonZeroUsize,
    /// How long to measure, from when the last session was begun.
    #[arg(long, short, default_value = "10s", value_parser = humantime::parse_duration, value_name = "DURATION")]
    pub(crate) duration: Duration,
    /// Time over which the sessions are begun.
    #[arg(long, default_value = "0s", value_parser = humantime::parse_duration, value_name = "DURATION")]
    pub(crate) ramp: Duration,
    /// Messages that each session has under way: the next is sent when one comes back.
    #[arg(long, default_value = "1", value_name = "N")]
    pub(crate) pipeline: NonZeroU32,
    /// Messages a second, of all sessions together, however fast they come back; late ones are timed from when they
    /// should have been sent.
    #[arg(long, value_name = "N", conflicts_with = "pipeline")]
    pub(crate) rate: Option<NonZeroU32>,
    /// Send nothing: only begin the sessions and hold them.
    #[arg(long, conflicts_with_all = ["pipeline", "rate", "size"])]
    pub(crate) idle: bool,
    /// Bytes of a message, at least 16.
    #[arg(long, short, default_value = "32", value_parser = size, value_name = "BYTES")]
    pub(crate) size: usize,
    /// Send binary messages instead of text.
    #[arg(long)]
    pub(crate) binary: bool,
    /// How the messages travel.
    #[arg(long, value_enum, default_value_t = Mix::Websocket)]
    pub(crate) transport: Mix,
    /// How long a message may take to come back.
    #[arg(long, default_value = "10s", value_parser = humantime::parse_duration, value_name = "DURATION")]
    pub(crate) reply_timeout: Duration,
    /// Print the results as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a page with plots.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Show no progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Threads that work [default: one for each core].
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(crate) client: Client,
}

/// The transports of the sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(clippy::enum_variant_names, reason = "the names are what users type")]
pub(crate) enum Mix {
    /// Polling only.
    Polling,
    /// WebSocket from the start.
    Websocket,
    /// Polling, then upgraded.
    Upgrade,
    /// A third of the sessions each: polling, WebSocket, upgraded.
    Mix,
}

/// Room for what tells a message from the others.
const MIN_SIZE: usize = 16;

fn size(text: &str) -> Result<usize, String> {
    let size = text.parse().map_err(|_| "expected a number of bytes")?;
    if size < MIN_SIZE { Err(format!("expected at least {MIN_SIZE} bytes")) } else { Ok(size) }
}
