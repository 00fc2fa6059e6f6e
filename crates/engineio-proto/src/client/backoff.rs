//! The delays between attempts to connect.

use std::time::Duration;

use super::Reconnect;

/// Counts attempts since a session that lasted was lost. Takes time and randomness as arguments.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// What counts after a session that was open for `lasted`: one that lasted lets the next loss begin anew.
    pub(super) fn after(self, policy: &Reconnect, lasted: Duration) -> Self {
        if lasted >= policy.stable_after { Self::default() } else { self }
    }

    /// Whether there is another attempt after a session that was lost just now, whatever chance says.
    pub(super) fn goes_on(mut self, policy: &Reconnect) -> bool {
        self.next(policy, Duration::ZERO, 0.0, None).is_some()
    }

    /// The attempt's number, after [`next`](Self::next).
    pub(super) const fn attempt(self) -> u32 {
        self.attempts
    }

    /// How long to wait before the next attempt, if there is to be one. `elapsed` is the time since the session was
    /// lost, `random` is from 0 to 1, `asked` is what the server wants.
    pub(super) fn next(
        &mut self,
        policy: &Reconnect,
        elapsed: Duration,
        random: f64,
        asked: Option<Duration>,
    ) -> Option<Duration> {
        let Reconnect { max_attempts, max_elapsed, max_delay, .. } = *policy;
        if max_attempts.is_some_and(|most| self.attempts >= most) {
            return None;
        }
        let delay = self.delay(policy, random).max(asked.unwrap_or_default().min(max_delay));
        if max_elapsed.is_some_and(|most| elapsed.saturating_add(delay) > most) {
            return None;
        }
        self.attempts = self.attempts.saturating_add(1);
        Some(delay)
    }

    fn delay(self, policy: &Reconnect, random: f64) -> Duration {
        let Reconnect { initial_delay, max_delay, factor, jitter, .. } = *policy;
        let exponent = i32::try_from(self.attempts).unwrap_or(i32::MAX);
        let full = initial_delay.as_secs_f64() * factor.powi(exponent);
        let full = full.min(max_delay.as_secs_f64());
        Duration::try_from_secs_f64(full * (1.0 - jitter * random)).unwrap_or(max_delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(policy: &Reconnect, random: f64, count: usize) -> Vec<u128> {
        let mut backoff = Backoff::default();
        let mut next = || backoff.next(policy, Duration::ZERO, random, None);
        std::iter::from_fn(|| next().map(|delay| delay.as_millis())).take(count).collect()
    }

    #[test]
    fn delays_grow_to_the_limit() {
        let policy = Reconnect::default();
        assert_eq!(delays(&policy, 0.0, 7), [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
        assert_eq!(delays(&policy, 1.0, 3), [250, 500, 1000]);
    }

    #[test]
    fn attempts_and_time_are_limited() {
        let policy = Reconnect { max_attempts: Some(2), ..Reconnect::default() };
        assert_eq!(delays(&policy, 0.0, 9).len(), 2);
        let policy = Reconnect { max_elapsed: Some(Duration::from_secs(3)), ..Reconnect::default() };
        let mut backoff = Backoff::default();
        assert!(backoff.next(&policy, Duration::from_secs(2), 0.0, None).is_some());
        assert_eq!(backoff.next(&policy, Duration::from_secs(3), 0.0, None), None);
        assert_eq!(backoff.attempt(), 1);
    }

    #[test]
    fn a_server_may_ask_for_more_up_to_the_limit() {
        let policy = Reconnect::default();
        let mut backoff = Backoff::default();
        let mut next = |secs| backoff.next(&policy, Duration::ZERO, 0.0, Some(Duration::from_secs(secs)));
        assert_eq!(next(3), Some(Duration::from_secs(3)));
        assert_eq!(next(3_000), Some(Duration::from_secs(10)));
    }

    #[test]
    fn absurd_numbers_are_no_panic() {
        let policy = Reconnect { factor: f64::MAX, max_delay: Duration::MAX, ..Reconnect::default() };
        let mut backoff = Backoff::default();
        for _ in 0..5 {
            assert!(backoff.next(&policy, Duration::ZERO, 0.5, None).is_some());
        }
    }
}
