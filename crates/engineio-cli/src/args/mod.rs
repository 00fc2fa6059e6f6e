//! The command line.

mod bench;
mod client;
mod connect;
mod flag;
mod serve;

use clap::{Parser, Subcommand};
use engineio::Transport;
use tracing_subscriber::filter::{LevelFilter, Targets};

pub(crate) use bench::{Bench, Mix};
pub(crate) use client::{Client, login};
pub(crate) use connect::{Connect, Reconnect};
pub(crate) use flag::flag;
pub(crate) use serve::{Mode, Serve};

/// Engine.IO from the command line.
#[derive(Debug, Parser)]
#[command(name = "engineio", version, about)]
pub(crate) struct Args {
    /// Log level or filter on standard error: off, error, warn, info, debug, trace, or `engineio=debug`.
    #[arg(long, global = true, value_parser = log_filter, value_name = "LEVEL")]
    pub(crate) log: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a server, with a page to try it at its root.
    Serve(Box<Serve>),
    /// Connect to a server: send lines, print messages.
    Connect(Box<Connect>),
    /// Load an echo server and measure how it answers.
    Bench(Box<Bench>),
}

impl Args {
    /// Whether to show what goes over the wire.
    pub(crate) fn traces(&self) -> bool {
        matches!(&self.command, Command::Connect(connect) if connect.trace)
    }
}

/// A word that is no level would be taken for a target, of which there is none, and nothing would be logged.
fn log_filter(text: &str) -> Result<String, &'static str> {
    let is_directive =
        |text: &str| text.contains('=') || !text.is_empty() && text.parse::<LevelFilter>().is_ok();
    if text.split(',').all(is_directive) && text.parse::<Targets>().is_ok() {
        return Ok(text.to_owned());
    }
    Err("expected off, error, warn, info, debug, trace, or targets with levels, as in engineio=debug,warn")
}

fn transport(name: &str) -> Result<Transport, String> {
    Transport::from_name(name)
        .ok_or_else(|| format!("unknown transport {name:?}; expected polling or websocket"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_levels_or_have_them() {
        for right in ["off", "WARN", "engineio=debug", "engineio=trace,hyper=off,info"] {
            assert!(log_filter(right).is_ok(), "{right:?}");
        }
        for wrong in ["", "verbose", "info,verbose", "engineio=loud", "a=b=c"] {
            assert!(log_filter(wrong).is_err(), "{wrong:?}");
        }
    }
}
