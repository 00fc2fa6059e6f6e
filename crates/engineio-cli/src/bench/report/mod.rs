//! What a run is reported as.

mod html;
mod json;
mod plot;
mod scale;
mod text;
mod unit;

use std::time::Duration;

use super::latency::as_f64;
use super::stats::Measured;

pub(crate) use html::html;
pub(crate) use json::json;
pub(crate) use text::text;
pub(crate) use unit::{micros, thousands};

/// A run that is over.
#[derive(Debug)]
pub(crate) struct Report {
    /// Where, without user, password and query.
    pub(crate) url: String,
    /// What was done, as words and values.
    pub(crate) plan: Vec<(&'static str, String)>,
    /// Bytes of a message.
    pub(crate) size: usize,
    /// How long messages were counted.
    pub(crate) elapsed: Duration,
    pub(crate) measured: Measured,
}

impl Report {
    /// Messages that came back, per second.
    pub(crate) fn rate(&self) -> f64 {
        as_f64(self.measured.totals.in_time) / self.elapsed.as_secs_f64().max(1e-6)
    }

    /// Megabytes of messages that came back, per second.
    pub(crate) fn megabytes(&self) -> f64 {
        self.rate() * as_f64(self.size as u64) / 1e6
    }

    /// Counts, as words and values; those of trouble only if there was any.
    pub(crate) fn counts(&self) -> Vec<(&'static str, u64)> {
        let totals = &self.measured.totals;
        let always = [
            ("sessions opened", totals.opened),
            ("messages sent", totals.sent),
            ("received", totals.received),
        ];
        let trouble = [
            ("upgraded", totals.upgraded),
            ("sessions failed", totals.failed),
            ("sessions lost", totals.lost),
            ("messages missing", totals.missing),
            ("unexpected", totals.unexpected),
            ("skipped", totals.skipped),
        ];
        always.into_iter().chain(trouble.into_iter().filter(|(_, count)| *count > 0)).collect()
    }
}

#[cfg(test)]
pub(crate) mod sample {
    use super::Report;
    use crate::bench::stats::Stats;
    use std::time::Duration;

    /// A run with everything in it.
    pub(crate) fn report() -> Report {
        let stats = Stats::new();
        stats.measure(true);
        stats.opened(Duration::from_millis(3));
        for second in 0..10 {
            for index in 1..=200 {
                stats.sent();
                stats.received(Duration::from_micros(100 + index * index));
            }
            stats.cut(Duration::from_secs(second), Duration::from_secs(second + 1));
        }
        stats.count(|totals| {
            totals.lost = 2;
            totals.note("transport close: <reset> & \"gone\"");
        });
        Report {
            url: "http://127.0.0.1:3000/?a=<b>".to_owned(),
            plan: vec![("connections", "1".to_owned()), ("transport", "websocket".to_owned())],
            size: 32,
            elapsed: Duration::from_secs(10),
            measured: stats.measured(),
        }
    }
}
