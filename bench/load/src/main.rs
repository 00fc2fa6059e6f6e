//! Loads Engine.IO servers side by side and compares what a message costs them.
//!
//! The servers run on one core and take turns in slices of a tenth of a second, so that whatever disturbs the machine
//! disturbs all of them. What is compared is the processor time that a server used, not the time that passed: it
//! depends far less on what else the machine is doing.

mod args;
mod broadcast;
mod case;
mod cases;
mod drive;
mod echo;
mod frame;
mod held;
mod http;
mod idle;
mod json;
mod lane;
mod link;
mod meter;
mod open;
mod pattern;
mod polling;
mod python_cases;
mod results;
mod run;
mod table;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use engineio_bench::{cpu, peer, pick, python, server};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::{args::Args, cpu::pin, results::CaseResults, table::Table};

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let plan = args.plan()?;
    pin(plan.cores.load)?;
    allow_many_files()?;
    let results = args.cases().map(|case| run::run(&plan, case)).collect::<Result<Vec<_>>>()?;
    print!("{}", Table { peers: &plan.peers, results: &results });
    if let Some(path) = &args.json {
        json::write(path, &plan, &results)?;
    }
    Ok(if args.check && !results.iter().all(CaseResults::keeps_limits) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Each side of every connection is a file, and the servers inherit the limit.
fn allow_many_files() -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?)
}
