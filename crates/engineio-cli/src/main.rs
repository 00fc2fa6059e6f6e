//! The `engineio` command-line tool.

mod args;
mod bench;
mod connect;
mod dial;
mod log;
mod login;
mod modes;
mod page;
mod serve;
mod site;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    log::start(args.log.as_deref(), args.traces());
    match args.command {
        Command::Serve(args) => match serve::run(&args) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                // Standard error may be closed; there is nobody left to tell then.
                let _ = writeln!(std::io::stderr(), "error: {error}");
                ExitCode::FAILURE
            }
        },
        Command::Connect(args) => connect::run(&args),
        Command::Bench(args) => bench::run(&args),
    }
}
