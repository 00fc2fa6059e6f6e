//! Thousands of runs, each drawn from a seed: a server and a client over a network that does what it likes.
//!
//! `ENGINEIO_SEEDS` sets how many; `ENGINEIO_SEED` repeats one.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;

use engineio_testkit::{Mode, Summary, check_seeds};

/// What all runs of a test were like.
#[derive(Clone, Debug, Default)]
struct Totals {
    runs: u32,
    steps: u64,
    upgraded: u32,
    hit: u32,
    /// How often each kind of fault hit something.
    kinds: BTreeMap<String, u32>,
    /// Runs that delivered messages, but not all of them.
    partial: u32,
    delivered: u64,
}

impl Totals {
    fn add(&mut self, run: Summary) {
        self.runs += 1;
        self.steps += u64::from(run.steps);
        self.upgraded += u32::from(run.upgraded);
        self.hit += u32::from(!run.faults.is_empty());
        for fault in run.faults {
            *self.kinds.entry(fault.name()).or_default() += 1;
        }
        self.partial += u32::from(run.delivered > 0 && run.delivered < run.sent);
        self.delivered += run.delivered;
    }
}

/// Runs so many seeds on two threads, or the one that the environment names.
fn check(mode: Mode, count: u64) -> Option<Totals> {
    if let Some(seed) = environment("ENGINEIO_SEED") {
        check_seeds([seed], mode, |_| {});
        return None;
    }
    let count = environment("ENGINEIO_SEEDS").unwrap_or(count);
    let totals = Mutex::new(Totals::default());
    thread::scope(|scope| {
        for half in 0..2 {
            let totals = &totals;
            scope.spawn(move || {
                let each = |summary| totals.lock().unwrap().add(summary);
                check_seeds((half..count).step_by(2), mode, each);
            });
        }
    });
    let totals = totals.into_inner().unwrap();
    assert_eq!(u64::from(totals.runs), count);
    Some(totals)
}

fn environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

#[test]
fn upgrades() {
    let Some(totals) = check(Mode::Upgrades, 4_000) else { return };
    assert!(totals.hit > totals.runs / 2);
    assert!(totals.upgraded > totals.runs / 8);
    assert_all_hit(&totals, 3);
}

#[test]
fn storm() {
    let Some(totals) = check(Mode::Storm, 12_000) else { return };
    assert!(totals.hit > totals.runs / 2);
    assert!(totals.partial > totals.runs / 20);
    assert_all_hit(&totals, 14);
}

/// Each kind of fault that can be drawn has hit something, and not just now and then.
fn assert_all_hit(totals: &Totals, kinds: usize) {
    assert_eq!(totals.kinds.len(), kinds, "{:?}", totals.kinds);
    assert!(totals.kinds.values().all(|hits| *hits > totals.runs / 200), "{:?}", totals.kinds);
}

#[test]
fn calm() {
    let Some(totals) = check(Mode::Calm, 4_000) else { return };
    assert!(totals.upgraded > totals.runs / 4);
    assert_eq!(totals.hit, 0);
}
