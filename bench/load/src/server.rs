//! A server process on its own core.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::cpu::{Cores, CpuClock, pin};

/// A server that is still busy after this is busy with something else than its clients.
const PATIENCE: Duration = Duration::from_secs(10);

const REST_STEP: Duration = Duration::from_millis(1);

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

    /// Waits until it has finished all it was asked for: none of its threads runs or could run.
    pub fn rest(&self) -> Result<()> {
        let begin = Instant::now();
        while self.is_running()? {
            ensure!(begin.elapsed() < PATIENCE, "the server does not come to rest");
            thread::sleep(REST_STEP);
        }
        Ok(())
    }

    fn is_running(&self) -> Result<bool> {
        for task in fs::read_dir(format!("/proc/{}/task", self.child.0.id()))? {
            // A thread may end while it is looked at.
            let stat = fs::read_to_string(task?.path().join("stat")).unwrap_or_default();
            // The state follows the name, which stands in parentheses and may hold some itself.
            if stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('R')) {
                return Ok(true);
            }
        }
        Ok(false)
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
