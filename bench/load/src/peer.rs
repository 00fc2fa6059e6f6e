//! The servers that are compared.

use std::{
    env, fmt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use serde::Serialize;

/// One of the servers.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Peer {
    /// The server of this project.
    Ours,
    /// A TCP server that sends back whatever comes: the floor.
    Raw,
    /// The engineioxide crate on hyper.
    Engineioxide,
    /// The reference server, engine.io on Node.js.
    Node,
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

    /// The command that starts it.
    pub fn command(self, mode: Mode) -> Result<Command> {
        match self {
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
        })
    }
}

impl Mode {
    fn name(self) -> &'static str {
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
fn workspace() -> &'static Path {
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
