//! A client's process.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use engineio_bench::cpu::CpuClock;

/// A running client, killed when it is dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    clock: CpuClock,
}

/// What a client did in one slice.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Messages that came back.
    pub messages: f64,
    /// The time that passed.
    pub seconds: f64,
    /// The processor time that the client used.
    pub cpu: f64,
}

impl Program {
    /// Starts it on this thread's core, and waits until it is connected.
    pub fn start(mut command: Command) -> Result<Self> {
        let what = format!("{command:?}");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).env_remove("RUST_LOG");
        let mut child = command.spawn().with_context(|| format!("cannot start {what}"))?;
        let input = child.stdin.take().context("no standard input")?;
        let output = BufReader::new(child.stdout.take().context("no standard output")?);
        let clock = CpuClock::of(child.id())?;
        let mut program = Self { child, input, output, clock };
        let line = program.line()?;
        ensure!(line == "ready", "{what} did not connect, it said {line:?}");
        Ok(program)
    }

    /// Has it work for a time.
    pub fn work(&mut self, time: Duration) -> Result<Work> {
        let before = self.clock.read()?;
        writeln!(self.input, "{}", time.as_millis())?;
        let line = self.line()?;
        let cpu = self.clock.read()? - before;
        let (messages, nanos) = line.split_once(' ').with_context(|| format!("it said {line:?}"))?;
        Ok(Work { messages: messages.parse()?, seconds: nanos.parse::<f64>()? / 1e9, cpu })
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only for a child that has already ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
