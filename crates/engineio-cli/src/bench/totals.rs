//! What happened to the connections and messages of a run.

use std::collections::BTreeMap;

/// Different texts that are told apart; peers can make up any number of them.
const MAX_ERRORS: usize = 20;
const OTHERS: &str = "others";

/// Counts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Sessions that began.
    pub(crate) opened: u64,
    /// Sessions that did not begin.
    pub(crate) failed: u64,
    /// Sessions that ended before the end of the run.
    pub(crate) lost: u64,
    /// Sessions that changed to the WebSocket.
    pub(crate) upgraded: u64,
    /// Messages that were sent.
    pub(crate) sent: u64,
    /// Messages that came back.
    pub(crate) received: u64,
    /// Those of them that came back before the end.
    pub(crate) in_time: u64,
    /// Messages that never came back.
    pub(crate) missing: u64,
    /// Messages that nobody had sent, or in another order.
    pub(crate) unexpected: u64,
    /// Messages that were due, but too many of the session were under way.
    pub(crate) skipped: u64,
    errors: BTreeMap<String, u64>,
}

impl Totals {
    /// Counts a failure by its words.
    pub(crate) fn note(&mut self, error: &str) {
        let known = self.errors.contains_key(error) || self.errors.len() < MAX_ERRORS;
        *self.errors.entry(if known { error } else { OTHERS }.to_owned()).or_default() += 1;
    }

    /// The words of failures, with how often each occurred.
    pub(crate) fn errors(&self) -> impl Iterator<Item = (&str, u64)> {
        self.errors.iter().map(|(text, count)| (text.as_str(), *count))
    }

    /// Sessions that are open now.
    pub(crate) fn open(&self) -> u64 {
        self.opened.saturating_sub(self.lost)
    }

    /// Whether everything went as it should.
    pub(crate) fn is_clean(&self) -> bool {
        [self.failed, self.lost, self.missing, self.unexpected, self.skipped] == [0; 5]
            && self.errors.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_of_failures_are_bounded() {
        let mut totals = Totals::default();
        for index in 0..1000 {
            totals.note(&format!("failure {index}"));
        }
        totals.note("failure 0");
        assert_eq!(totals.errors().count(), MAX_ERRORS + 1);
        assert_eq!(totals.errors().map(|(_, count)| count).sum::<u64>(), 1001);
        assert!(totals.errors().any(|(text, count)| text == "failure 0" && count == 2));
    }

    #[test]
    fn any_trouble_is_not_clean() {
        assert!(Totals { opened: 1, sent: 2, received: 2, upgraded: 1, ..Totals::default() }.is_clean());
        assert!(!Totals { lost: 1, ..Totals::default() }.is_clean());
        assert!(!Totals { missing: 1, ..Totals::default() }.is_clean());
        let mut noted = Totals::default();
        noted.note("refused");
        assert!(!noted.is_clean());
    }
}
