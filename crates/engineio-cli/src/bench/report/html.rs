//! A run as a page that needs nothing else.

use super::plot::{ACROSS, Plot, UP};
use super::scale::Scale;
use super::unit::{round, round_micros, significant};
use super::{Report, micros, thousands};
use crate::bench::latency::{Latency, as_f64};
use crate::bench::stats::Point;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const PERCENTILES: [f64; 5] = [50.0, 90.0, 99.0, 99.9, 99.99];

/// A run as an HTML page.
pub(crate) fn html(report: &Report) -> String {
    let parts = [
        ("{{style}}", STYLE.to_owned()),
        ("{{version}}", env!("CARGO_PKG_VERSION").to_owned()),
        ("{{url}}", escape(&report.url)),
        ("{{plan}}", plan(report)),
        ("{{tiles}}", tiles(report)),
        ("{{plots}}", plots(report)),
        ("{{tables}}", tables(report)),
    ];
    // What a part contains is not looked at again: a server's words may look like a part.
    let mut out = String::with_capacity(PAGE.len() + 16 * 1024);
    let mut rest = PAGE;
    for (name, content) in parts {
        if let Some((before, after)) = rest.split_once(name) {
            out.push_str(before);
            out.push_str(&content);
            rest = after;
        }
    }
    out + rest
}

fn plan(report: &Report) -> String {
    each(&report.plan, |(name, value)| format!("<li>{name} <b>{}</b>", escape(value)))
}

fn tiles(report: &Report) -> String {
    let measured = &report.measured;
    let mut tiles = Vec::new();
    if !measured.latency.is_empty() {
        tiles.push(("messages per second", thousands(report.rate())));
        tiles.push(("megabytes per second", significant(report.megabytes())));
        tiles.push(("median round trip", micros(as_f64(measured.latency.percentile(50.0)))));
        tiles.push(("99 % below", micros(as_f64(measured.latency.percentile(99.0)))));
    }
    tiles.push(("sessions open at the end", thousands(as_f64(measured.totals.open()))));
    each(tiles, |(name, value)| format!("<div><b>{value}</b>{name}</div>"))
}

fn plots(report: &Report) -> String {
    let measured = &report.measured;
    let end = report.elapsed.as_secs_f64();
    let mut out = String::new();
    if measured.latency.is_empty() {
        let sessions = over_time(&measured.points, end, |point| as_f64(point.open), thousands);
        out += &figure("Sessions open", "", &sessions.svg("sessions open over time"));
    } else {
        out += &figure("Throughput, messages per second", "", &throughput(&measured.points, end));
        let legend = "<span class=first>median</span> <span class=second>99 % below</span>";
        out += &figure("Round trip over time", legend, &round_trip(&measured.points, end));
        out += &figure("Round trip by percentile", "", &percentiles(&measured.latency));
        out += &figure("Distribution of round trips", "", &distribution(&measured.latency));
    }
    if !measured.opening.is_empty() {
        out += &figure("Time to open a session", "", &distribution(&measured.opening));
    }
    out
}

fn figure(title: &str, legend: &str, svg: &str) -> String {
    format!("<figure><figcaption>{title} {legend}</figcaption>{svg}</figure>")
}

fn throughput(points: &[Point], end: f64) -> String {
    over_time(points, end, |point| point.rate, thousands).svg("messages per second over time")
}

fn round_trip(points: &[Point], end: f64) -> String {
    // A slice without messages has no round trip; its line would fall to zero.
    let points: Vec<_> = points.iter().filter(|point| point.rate > 0.0).collect();
    let low = points.iter().map(|point| point.median).min().unwrap_or(1);
    let high = points.iter().map(|point| point.p99).max().unwrap_or(1);
    let y = Scale::logarithmic(as_f64(low) * 0.8..=as_f64(high) * 1.2, UP);
    let x = Scale::exact(0.0..=end, ACROSS);
    let line = |of: fn(&Point) -> u64| points.iter().map(move |point| (point.at, as_f64(of(point))));
    Plot::new(x.clone(), y)
        .rows(round_micros)
        .columns(x.ticks().into_iter().map(|tick| (tick, round(tick))), "seconds")
        .line("second", line(|point| point.p99))
        .line("first", line(|point| point.median))
        .svg("round trip over time: median and 99th percentile")
}

fn over_time(points: &[Point], end: f64, of: impl Fn(&Point) -> f64, label: impl Fn(f64) -> String) -> Plot {
    let max = points.iter().map(&of).fold(0.0, f64::max);
    let x = Scale::exact(0.0..=end, ACROSS);
    Plot::new(x.clone(), Scale::from_zero(max, UP))
        .rows(label)
        .columns(x.ticks().into_iter().map(|tick| (tick, round(tick))), "seconds")
        .line("first", points.iter().map(|point| (point.at, of(point))))
}

