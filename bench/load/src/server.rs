//! A server process on its own core.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::cpu::{Cores, CpuClock, pin};

/// A running server, killed when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Process,
    /// Kept open so that the server can still write to it.
    _output: BufReader<ChildStdout>,
    addr: SocketAddr,
    clock: CpuClock,
}

impl Server {
    /// Starts it and waits until it listens.
    pub fn start(mut command: Command, cores: Cores) -> Result<Self> {
        let what = format!("{command:?}");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).env_remove("RUST_LOG");
        let mut child =
            Process(spawn_on(cores, &mut command).with_context(|| format!("cannot start {what}"))?);
        let mut output = BufReader::new(child.0.stdout.take().context("no standard output")?);
        let addr = listening(&mut output).with_context(|| format!("{what} did not say where it listens"))?;
        let clock = CpuClock::of(child.0.id())?;
        Ok(Self { child, _output: output, addr, clock })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The seconds of processor time that it has used.
    pub fn cpu(&self) -> Result<f64> {
        self.clock.read()
    }

    /// Its resident memory in bytes, counted page by page (the figure in `status` is approximate).
    pub fn resident(&self) -> Result<u64> {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.0.id()))?;
        let line =
            rollup.lines().find_map(|line| line.strip_prefix("Rss:")).context("no Rss in smaps_rollup")?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim_end().parse()?;
        Ok(kib * 1024)
    }
}

/// A child that does not outlive its owner.
#[derive(Debug)]
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only for a child that has already ended, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A child inherits the core of the thread that starts it, and all its threads do.
fn spawn_on(cores: Cores, command: &mut Command) -> Result<Child> {
    pin(cores.server)?;
    let child = command.spawn();
    pin(cores.load)?;
    Ok(child?)
}

/// Reads up to the line `listening on http://ADDR:PORT/engine.io/`.
fn listening(output: &mut impl BufRead) -> Result<SocketAddr> {
    for line in output.lines() {
        if let Some(url) = line?.strip_prefix("listening on http://") {
            return Ok(url.split('/').next().unwrap_or_default().parse()?);
        }
    }
    bail!("it ended")
}
