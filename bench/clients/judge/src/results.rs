//! Readings, and what they say about the limits.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
};

use engineio_bench::pick::Pick;
use serde_json::{Value, json};

use crate::{
    case::{Case, Limit},
    client::{Client, Library},
    program::Work,
};

/// The result of one run: medians of its slices, which a disturbance of one of them does not move.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// Messages per second that came back.
    pub per_second: f64,
    /// Processor time of the client per message, in microseconds.
    pub client: f64,
    /// Processor time of the server per message, in microseconds.
    pub server: f64,
}

/// All readings of one case.
#[derive(Debug)]
pub struct CaseResults {
    case: &'static Case,
    readings: BTreeMap<Client, Vec<Reading>>,
}

/// How many times more ours does than another library, one value for each run.
struct Ratios {
    limit: Limit,
    throughput: Vec<f64>,
    processor: Vec<f64>,
}

impl Reading {
    /// The reading of slices, each with the processor time that the server used.
    pub fn of(slices: &[(Work, f64)]) -> Option<Self> {
        let median = |value: fn(&(Work, f64)) -> f64| Pick::Median.of(slices.iter().map(value).collect());
        Some(Self {
            per_second: median(|(work, _)| work.messages / work.seconds)?,
            client: median(|(work, _)| work.cpu * 1e6 / work.messages)?,
            server: median(|(work, server)| server * 1e6 / work.messages)?,
        })
    }
}

impl CaseResults {
    /// No readings yet.
    pub fn new(case: &'static Case) -> Self {
        Self { case, readings: BTreeMap::new() }
    }

    /// Adds what one run gave.
    pub fn add(&mut self, client: Client, reading: Reading) {
        self.readings.entry(client).or_default().push(reading);
    }

    /// Whether every limit could be judged and is kept.
    pub fn keeps_limits(&self) -> bool {
        self.case.limits.iter().all(|limit| {
            let ratios = self.ratios(*limit);
            [&ratios.throughput, &ratios.processor]
                .into_iter()
                .all(|runs| median(runs).is_some_and(|ratio| ratio >= limit.times))
        })
    }

    /// Everything, for programs.
    pub fn to_json(&self) -> Value {
        let clients: serde_json::Map<_, _> = self
            .readings
            .iter()
            .map(|(client, readings)| (client.to_string(), readings.iter().map(reading_json).collect()))
            .collect();
        let limits = self.case.limits.iter().map(|limit| self.ratios(*limit).to_json());
        json!({ "name": self.case.name, "clients": clients, "limits": limits.collect::<Vec<_>>() })
    }

    /// The clients of one run were disturbed alike, so the ratio within a run is steadier than any figure.
    fn ratios(&self, limit: Limit) -> Ratios {
        let ours = self.readings.get(&Client::Ours).into_iter().flatten();
        let (throughput, processor) = ours
            .enumerate()
            .filter_map(|(run, ours)| {
                let best = self.best(limit.against, run)?;
                Some((ours.per_second / best.per_second, best.client / ours.client))
            })
            .unzip();
        Ratios { limit, throughput, processor }
    }

    /// The best that any client of a library did in one run.
    fn best(&self, library: Library, run: usize) -> Option<Reading> {
        let those = self.readings.iter().filter(|(client, _)| client.library() == library);
        those.filter_map(|(_, readings)| readings.get(run).copied()).reduce(|one, other| Reading {
            per_second: one.per_second.max(other.per_second),
            client: one.client.min(other.client),
            server: one.server.min(other.server),
        })
    }

    fn figure(&self, client: Client, value: fn(&Reading) -> f64) -> f64 {
        let readings = self.readings.get(&client).into_iter().flatten();
        Pick::Median.of(readings.map(value).collect()).unwrap_or(f64::NAN)
    }
}

impl Display for CaseResults {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Case { name, .. } = self.case;
        writeln!(f, "{name:<22}{:>12}{:>16}{:>16}", "messages/s", "client us/msg", "server us/msg")?;
        for client in self.readings.keys() {
            let per_second = self.figure(*client, |reading| reading.per_second);
            let cost = self.figure(*client, |reading| reading.client);
            let server = self.figure(*client, |reading| reading.server);
            writeln!(f, "  {client:<20}{per_second:>12.0}{cost:>16.3}{server:>16.3}")?;
        }
        self.case.limits.iter().try_for_each(|limit| write!(f, "{}", self.ratios(*limit)))
    }
}

impl Display for Ratios {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Limit { against, times } = self.limit;
        for (what, runs) in [("messages/s", &self.throughput), ("us/message", &self.processor)] {
            let verdict = match median(runs) {
                None => "not judged".to_owned(),
                Some(ratio) => {
                    let verdict = if ratio >= times { "pass" } else { "MISS" };
                    format!("{ratio:.1} times better, limit {times}: {verdict}{}", range(runs))
                }
            };
            writeln!(f, "  ours against {against}, {what}: {verdict}")?;
        }
        Ok(())
    }
}

impl Ratios {
    fn to_json(&self) -> Value {
        json!({
            "against": self.limit.against.to_string(),
            "limit": self.limit.times,
            "throughput": self.throughput,
            "processor": self.processor,
        })
    }
}

fn reading_json(reading: &Reading) -> Value {
    let Reading { per_second, client, server } = reading;
    json!({ "per_second": per_second, "client_us": client, "server_us": server })
}

fn median(runs: &[f64]) -> Option<f64> {
    Pick::Median.of(runs.to_vec())
}

fn range(runs: &[f64]) -> String {
    let least = runs.iter().copied().fold(f64::INFINITY, f64::min);
    let most = runs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!(" (over the runs {least:.1} to {most:.1})")
}
