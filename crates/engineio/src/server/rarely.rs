//! What is logged once in a while, however often it happens.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use engineio_proto::Instant;

/// Lets one of many pass in each minute, and counts the others.
#[derive(Debug, Default)]
pub(crate) struct Rarely {
    /// From when on the next one passes, in microseconds; zero before the first.
    next: AtomicU64,
    held_back: AtomicU64,
}

impl Rarely {
    const EVERY: Duration = Duration::from_secs(60);

    /// Whether this one passes: then how many were held back since the last.
    pub(crate) fn passes(&self, now: Instant) -> Option<u64> {
        let (now, next) = (now.as_micros(), self.next.load(Ordering::Relaxed));
        let after = now + u64::try_from(Self::EVERY.as_micros()).unwrap_or(u64::MAX / 2);
        let mine = now >= next
            && self.next.compare_exchange(next, after, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if mine {
            return Some(self.held_back.swap(0, Ordering::Relaxed));
        }
        self.held_back.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_passes_in_a_minute() {
        let seconds = |seconds: u64| Instant::from_micros(seconds * 1_000_000);
        let rarely = Rarely::default();
        let passed: Vec<_> = [0, 1, 59, 60, 61, 200].map(|at| rarely.passes(seconds(at))).into();
        assert_eq!(passed, [Some(0), None, None, Some(2), None, Some(1)]);
    }
}
