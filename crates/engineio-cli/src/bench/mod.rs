//! `engineio bench`.

mod descriptors;
mod lane;
mod latency;
mod plan;
mod probe;
mod progress;
mod report;
mod run;
mod session;
mod stats;
mod totals;

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use tokio::runtime::Builder;

use self::plan::Plan;
use self::report::Report;
use crate::args::Bench;

/// Exit codes, which are documented.
const TROUBLE: u8 = 1;
const USAGE: u8 = 2;
const NO_SESSION: u8 = 3;

/// Loads a server, and reports.
pub(crate) fn run(args: &Bench) -> ExitCode {
    match measure(args) {
        Ok(report) => deliver(args, &report).unwrap_or_else(|error| fail(TROUBLE, &error)),
        Err(words) => fail(USAGE, &words),
    }
}

fn measure(args: &Bench) -> Result<Report, String> {
    let plan = Plan::new(args)?;
    descriptors::raise();
    let mut builder = Builder::new_multi_thread();
    if let Some(workers) = args.workers {
        builder.worker_threads(workers.get());
    }
    let runtime = builder.enable_all().build().map_err(|error| error.to_string())?;
    Ok(runtime.block_on(run::run(plan, args.quiet)))
}

fn deliver(args: &Bench, report: &Report) -> Result<ExitCode, String> {
    let text = if args.json { format!("{}\n", report::json(report)) } else { report::text(report) };
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| format!("cannot print the results: {error}"))?;
    if let Some(file) = &args.html {
        let written = std::fs::write(file, report::html(report));
        written.map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    let totals = &report.measured.totals;
    Ok(match totals {
        totals if totals.opened == 0 => ExitCode::from(NO_SESSION),
        totals if totals.is_clean() => ExitCode::SUCCESS,
        _ => ExitCode::from(TROUBLE),
    })
}

fn fail(code: u8, error: &dyn Display) -> ExitCode {
    // Standard error may be closed; there is nobody left to tell then.
    let _ = writeln!(std::io::stderr(), "error: {error}");
    ExitCode::from(code)
}
