//! The command line.

mod bench;
mod client;
mod connect;
mod serve;

use clap::{Parser, Subcommand};
use engineio::Transport;

pub(crate) use bench::{Bench, Mix};
pub(crate) use client::Client;
pub(crate) use connect::{Connect, Reconnect};
pub(crate) use serve::{Mode, Serve};

/// Engine.IO from the command line.
#[derive(Debug, Parser)]
#[command(name = "engineio", version, about)]
pub(crate) struct Args {
    /// Log level or filter on standard error: off, error, warn, info, debug, trace, or `engineio=debug`.
    #[arg(long, global = true, value_name = "LEVEL")]
    pub(crate) log: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a server, with a page to try it at its root.
    Serve(Serve),
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

fn transport(name: &str) -> Result<Transport, String> {
    Transport::from_name(name)
        .ok_or_else(|| format!("unknown transport {name:?}; expected polling or websocket"))
}
