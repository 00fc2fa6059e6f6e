//! A histogram of durations.

use std::time::Duration;

use hdrhistogram::Histogram;

/// The longest duration that is told from longer ones.
const LONGEST: Duration = Duration::from_secs(600);
const DIGITS: u8 = 3;
/// The percentiles of a curve, which get closer to each other towards 100.
const CURVE: [f64; 21] = [
    0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 85.0, 90.0, 92.5, 95.0, 97.5, 99.0, 99.5, 99.9,
    99.95, 99.99, 99.999, 100.0,
];
const BARS: u32 = 40;

/// Durations in microseconds, to three digits.
#[derive(Clone, Debug)]
pub(crate) struct Latency {
    histogram: Histogram<u64>,
}

impl Latency {
    pub(crate) fn new() -> Self {
        let longest = micros(LONGEST);
        let histogram = Histogram::new_with_bounds(1, longest, DIGITS);
        Self { histogram: histogram.expect("1 µs to ten minutes in three digits is a valid range") }
    }

    /// Adds a duration; one beyond ten minutes counts as ten minutes.
    pub(crate) fn add(&mut self, duration: Duration) {
        self.histogram.saturating_record(micros(duration).max(1));
    }

    pub(crate) fn clear(&mut self) {
        self.histogram.reset();
    }

    pub(crate) fn count(&self) -> u64 {
        self.histogram.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.histogram.is_empty()
    }

    pub(crate) fn min(&self) -> u64 {
        self.histogram.min()
    }

    pub(crate) fn max(&self) -> u64 {
        self.histogram.max()
    }

    pub(crate) fn mean(&self) -> f64 {
        self.histogram.mean()
    }

    pub(crate) fn deviation(&self) -> f64 {
        self.histogram.stdev()
    }

    /// The duration, in microseconds, that `percentile` of all durations do not exceed.
    pub(crate) fn percentile(&self, percentile: f64) -> u64 {
        self.histogram.value_at_percentile(percentile).min(self.max())
    }

    /// Percentiles and their durations in microseconds, as far as there are enough durations to tell them apart.
    pub(crate) fn curve(&self) -> Vec<(f64, u64)> {
        let told_apart = |percentile: f64| (100.0 - percentile) * as_f64(self.count()) >= 99.999;
        let points = CURVE.into_iter().filter(|percentile| told_apart(*percentile) || *percentile >= 100.0);
        points.map(|percentile| (percentile, self.percentile(percentile))).collect()
    }

    /// Bars of equal ratio: from, to (microseconds), and how many durations lie there.
    pub(crate) fn bars(&self) -> Vec<(f64, f64, u64)> {
        if self.is_empty() {
            return Vec::new();
        }
        // Some room on both sides: all durations may be the same.
        let (low, high) = (as_f64(self.min().max(1)) * 0.9, as_f64(self.max().max(1)) * 1.1);
        let edge = |index: u32| low * (high / low).powf(f64::from(index) / f64::from(BARS));
        let bar = |index| {
            let (from, to) = (edge(index), edge(index + 1));
            let last = index + 1 == BARS;
            let inside = |value: f64| value >= from && (value < to || last);
            let values = self.histogram.iter_recorded();
            let count = values
                .filter(|value| inside(as_f64(value.value_iterated_to()).clamp(low, high)))
                .map(|value| value.count_at_value())
                .sum();
            (from, to, count)
        };
        (0..BARS).map(bar).collect()
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Counts and microseconds stay far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "for display")]
pub(crate) fn as_f64(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Latency {
        let mut latency = Latency::new();
        values.into_iter().for_each(|value| latency.add(Duration::from_micros(value)));
        latency
    }

    #[test]
    fn percentiles_are_exact_to_three_digits() {
        let latency = of(1..=1000);
        assert_eq!((latency.min(), latency.max(), latency.count()), (1, 1000, 1000));
        assert_eq!(latency.percentile(50.0), 500);
        assert_eq!(latency.percentile(99.0), 990);
        assert_eq!(latency.percentile(100.0), 1000);
    }

    #[test]
    fn out_of_range_counts_as_the_end_of_the_range() {
        let latency = of([0, u64::MAX]);
        assert_eq!(latency.min(), 1);
        assert!(latency.max() >= micros(LONGEST));
    }

    #[test]
    fn a_curve_ends_where_there_are_too_few_to_tell() {
        let percentiles: Vec<_> = of(1..=10).curve().into_iter().map(|(percentile, _)| percentile).collect();
        assert_eq!(percentiles.last(), Some(&100.0));
        assert!(!percentiles.contains(&99.0), "{percentiles:?}");
        assert!(percentiles.contains(&90.0), "{percentiles:?}");
    }

    #[test]
    fn bars_hold_everything_once() {
        for latency in [of([7]), of([1, 2, 2, 3]), of((0..5000).map(|value| value * value))] {
            let total: u64 = latency.bars().into_iter().map(|(_, _, count)| count).sum();
            assert_eq!(total, latency.count());
        }
        assert_eq!(of([]).bars(), []);
    }
}
