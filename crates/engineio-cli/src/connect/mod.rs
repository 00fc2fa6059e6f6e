//! `engineio connect`.

mod command;
mod conversation;
mod goal;
mod input;
mod interactive;
mod json;
mod line;
mod outcome;
mod printable;
mod printer;
mod screen;
mod sender;
mod setup;
mod signals;
mod terminal;
mod trace;

use std::process::ExitCode;

use crate::args::Connect;

pub(crate) use trace::layer as trace_layer;

/// Connects, and holds the conversation that standard input and the server make.
pub(crate) fn run(args: &Connect) -> ExitCode {
    setup::run(args).report()
}
