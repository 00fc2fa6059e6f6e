//! A run as JSON.

use serde_json::{Map, Value, json};

use super::Report;
use crate::bench::latency::Latency;
use crate::bench::stats::Point;

/// A run as one JSON object; durations are in microseconds unless their name says otherwise.
pub(crate) fn json(report: &Report) -> Value {
    let totals = &report.measured.totals;
    json!({
        "url": report.url,
        "plan": report.plan.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<Map<_, _>>(),
        "duration_s": report.elapsed.as_secs_f64(),
        "sessions": {
            "opened": totals.opened, "failed": totals.failed, "lost": totals.lost, "upgraded": totals.upgraded,
        },
        "messages": {
            "size": report.size, "sent": totals.sent, "received": totals.received, "missing": totals.missing,
            "unexpected": totals.unexpected, "skipped": totals.skipped,
            "per_second": report.rate(), "megabytes_per_second": report.megabytes(),
        },
        "round_trip_us": latency(&report.measured.latency),
        "opening_us": latency(&report.measured.opening),
        "series": report.measured.points.iter().map(point).collect::<Vec<_>>(),
        "errors": totals.errors().map(|(text, count)| (text.to_owned(), json!(count))).collect::<Map<_, _>>(),
    })
}

/// The figures of a histogram; null if it is empty.
fn latency(latency: &Latency) -> Value {
    if latency.is_empty() {
        return Value::Null;
    }
    json!({
        "count": latency.count(),
        "min": latency.min(),
        "mean": latency.mean(),
        "deviation": latency.deviation(),
        "p50": latency.percentile(50.0),
        "p90": latency.percentile(90.0),
        "p99": latency.percentile(99.0),
        "p99_9": latency.percentile(99.9),
        "p99_99": latency.percentile(99.99),
        "max": latency.max(),
    })
}

fn point(point: &Point) -> Value {
    json!({
        "at_s": point.at, "per_second": point.rate, "p50_us": point.median, "p99_us": point.p99, "open": point.open,
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn figures_are_numbers() {
        let value = json(&sample::report());
        assert_eq!(value["messages"]["received"], 2000);
        assert_eq!(value["messages"]["per_second"], 200.0);
        assert_eq!(value["round_trip_us"]["count"], 2000);
        assert_eq!(value["series"].as_array().map(Vec::len), Some(10));
        assert_eq!(value["sessions"]["lost"], 2);
    }
}
