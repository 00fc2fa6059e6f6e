//! The options of `engineio connect`.

use std::time::Duration;

use engineio::Transport;

use super::{Client, transport};

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[command(after_help = "\
Exit codes:
  0    done: --count messages came, or the input has ended and --linger has passed, or the server closed the session
  1    --timeout ran out, or the session ended or --linger passed before --count messages had come
  2    the command line makes no sense, or a file that it names cannot be used
  3    there was no session: the server could not be reached or refused it
  4    the session was lost, or something could not be sent
  130  interrupted (Ctrl-C, SIGINT); the session was closed
  143  told to end (SIGTERM); the session was closed")]
pub(crate) struct Connect {
    /// Where: `http://HOST:PORT`, `https://…`, `ws://…` or `wss://…`, with the path of the endpoint if it is not
    /// /engine.io/, and a query if the server wants one.
    pub(crate) url: String,
    /// Transports, in the order in which to try them.
    #[arg(long, default_value = "polling,websocket", value_delimiter = ',', value_parser = transport)]
    pub(crate) transports: Vec<Transport>,
    /// Stay on the transport that the session began with.
    #[arg(long)]
    pub(crate) no_upgrade: bool,
    /// Print one JSON object for each event on standard output.
    #[arg(long)]
    pub(crate) json: bool,
    /// Take lines that begin with `b:` as the base64 of binary messages.
    #[arg(long)]
    pub(crate) binary: bool,
    /// End after this many messages were received.
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// How long to go on listening after the end of the input [default: 1s; with --count, until they have come].
    #[arg(long, value_parser = humantime::parse_duration, value_name = "DURATION")]
    pub(crate) linger: Option<Duration>,
    /// How long everything may take.
    #[arg(long, value_parser = humantime::parse_duration, value_name = "DURATION")]
    pub(crate) timeout: Option<Duration>,
    /// Print each HTTP request, WebSocket frame and packet on standard error.
    #[arg(long)]
    pub(crate) trace: bool,
    #[command(flatten)]
    pub(crate) client: Client,
    #[command(flatten)]
    pub(crate) reconnect: Reconnect,
}

/// When a lost session is followed by a new one.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_field_names, reason = "the names are what users type")]
#[command(next_help_heading = "Reconnection")]
pub(crate) struct Reconnect {
    /// Begin a new session when one is lost. What was not sent by then is lost, and standard error says so.
    #[arg(long)]
    pub(crate) reconnect: bool,
    /// Try again also when there was no session yet.
    #[arg(long, requires = "reconnect")]
    pub(crate) reconnect_first: bool,
    /// Most attempts in a row.
    #[arg(long, value_name = "N", requires = "reconnect")]
    pub(crate) reconnect_attempts: Option<u32>,
    /// Pause before the first attempt; it doubles with each one.
    #[arg(long, value_parser = humantime::parse_duration, value_name = "DURATION", requires = "reconnect")]
    pub(crate) reconnect_delay: Option<Duration>,
}
