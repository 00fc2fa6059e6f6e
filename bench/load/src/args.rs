//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::Parser;

use crate::{
    case::{CASES, Case},
    frame::Kind,
    meter::Plan,
    peer::Peer,
};

/// Loads Engine.IO servers side by side and compares what a message costs them.
///
/// The server of this project is taken from `ENGINEIO_BIN`, or from ../target/release/engineio.
#[derive(Debug, Parser)]
#[command(version)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub struct Args {
    /// Run only this case (can be repeated; default: all)
    #[arg(long = "case", value_name = "NAME", value_parser = case_names())]
    cases: Vec<String>,

    /// Compare these servers
    #[arg(long, value_delimiter = ',', default_value = "ours,raw,engineioxide")]
    peers: Vec<Peer>,

    /// Compare with engine.io on Node.js, too
    #[arg(long)]
    with_node: bool,

    /// How often each server is measured, in turns [default: 5, with --quick 1]
    #[arg(long)]
    runs: Option<usize>,

    /// How long one measurement takes [default: 2, with --quick 0.5]
    #[arg(long)]
    seconds: Option<f64>,

    /// A short look instead of dependable figures
    #[arg(long)]
    quick: bool,

    /// Binary instead of text messages on WebSocket
    #[arg(long)]
    pub binary: bool,

    /// Write all readings to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Exit with status 1 if a limit is exceeded or could not be judged
    #[arg(long)]
    pub check: bool,

    /// The core that the servers run on [default: the first]
    #[arg(long)]
    pub server_core: Option<usize>,

    /// The core that the load comes from [default: the second]
    #[arg(long)]
    pub load_core: Option<usize>,
}

fn case_names() -> Vec<&'static str> {
    CASES.iter().map(|case| case.name).collect()
}

impl Args {
    /// The cases to run.
    pub fn cases(&self) -> impl Iterator<Item = &'static Case> {
        CASES.iter().filter(|case| self.cases.is_empty() || self.cases.iter().any(|name| name == case.name))
    }

    /// The servers to compare, each once.
    pub fn peers(&self) -> Vec<Peer> {
        let mut peers = self.peers.clone();
        if self.with_node {
            peers.push(Peer::Node);
        }
        peers.sort_unstable();
        peers.dedup();
        peers
    }

    /// How often each server is measured.
    pub fn runs(&self) -> usize {
        self.runs.unwrap_or(if self.quick { 1 } else { 5 })
    }

    /// How long one measurement takes.
    pub fn plan(&self) -> Plan {
        let seconds = self.seconds.unwrap_or(if self.quick { 0.5 } else { 2.0 });
        Plan { warm_up: Duration::from_millis(500), measure: Duration::from_secs_f64(seconds) }
    }

    /// The kind of messages on WebSocket.
    pub fn kind(&self) -> Kind {
        if self.binary { Kind::Binary } else { Kind::Text }
    }
}
