//! A run as text.

use std::fmt::Write;

use super::{Report, micros, thousands};
use crate::bench::latency::{Latency, as_f64};

const PERCENTILES: [f64; 6] = [50.0, 75.0, 90.0, 99.0, 99.9, 99.99];

/// A run as lines for a terminal.
pub(crate) fn text(report: &Report) -> String {
    let mut out = format!("{}\n", report.url);
    let plan: Vec<_> = report.plan.iter().map(|(name, value)| format!("{name} {value}")).collect();
    line(&mut out, "", &plan.join(", "));
    out.push('\n');
    if !report.measured.latency.is_empty() {
        let rate = format!("{} messages/s, {:.2} MB/s", thousands(report.rate()), report.megabytes());
        line(&mut out, "throughput", &rate);
        latency(&mut out, "round trip", &report.measured.latency);
    }
    latency(&mut out, "opening", &report.measured.opening);
    for (name, count) in report.counts() {
        line(&mut out, name, &thousands(as_f64(count)));
    }
    for (error, count) in report.measured.totals.errors() {
        line(&mut out, "", &format!("{} × {error}", thousands(as_f64(count))));
    }
    out
}

fn latency(out: &mut String, name: &str, latency: &Latency) {
    if latency.is_empty() {
        return;
    }
    let about = format!(
        "mean {}, deviation {}, from {} to {}",
        micros(latency.mean()),
        micros(latency.deviation()),
        micros(as_f64(latency.min())),
        micros(as_f64(latency.max())),
    );
    line(out, name, &about);
    for percentile in PERCENTILES {
        line(out, &format!("{percentile} %"), &micros(as_f64(latency.percentile(percentile))));
    }
}

fn line(out: &mut String, name: &str, value: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{name:>18}  {value}");
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn everything_is_named() {
        let text = text(&sample::report());
        for words in ["200 messages/s", "round trip", "99.9 %", "sessions lost", "1 × transport close"] {
            assert!(text.contains(words), "{words} is missing:\n{text}");
        }
    }
}
