//! The results as a table to read.

use std::fmt::{self, Display, Formatter};

use crate::{
    peer::Peer,
    results::{CaseResults, Judgement},
};

/// Prints one line per limit.
#[derive(Debug)]
pub struct Table<'a> {
    /// The columns between the unit and the ratio.
    pub peers: &'a [Peer],
    /// The rows.
    pub results: &'a [CaseResults],
}

const MISSING: &str = "-";

/// Of the columns of the servers.
const WIDTH: usize = 16;

impl Display for Table<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:<46}{:<15}", "case", "unit")?;
        self.peers.iter().try_for_each(|peer| write!(f, "{peer:>WIDTH$}"))?;
        writeln!(f, "  {:<25}{:<9}{:<9}over the runs", "ratio", "limit", "verdict")?;
        self.results.iter().try_for_each(|results| self.case(f, results))
    }
}

impl Table<'_> {
    fn case(&self, f: &mut Formatter<'_>, results: &CaseResults) -> fmt::Result {
        write!(f, "{:<46}{:<15}", results.case.title, results.case.unit)?;
        for peer in self.peers {
            let figure = results.figure(*peer).map_or_else(|| MISSING.to_owned(), number);
            write!(f, "{figure:>WIDTH$}")?;
        }
        let judgements = results.judgements();
        if judgements.is_empty() {
            return writeln!(f);
        }
        for (index, judgement) in judgements.iter().enumerate() {
            let indent = if index == 0 { 0 } else { 61 + WIDTH * self.peers.len() };
            writeln!(f, "{:indent$}  {}", "", line(judgement))?;
        }
        Ok(())
    }
}

fn line(judgement: &Judgement) -> String {
    let unit = judgement.against.map(|peer| format!(" x {peer}")).unwrap_or_default();
    let value = number(judgement.value) + &unit;
    let limit = judgement.limit.map_or_else(|| MISSING.to_owned(), |limit| format!("<= {limit}"));
    let verdict = match judgement.passes() {
        Some(true) => "pass",
        Some(false) => "MISS",
        None => MISSING,
    };
    format!("{value:<25}{limit:<9}{verdict:<9}{}", range(&judgement.runs))
}

fn range(runs: &[f64]) -> String {
    let least = runs.iter().copied().fold(f64::INFINITY, f64::min);
    let most = runs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{} - {}", number(least), number(most))
}

/// More places for smaller values.
fn number(value: f64) -> String {
    match value.abs() {
        ..10.0 => format!("{value:.3}"),
        ..1000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
