//! The options of `engineio serve`.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{ArgAction, ValueEnum};
use engineio::server::{AllowedOrigins, SessionCookie};
use engineio::{Server, Transport};

use super::transport;

/// Most threads that can be asked for.
const MAX_WORKERS: usize = 1024;

const DAY: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:3000", value_parser = address, value_name = "ADDR:PORT")]
    pub(crate) bind: SocketAddr,
    /// Path of the endpoint.
    #[arg(long, default_value = "/engine.io/", value_parser = path)]
    pub(crate) path: String,
    /// What happens to messages.
    #[arg(long, value_enum, default_value_t = Mode::Echo)]
    pub(crate) mode: Mode,
    /// Time from a pong to the next ping.
    #[arg(long, default_value = "25s", value_parser = duration, value_name = "DURATION")]
    pub(crate) ping_interval: Duration,
    /// How long a pong may take.
    #[arg(long, default_value = "20s", value_parser = duration, value_name = "DURATION")]
    pub(crate) ping_timeout: Duration,
    /// How long an upgrade to WebSocket may take.
    #[arg(long, default_value = "10s", value_parser = duration, value_name = "DURATION")]
    pub(crate) upgrade_timeout: Duration,
    /// Time that clients get to close when the server stops.
    #[arg(long, default_value = "2s", value_parser = duration, value_name = "DURATION")]
    pub(crate) grace: Duration,
    /// Largest polling body and WebSocket message.
    #[arg(long, default_value = "1000000", value_parser = bytes, value_name = "BYTES")]
    pub(crate) max_payload: NonZeroUsize,
    /// Transports on offer.
    #[arg(long, default_value = "polling,websocket", value_delimiter = ',', value_parser = transport)]
    pub(crate) transports: Vec<Transport>,
    /// Keep sessions on the transport they began with.
    #[arg(long)]
    pub(crate) no_upgrades: bool,
    /// Origin whose pages may connect, besides our own; `*` for all, then without cookies. Repeatable.
    #[arg(long, action = ArgAction::Append, value_parser = origin, value_name = "ORIGIN")]
    pub(crate) cors: Vec<String>,
    /// Never compress responses.
    #[arg(long)]
    pub(crate) no_compression: bool,
    /// Set a cookie of this name to the session id.
    #[arg(long, value_parser = cookie, value_name = "NAME")]
    pub(crate) cookie: Option<SessionCookie>,
    /// Threads that serve [default: one for each core].
    #[arg(long, value_parser = workers, value_name = "N")]
    pub(crate) workers: Option<NonZeroUsize>,
    /// Most sessions at a time; further handshakes get 503 [default: no limit].
    #[arg(long, value_parser = sessions, value_name = "N")]
    pub(crate) max_sessions: Option<NonZeroUsize>,
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
    /// with `reject=STATUS` in the query are refused, those with `greet=TEXT` greeted with that text. For testing
    /// clients.
    Commands,
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "expected an IP address and a port, as in 127.0.0.1:3000 or [::1]:3000")
}

/// With one slash at either end, whatever it was given with.
fn path(text: &str) -> Result<String, String> {
    Server::builder().path(text).build().map_err(|error| error.to_string())?;
    let path = text.trim_matches('/');
    Ok(if path.is_empty() { "/".to_owned() } else { format!("/{path}/") })
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text).map_err(|error| format!("{error}; as in 300ms or 25s"))?;
    if duration.is_zero() || duration > DAY {
        return Err("expected more than zero and at most 24 hours, as in 300ms or 25s".to_owned());
    }
    Ok(duration)
}

fn bytes(text: &str) -> Result<NonZeroUsize, &'static str> {
    text.parse().map_err(|_| "expected a number of bytes, at least 1")
}

fn workers(text: &str) -> Result<NonZeroUsize, String> {
    let workers = text.parse().ok().filter(|workers: &NonZeroUsize| workers.get() <= MAX_WORKERS);
    workers.ok_or_else(|| format!("expected a number of threads, 1 to {MAX_WORKERS}"))
}

fn sessions(text: &str) -> Result<NonZeroUsize, &'static str> {
    text.parse().map_err(|_| "expected a number of sessions, at least 1")
}

fn origin(text: &str) -> Result<String, String> {
    match AllowedOrigins::list([text]) {
        Err(error) if text != "*" => Err(format!(
            "it {}; expected `*`, `null`, or scheme://host or scheme://host:port, as in https://app.example",
            error.fault()
        )),
        _ => Ok(text.to_owned()),
    }
}

fn cookie(name: &str) -> Result<SessionCookie, String> {
    SessionCookie::builder(name).build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_a_slash_at_either_end() {
        for (given, meant) in
            [("/engine.io/", "/engine.io/"), ("a/b", "/a/b/"), ("/a", "/a/"), ("", "/"), ("//", "/")]
        {
            assert_eq!(path(given).as_deref(), Ok(meant), "{given:?}");
        }
        for wrong in ["a b", "/a?b", "/a#b", "/\u{e9}"] {
            assert!(path(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn numbers_have_bounds() {
        assert_eq!(duration("300ms"), Ok(Duration::from_millis(300)));
        for wrong in ["0s", "25", "25h", ""] {
            assert!(duration(wrong).is_err(), "{wrong:?}");
        }
        assert!(workers("1024").is_ok());
        for wrong in ["0", "1025", "-1", ""] {
            assert!(workers(wrong).is_err(), "{wrong:?}");
        }
    }
}
