//! The command line.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use engineio_bench::cpu::Cores;
use serde_json::Value;

use crate::{
    case::{CASES, Case},
    client::Client,
    results::CaseResults,
    run::Plan,
};

/// Runs Engine.IO clients side by side and compares how fast they are and what a message costs them.
///
/// The server is ours, taken from `ENGINEIO_BIN` or from ../target/release/engineio.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Args {
    /// Run only this case (can be repeated; default: all)
    #[arg(long = "case", value_name = "NAME", value_parser = CASES.map(|case| case.name))]
    cases: Vec<String>,

    /// Run only these clients
    #[arg(long, value_delimiter = ',', value_enum, default_values_t = Client::ALL)]
    clients: Vec<Client>,

    /// How often everything is measured, with fresh processes [default: 5, with --quick 1]
    #[arg(long)]
    runs: Option<usize>,

    /// How many slices of 100 ms a run has for each client [default: 20, with --quick 5]
    #[arg(long)]
    slices: Option<u32>,

    /// A short look instead of dependable figures
    #[arg(long)]
    quick: bool,

    /// Write all readings to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Exit with status 1 if a limit is missed or could not be judged
    #[arg(long)]
    pub check: bool,

    /// The core that the server runs on where it has one of its own [default: the first]
    #[arg(long)]
    server_core: Option<usize>,

    /// The core that the clients run on [default: the second]
    #[arg(long)]
    client_core: Option<usize>,
}

impl Args {
    /// The cases to run.
    pub fn cases(&self) -> impl Iterator<Item = &'static Case> {
        CASES.iter().filter(|case| self.cases.is_empty() || self.cases.iter().any(|name| name == case.name))
    }

    /// How to run them.
    pub fn plan(&self) -> Result<Plan> {
        let mut clients = self.clients.clone();
        clients.sort_unstable();
        clients.dedup();
        Ok(Plan {
            cores: Cores::choose(self.server_core, self.client_core)?,
            clients,
            runs: self.runs.unwrap_or(if self.quick { 1 } else { 5 }),
            slices: self.slices.unwrap_or(if self.quick { 5 } else { 20 }),
        })
    }

    /// Writes the results where they are wanted.
    pub fn write_json(&self, results: &[CaseResults]) -> Result<()> {
        let Some(path) = &self.json else { return Ok(()) };
        let all: Value = results.iter().map(CaseResults::to_json).collect();
        let text = serde_json::to_string_pretty(&all)? + "\n";
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}
