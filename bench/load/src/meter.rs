//! What the work of a server cost it.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::Result;
use serde::Serialize;

use crate::{cpu::CpuClock, server::Server};

/// The result of one run.
#[derive(Clone, Debug, Serialize)]
pub struct Reading {
    /// The figure that is compared.
    pub value: f64,
    /// What helps to judge it.
    pub details: BTreeMap<&'static str, f64>,
}

/// How long a run takes.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Load before the measurement begins.
    pub warm_up: Duration,
    /// The measurement.
    pub measure: Duration,
}

/// Takes a reading between the end of the warm-up and the end of the measurement.
#[derive(Debug)]
pub struct Meter<'a> {
    server: &'a Server,
    plan: Plan,
    started: Instant,
    begin: Option<Snapshot>,
}

/// The counters at one instant.
#[derive(Clone, Copy, Debug)]
struct Snapshot {
    at: Instant,
    server: f64,
    load: f64,
    done: u64,
}

impl<'a> Meter<'a> {
    /// A meter whose warm-up begins now.
    pub fn new(server: &'a Server, plan: Plan) -> Self {
        Self { server, plan, started: Instant::now(), begin: None }
    }

    /// Takes note that `done` units of work have been done so far; at the end there is a reading.
    pub fn tick(&mut self, done: u64) -> Result<Option<Reading>> {
        match self.begin {
            None if self.started.elapsed() >= self.plan.warm_up => self.begin = Some(self.snapshot(done)?),
            Some(begin) if begin.at.elapsed() >= self.plan.measure => {
                return Ok(Some(begin.reading(&self.snapshot(done)?)));
            }
            _ => {}
        }
        Ok(None)
    }

    fn snapshot(&self, done: u64) -> Result<Snapshot> {
        Ok(Snapshot { at: Instant::now(), server: self.server.cpu()?, load: CpuClock::own().read()?, done })
    }
}

impl Snapshot {
    fn reading(&self, end: &Self) -> Reading {
        let seconds = (end.at - self.at).as_secs_f64();
        let done = float(end.done - self.done);
        let server = end.server - self.server;
        let load = end.load - self.load;
        let details = [
            ("per_second", done / seconds),
            ("server_core", server / seconds),
            ("load_core", load / seconds),
        ];
        Reading { value: server * 1e6 / done, details: details.into() }
    }
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "the counts are far below 2^52")]
pub fn float(count: u64) -> f64 {
    count as f64
}
