//! Readings, and what they say about the limits.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    case::{Case, Limit},
    meter::Reading,
    peer::Peer,
    pick::Pick,
};

/// All readings of one case.
#[derive(Debug)]
pub struct CaseResults {
    /// The case.
    pub case: &'static Case,
    /// What was read, by peer.
    pub readings: BTreeMap<Peer, Vec<Reading>>,
}

/// Our figure against one limit.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    /// What is judged: our figure, or its ratio to that of `against`.
    pub value: f64,
    /// The same for each run.
    pub runs: Vec<f64>,
    /// The server that it is compared with.
    pub against: Option<Peer>,
    /// What it must not exceed, if it must not.
    pub limit: Option<f64>,
}

impl CaseResults {
    /// No readings yet.
    pub fn new(case: &'static Case) -> Self {
        Self { case, readings: BTreeMap::new() }
    }

    /// Adds what one run gave.
    pub fn add(&mut self, peer: Peer, reading: Reading) {
        self.readings.entry(peer).or_default().push(reading);
    }

    /// The figure of one peer.
    pub fn figure(&self, peer: Peer) -> Option<f64> {
        self.case.pick.of(self.values(peer))
    }

    /// One judgement for each limit; for a case without limits, a comparison.
    pub fn judgements(&self) -> Vec<Judgement> {
        if self.case.limits.is_empty() {
            return self.compare(self.case.rival(), None).into_iter().collect();
        }
        self.case.limits.iter().filter_map(|limit| self.judge(*limit)).collect()
    }

    /// Whether every limit could be judged and is kept.
    pub fn keeps_limits(&self) -> bool {
        let judgements = self.judgements();
        judgements.len() >= self.case.limits.len() && judgements.iter().all(|it| it.passes() != Some(false))
    }

    fn judge(&self, limit: Limit) -> Option<Judgement> {
        match limit {
            Limit::Times(limit, peer) => self.compare(peer, Some(limit)),
            Limit::Value(limit) => {
                let value = self.figure(Peer::Ours)?;
                Some(Judgement { value, against: None, runs: self.values(Peer::Ours), limit: Some(limit) })
            }
        }
    }

    /// The servers of one run were disturbed alike, so the ratio within a run is steadier than any figure.
    fn compare(&self, against: Peer, limit: Option<f64>) -> Option<Judgement> {
        let (ours, theirs) = (self.values(Peer::Ours), self.values(against));
        let runs: Vec<_> = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect();
        let value = match self.case.pick {
            Pick::Median => Pick::Median.of(runs.clone())?,
            Pick::Minimum => Pick::Minimum.of(ours)? / Pick::Minimum.of(theirs)?,
        };
        Some(Judgement { value, against: Some(against), runs, limit })
    }

    fn values(&self, peer: Peer) -> Vec<f64> {
        self.readings.get(&peer).into_iter().flatten().map(|reading| reading.value).collect()
    }
}

impl Judgement {
    /// Whether the limit is kept; without one there is nothing to keep.
    pub fn passes(&self) -> Option<bool> {
        self.limit.map(|limit| self.value <= limit)
    }
}