/// The customary form: each further nine of the percentile takes the same room.
fn percentiles(latency: &Latency) -> String {
    let curve = latency.curve();
    let rest = |percentile: f64| 1.0 / (1.0 - percentile / 100.0).max(1e-7);
    let last = curve
        .iter()
        .rev()
        .find(|(percentile, _)| *percentile < 100.0)
        .map_or(90.0, |(percentile, _)| *percentile);
    let x = Scale::logarithmic(1.0..=rest(last) * 2.0, ACROSS);
    let ticks = [0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999].into_iter().filter(|tick| *tick <= last);
    Plot::new(x, Scale::from_zero(as_f64(latency.max()), UP))
        .rows(round_micros)
        .columns(ticks.map(|tick| (rest(tick), format!("{tick} %"))), "of all messages")
        .line("first", curve.iter().map(|(percentile, value)| (rest(*percentile), as_f64(*value))))
        .svg("round trip by percentile")
}

fn distribution(latency: &Latency) -> String {
    let bars = latency.bars();
    let (low, high) = (bars.first().map_or(1.0, |bar| bar.0), bars.last().map_or(2.0, |bar| bar.1));
    let x = Scale::logarithmic(low..=high, ACROSS);
    let most = bars.iter().map(|bar| bar.2).max().unwrap_or_default();
    let mut plot = Plot::new(x.clone(), Scale::from_zero(as_f64(most.max(5)), UP))
        .rows(thousands)
        .columns(x.ticks().into_iter().map(|tick| (tick, round_micros(tick))), "");
    for (from, to, count) in bars.into_iter().filter(|bar| bar.2 > 0) {
        let words = format!("{} to {}: {}", micros(from), micros(to), thousands(as_f64(count)));
        plot = plot.bar(from, to, as_f64(count), &words);
    }
    plot.svg("how often each duration occurred")
}

fn tables(report: &Report) -> String {
    let measured = &report.measured;
    let mut out = table("Round trips", &figures(&measured.latency));
    out += &table("Opening", &figures(&measured.opening));
    let counts = report.counts().into_iter().map(|(name, count)| (name.to_owned(), thousands(as_f64(count))));
    out += &table("Counts", &counts.collect::<Vec<_>>());
    let errors = measured.totals.errors().map(|(text, count)| (escape(text), thousands(as_f64(count))));
    out + &table("Failures", &errors.collect::<Vec<_>>())
}

fn figures(latency: &Latency) -> Vec<(String, String)> {
    if latency.is_empty() {
        return Vec::new();
    }
    let mut rows = vec![
        ("mean".to_owned(), micros(latency.mean())),
        ("deviation".to_owned(), micros(latency.deviation())),
        ("shortest".to_owned(), micros(as_f64(latency.min()))),
    ];
    let percentile = |value| (format!("{value} % below"), micros(as_f64(latency.percentile(value))));
    rows.extend(PERCENTILES.map(percentile));
    rows.push(("longest".to_owned(), micros(as_f64(latency.max()))));
    rows
}

fn table(title: &str, rows: &[(String, String)]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let rows = each(rows, |(name, value)| format!("<tr><th>{name}<td>{value}"));
    format!("<table><caption>{title}</caption>{rows}</table>")
}

fn each<T>(items: impl IntoIterator<Item = T>, show: impl Fn(T) -> String) -> String {
    items.into_iter().map(show).collect::<Vec<_>>().concat()
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn every_part_is_filled_in_and_what_servers_say_is_escaped() {
        let page = html(&sample::report());
        assert!(!page.contains("{{"), "{page}");
        assert!(!page.contains("<reset>") && page.contains("&lt;reset&gt; &amp; &quot;gone&quot;"));
        assert!(page.contains("?a=&lt;b&gt;"));
        assert_eq!(page.matches("<svg").count(), 5);
        assert!(!page.contains("NaN"), "{page}");
    }

    #[test]
    fn an_idle_run_has_a_plot_of_its_sessions() {
        let mut report = sample::report();
        report.measured.latency.clear();
        let page = html(&report);
        assert!(page.contains("Sessions open") && !page.contains("Throughput"));
    }

    #[test]
    fn a_run_without_anything_is_still_a_page() {
        let mut report = sample::report();
        report.measured = crate::bench::stats::Stats::new().measured();
        assert!(!html(&report).contains("NaN"));
    }
}
