//! Readings, and what they say about the limits.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    case::{Case, Limit},
    meter::Reading,
    peer::Peer,
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
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Judgement {
    /// Our figure, as a multiple of `against` if there is one.
    pub value: f64,
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
        let values = self.readings.get(&peer)?.iter().map(|reading| reading.value).collect();
        self.case.pick.of(values)
    }

    /// One judgement for each limit; for a case without limits, a comparison.
    pub fn judgements(&self) -> Vec<Judgement> {
        if self.case.limits.is_empty() {
            return self.compare(Peer::Engineioxide, None).into_iter().collect();
        }
        self.case.limits.iter().filter_map(|limit| self.judge(*limit)).collect()
    }

    fn judge(&self, limit: Limit) -> Option<Judgement> {
        match limit {
            Limit::Times(limit, peer) => self.compare(peer, Some(limit)),
            Limit::Value(limit) => {
                Some(Judgement { value: self.figure(Peer::Ours)?, against: None, limit: Some(limit) })
            }
        }
    }

    fn compare(&self, against: Peer, limit: Option<f64>) -> Option<Judgement> {
        let value = self.figure(Peer::Ours)? / self.figure(against)?;
        Some(Judgement { value, against: Some(against), limit })
    }
}

impl Judgement {
    /// Whether the limit is kept; without one there is nothing to keep.
    pub fn passes(&self) -> Option<bool> {
        self.limit.map(|limit| self.value <= limit)
    }
}
