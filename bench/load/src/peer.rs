//! The servers that are compared.

use std::{
    env, fmt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use serde::Serialize;

use crate::python::Host;

/// One of the servers.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Peer {
    /// The server of this project.
    Ours,
    /// A TCP server that sends back whatever comes: the floor.
    Raw,
    /// The engineioxide crate on hyper.
    Engineioxide,
    /// The reference server, engine.io on Node.js.
    Node,
    /// The package python-engineio, in a server for Python programs.
    #[value(name = "python-engineio")]
    PythonEngineio,
}

/// What the server does with a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// Sends it to every session.
    Broadcast,
    /// Sends it back.
    Echo,
}

impl Peer {
    /// Whether it speaks Engine.IO at all.
    pub fn is_engineio(self) -> bool {
        self != Self::Raw
    }

    /// Whether it can be had for Python.
    pub fn is_python(self) -> bool {
        matches!(self, Self::Ours | Self::PythonEngineio)
    }

    /// The command that starts it, for Python in a server of theirs.
    pub fn command(self, host: Option<Host>, mode: Mode) -> Result<Command> {
        if let Some(host) = host {
            let package = if self == Self::Ours { "engineio_rs" } else { "engineio" };
            return host.command(package, mode);
        }
        match self {
            Self::PythonEngineio => bail!("python-engineio is compared in Python's servers only"),
            Self::Ours => ours(mode),
            Self::Raw => Ok(Command::new(sibling("peer-tcp")?)),
            Self::Engineioxide => Ok(with_mode(Command::new(sibling("peer-engineioxide")?), mode)),
            Self::Node => Ok(with_mode(node()?, mode)),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ours => "ours",
            Self::Raw => "raw",
            Self::Engineioxide => "engineioxide",
            Self::Node => "node",
            Self::PythonEngineio => "python-engineio",
        })
    }
}

impl Mode {
    /// How the servers call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Broadcast => "broadcast",
            Self::Echo => "echo",
        }
    }
}

fn ours(mode: Mode) -> Result<Command> {
    let binary = env::var_os("ENGINEIO_BIN").map_or_else(default_binary, PathBuf::from);
    ensure!(binary.is_file(), "no server at {}: build it, or set ENGINEIO_BIN", binary.display());
    let mut command = Command::new(binary);
    command.args([
        "serve",
        "--bind",
        "127.0.0.1:0",
        "--mode",
        mode.name(),
        "--workers",
        "1",
        "--no-compression",
    ]);
    command.args(["--ping-interval", "300s", "--ping-timeout", "200s"]);
    Ok(command)
}

fn default_binary() -> PathBuf {
    workspace().join("../target/release/engineio")
}

/// `bench/`, where this program was built.
pub fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A program that was built beside this one.
fn sibling(name: &str) -> Result<PathBuf> {
    let path = env::current_exe()?.with_file_name(name);
    ensure!(path.is_file(), "no server at {}: build the whole workspace in bench/", path.display());
    Ok(path)
}

fn node() -> Result<Command> {
    let script = workspace().join("peers/node/server.js").canonicalize().context("peers/node/server.js")?;
    let mut command = Command::new("node");
    command.arg(script);
    Ok(command)
}

fn with_mode(mut command: Command, mode: Mode) -> Command {
    command.arg(mode.name());
    command
}
