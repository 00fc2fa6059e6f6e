//! The clients that are compared.

use std::{
    env, fmt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, ensure};
use clap::ValueEnum;

/// One of the clients.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, ValueEnum)]
pub enum Client {
    /// `engineio::Client` of this project.
    Ours,
    /// `engineio::blocking::Client` of this project.
    OursBlocking,
    /// The asynchronous client of the `rust_engineio` crate.
    RustEngineioAsync,
    /// The blocking client of the `rust_engineio` crate.
    RustEngineioSync,
    /// The asyncio client of python-engineio.
    PythonEngineio,
    /// No Engine.IO client at all: TCP, and prepared frames. The floor.
    Raw,
}

/// Whose clients they are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Library {
    /// Those of this project.
    Ours,
    /// Those of the `rust_engineio` crate.
    RustEngineio,
    /// That of python-engineio.
    PythonEngineio,
    /// None.
    Raw,
}

impl Client {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Ours,
        Self::OursBlocking,
        Self::RustEngineioAsync,
        Self::RustEngineioSync,
        Self::PythonEngineio,
        Self::Raw,
    ];

    /// Whose it is.
    pub fn library(self) -> Library {
        match self {
            Self::Ours | Self::OursBlocking => Library::Ours,
            Self::RustEngineioAsync | Self::RustEngineioSync => Library::RustEngineio,
            Self::PythonEngineio => Library::PythonEngineio,
            Self::Raw => Library::Raw,
        }
    }

    /// The command that starts it.
    pub fn command(self, url: &str, transport: &str, in_flight: u32) -> Result<Command> {
        let mut command = match self.library() {
            Library::Ours => sibling("client-ours")?,
            Library::RustEngineio => sibling("client-rust-engineio")?,
            Library::PythonEngineio => python()?,
            Library::Raw => sibling("client-raw")?,
        };
        command.args([url, transport, &in_flight.to_string(), self.flavour()]);
        Ok(command)
    }

    fn flavour(self) -> &'static str {
        match self {
            Self::Ours | Self::RustEngineioAsync => "async",
            Self::OursBlocking => "blocking",
            Self::RustEngineioSync => "sync",
            Self::PythonEngineio => "asyncio",
            Self::Raw => "raw",
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.to_possible_value().as_ref().map_or("?", |value| value.get_name()))
    }
}

impl fmt::Display for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ours => "ours",
            Self::RustEngineio => "rust_engineio",
            Self::PythonEngineio => "python-engineio",
            Self::Raw => "raw",
        })
    }
}

/// A program that was built beside this one.
fn sibling(name: &str) -> Result<Command> {
    existing(env::current_exe()?.with_file_name(name)).map(Command::new)
}

fn python() -> Result<Command> {
    let bench = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut command = Command::new(existing(bench.join(".venv/bin/python"))?);
    command.arg(existing(bench.join("clients/python_engineio/client.py"))?);
    Ok(command)
}

fn existing(path: PathBuf) -> Result<PathBuf> {
    ensure!(path.is_file(), "{} is missing: run bench/clients.sh, which makes it", path.display());
    Ok(path)
}
