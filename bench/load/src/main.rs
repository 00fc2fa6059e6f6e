//! Loads Engine.IO servers side by side and compares what a message costs them.
//!
//! The servers take turns, each in a fresh process on a core of its own, so that whatever disturbs the machine
//! disturbs all of them. What is compared is the processor time that a server used, not the time that passed: it
//! hardly depends on what else the machine is doing.

mod args;
mod broadcast;
mod case;
mod cpu;
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
mod peer;
mod polling;
mod results;
mod server;
mod table;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::{
    args::Args,
    case::Case,
    cpu::{Cores, pin},
    meter::Reading,
    peer::Peer,
    results::CaseResults,
    server::Server,
    table::Table,
};

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let cores = Cores::choose(args.server_core, args.load_core)?;
    pin(cores.load)?;
    allow_many_files()?;
    let results = args.cases().map(|case| run_case(&args, cores, case)).collect::<Result<Vec<_>>>()?;
    print!("{}", Table { peers: &args.peers(), results: &results });
    if let Some(path) = &args.json {
        json::write(path, &args, &results)?;
    }
    Ok(if args.check && !all_kept(&results) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Each side of every connection is a file, and the servers inherit the limit.
fn allow_many_files() -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?)
}

fn run_case(args: &Args, cores: Cores, case: &'static Case) -> Result<CaseResults> {
    let mut results = CaseResults::new(case);
    for run in 1..=args.runs() {
        for peer in args.peers().into_iter().filter(|peer| case.suits(*peer)) {
            let reading = run_once(args, cores, case, peer)
                .with_context(|| format!("{} of {peer}, run {run}", case.name))?;
            eprintln!(
                "{} run {run}: {peer} {:.3} {} {:.2?}",
                case.name, reading.value, case.unit, reading.details
            );
            results.add(peer, reading);
        }
    }
    Ok(results)
}

fn run_once(args: &Args, cores: Cores, case: &Case, peer: Peer) -> Result<Reading> {
    let server = Server::start(peer.command(case.mode())?, cores)?;
    case.run(&server, peer, args.kind(), args.plan())
}

fn all_kept(results: &[CaseResults]) -> bool {
    results.iter().all(|results| {
        let judgements = results.judgements();
        judgements.len() >= results.case.limits.len()
            && judgements.iter().all(|judgement| judgement.passes() != Some(false))
    })
}
