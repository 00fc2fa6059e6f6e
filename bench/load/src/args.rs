//! The command line.

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

use crate::{
    case::Case, cases::CASES, cpu::Cores, frame::Kind, peer::Peer, python_cases::PYTHON_CASES, run::Plan,
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

    /// Compare the Python package with python-engineio, in the servers that host both; needs `BENCH_PYTHON`, see
    /// python.sh
    #[arg(long, conflicts_with_all = ["peers", "with_node"])]
    python: bool,

    /// Compare with engine.io on Node.js, too
    #[arg(long)]
    with_node: bool,

    /// How often each server is measured, with a fresh process [default: 5, with --quick 1]
    #[arg(long)]
    runs: Option<usize>,

    /// How many slices of 100 ms a run has [default: 20, with --quick 5]
    #[arg(long)]
    slices: Option<u32>,

    /// A short look instead of dependable figures
    #[arg(long)]
    quick: bool,

    /// Binary instead of text messages on WebSocket
    #[arg(long)]
    binary: bool,

    /// Write all readings to this file
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Exit with status 1 if a limit is exceeded or could not be judged
    #[arg(long)]
    pub check: bool,

    /// The core that the servers run on [default: the first]
    #[arg(long)]
    server_core: Option<usize>,

    /// The core that the load comes from [default: the second]
    #[arg(long)]
    load_core: Option<usize>,
}

fn case_names() -> Vec<&'static str> {
    CASES.iter().chain(PYTHON_CASES).map(|case| case.name).collect()
}

impl Args {
    /// The cases to run.
    pub fn cases(&self) -> impl Iterator<Item = &'static Case> {
        let cases = if self.python { PYTHON_CASES } else { CASES };
        cases.iter().filter(|case| self.cases.is_empty() || self.cases.iter().any(|name| name == case.name))
    }

    /// How to run them.
    pub fn plan(&self) -> Result<Plan> {
        Ok(Plan {
            cores: Cores::choose(self.server_core, self.load_core)?,
            peers: self.peers(),
            runs: self.runs.unwrap_or(if self.quick { 1 } else { 5 }),
            slices: self.slices.unwrap_or(if self.quick { 5 } else { 20 }),
            kind: if self.binary { Kind::Binary } else { Kind::Text },
        })
    }

    /// Each server once.
    fn peers(&self) -> Vec<Peer> {
        if self.python {
            return vec![Peer::Ours, Peer::PythonEngineio];
        }
        let mut peers = self.peers.clone();
        if self.with_node {
            peers.push(Peer::Node);
        }
        peers.sort_unstable();
        peers.dedup();
        peers
    }
}
