//! What the work of a server cost it.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::{cpu::CpuClock, drive::Job, pick::Pick, server::Server};

/// The result of one run.
#[derive(Clone, Debug, Serialize)]
pub struct Reading {
    /// The figure that is compared.
    pub value: f64,
    /// What helps to judge it.
    pub details: BTreeMap<&'static str, f64>,
}

/// A server, the load on it, and what its work has cost so far.
#[derive(Debug)]
pub struct Meter {
    server: Server,
    job: Box<dyn Job>,
    /// Microseconds per unit of work, one value for each slice.
    slices: Vec<f64>,
    total: Used,
}

/// What was used between two instants.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    seconds: f64,
    server: f64,
    load: f64,
    done: f64,
}

impl Meter {
    /// A meter for a job that has not run yet.
    pub fn new(server: Server, job: Box<dyn Job>) -> Self {
        Self { server, job, slices: Vec::new(), total: Used::default() }
    }

    /// Lets the job run without taking note of it.
    pub fn warm_up(&mut self, time: Duration) -> Result<()> {
        self.measure(time).map(drop)
    }

    /// Lets the job run for one slice of time.
    pub fn slice(&mut self, time: Duration) -> Result<()> {
        let used = self.measure(time)?;
        self.slices.push(used.server * 1e6 / used.done);
        self.total = self.total + used;
        Ok(())
    }

    /// The median of the slices: a disturbance of one of them does not count.
    pub fn reading(self) -> Result<Reading> {
        let value = Pick::Median.of(self.slices).context("nothing was measured")?;
        let Used { seconds, server, load, done } = self.total;
        let details = [
            ("per_second", done / seconds),
            ("server_core", server / seconds),
            ("load_core", load / seconds),
        ];
        Ok(Reading { value, details: details.into() })
    }

    /// Server and connections are at rest before and after, so what is in flight counts for one slice only.
    fn measure(&mut self, time: Duration) -> Result<Used> {
        let (begin, server, load) = (Instant::now(), self.server.cpu()?, CpuClock::own().read()?);
        let done = float(self.job.run_for(time)?);
        let (seconds, load) = (begin.elapsed().as_secs_f64(), CpuClock::own().read()? - load);
        self.server.rest()?;
        Ok(Used { seconds, server: self.server.cpu()? - server, load, done })
    }
}

impl std::ops::Add for Used {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            seconds: self.seconds + other.seconds,
            server: self.server + other.server,
            load: self.load + other.load,
            done: self.done + other.done,
        }
    }
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "the counts are far below 2^52")]
pub fn float(count: u64) -> f64 {
    count as f64
}
