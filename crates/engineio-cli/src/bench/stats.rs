//! What a run measures, shared by all of its sessions.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::latency::{Latency, as_f64};
use super::totals::Totals;

/// One slice of a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    /// Seconds from the start to the middle of the slice.
    pub(crate) at: f64,
    /// Messages that came back, per second.
    pub(crate) rate: f64,
    /// Median of the round trips, in microseconds.
    pub(crate) median: u64,
    /// 99th percentile of the round trips, in microseconds.
    pub(crate) p99: u64,
    /// Sessions open at the end of the slice.
    pub(crate) open: u64,
}

/// Everything that was measured.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) totals: Totals,
    /// Round trips of messages.
    pub(crate) latency: Latency,
    /// How long sessions took to open.
    pub(crate) opening: Latency,
    pub(crate) points: Vec<Point>,
    /// Round trips of the slice that is under way.
    slice: Latency,
    measuring: bool,
}

/// The measurements of a run that is under way.
#[derive(Debug)]
pub(crate) struct Stats {
    measured: Mutex<Measured>,
}

impl Stats {
    pub(crate) fn new() -> Self {
        let measured = Measured {
            totals: Totals::default(),
            latency: Latency::new(),
            opening: Latency::new(),
            points: Vec::new(),
            slice: Latency::new(),
            measuring: false,
        };
        Self { measured: Mutex::new(measured) }
    }

    /// From now on, or no longer, messages count for the throughput.
    pub(crate) fn measure(&self, measuring: bool) {
        self.lock().measuring = measuring;
    }

    /// A session has begun.
    pub(crate) fn opened(&self, took: Duration) {
        let mut measured = self.lock();
        measured.totals.opened += 1;
        measured.opening.add(took);
    }

    /// A message was sent.
    pub(crate) fn sent(&self) {
        self.lock().totals.sent += 1;
    }

    /// A message came back. After the end it still is a round trip, but none that counts for the throughput.
    pub(crate) fn received(&self, round_trip: Duration) {
        let mut measured = self.lock();
        measured.totals.received += 1;
        measured.latency.add(round_trip);
        if measured.measuring {
            measured.totals.in_time += 1;
            measured.slice.add(round_trip);
        }
    }

    /// Something is counted.
    pub(crate) fn count(&self, change: impl FnOnce(&mut Totals)) {
        change(&mut self.lock().totals);
    }

    /// Ends a slice of the run.
    pub(crate) fn cut(&self, from: Duration, to: Duration) -> Point {
        let mut measured = self.lock();
        let length = to.saturating_sub(from).as_secs_f64().max(1e-6);
        let point = Point {
            at: f64::midpoint(from.as_secs_f64(), to.as_secs_f64()),
            rate: as_f64(measured.slice.count()) / length,
            median: measured.slice.percentile(50.0),
            p99: measured.slice.percentile(99.0),
            open: measured.totals.open(),
        };
        measured.slice.clear();
        measured.points.push(point.clone());
        point
    }

    /// The counts so far.
    pub(crate) fn totals(&self) -> Totals {
        self.lock().totals.clone()
    }

    /// Everything so far.
    pub(crate) fn measured(&self) -> Measured {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Measured> {
        self.measured.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn what_comes_after_the_end_is_no_throughput() {
        let stats = Stats::new();
        stats.measure(true);
        stats.sent();
        stats.sent();
        stats.received(MS);
        stats.measure(false);
        stats.received(MS);
        let Measured { totals, latency, .. } = stats.measured();
        assert_eq!((totals.sent, totals.received, totals.in_time, latency.count()), (2, 2, 1, 2));
    }

    #[test]
    fn a_slice_is_of_its_own_messages() {
        let stats = Stats::new();
        stats.opened(MS);
        stats.measure(true);
        stats.received(MS);
        stats.received(MS);
        let first = stats.cut(Duration::ZERO, 500 * MS);
        assert_eq!((first.rate, first.median, first.open), (4.0, 1000, 1));
        let second = stats.cut(500 * MS, 1000 * MS);
        assert_eq!((second.at, second.rate, second.median), (0.75, 0.0, 0));
        assert_eq!(stats.measured().points, [first, second]);
    }
}
