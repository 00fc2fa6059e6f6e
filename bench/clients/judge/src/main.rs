//! Runs Engine.IO clients side by side and compares how fast they are and what a message costs them.
//!
//! One server serves all of them, and they take turns, slice by slice, so that whatever disturbs the machine disturbs
//! all of them. Client and server share a core: then a message costs what both have to do for it, and not how long a
//! sleeping core takes to wake up. Some cases give each a core of its own.

mod args;
mod case;
mod client;
mod program;
mod results;
mod run;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::{args::Args, results::CaseResults};

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let plan = args.plan()?;
    let results = args.cases().map(|case| run::run(&plan, case)).collect::<Result<Vec<_>>>()?;
    for case in &results {
        println!("{case}");
    }
    args.write_json(&results)?;
    Ok(if args.check && !results.iter().all(CaseResults::keeps_limits) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
