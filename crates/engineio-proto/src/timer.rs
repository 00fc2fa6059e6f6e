//! Timers as data.

use crate::Instant;

/// What a session waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Timer {
    /// The next ping is due: to be sent by the server, to have come for the client.
    Ping,
    /// The pong must have come.
    Pong,
    /// The outbound queue overflowed: due at once.
    Overflow,
    /// The upgrade must be complete.
    Upgrade,
    /// A poll that is held during an upgrade gets its noop.
    Hold,
    /// The unfinished WebSocket message must be complete.
    Message,
    /// The session is given up: the last packets were not fetched or written, or a client's handshake was not
    /// answered.
    Close,
}

impl Timer {
    const ALL: [Self; 7] =
        [Self::Ping, Self::Pong, Self::Overflow, Self::Upgrade, Self::Hold, Self::Message, Self::Close];
}

/// One deadline for each [`Timer`].
#[derive(Clone, Debug)]
pub(crate) struct TimerTable {
    deadlines: [Instant; Timer::ALL.len()],
    /// The earliest of them, which is asked for much more often than it changes.
    next: Instant,
}

impl TimerTable {
    /// Farther away than any clock counts: stands for "not set" and keeps the table small.
    const NEVER: Instant = Instant::from_micros(u64::MAX);

    pub(crate) const fn new() -> Self {
        Self { deadlines: [Self::NEVER; Timer::ALL.len()], next: Self::NEVER }
    }

    #[inline]
    pub(crate) fn get(&self, timer: Timer) -> Option<Instant> {
        self.deadlines.get(timer as usize).copied().filter(|at| *at != Self::NEVER)
    }

    #[inline]
    pub(crate) fn set(&mut self, timer: Timer, at: Instant) {
        if let Some(slot) = self.deadlines.get_mut(timer as usize)
            && *slot != at
        {
            *slot = at;
            self.next = self.deadlines.iter().copied().min().unwrap_or(Self::NEVER);
        }
    }

    #[inline]
    pub(crate) fn clear(&mut self, timer: Timer) {
        self.set(timer, Self::NEVER);
    }

    /// Starts the timer unless it runs already, or stops it.
    pub(crate) fn run_while(&mut self, condition: bool, timer: Timer, at: Instant) {
        if !condition {
            self.clear(timer);
        } else if self.get(timer).is_none() {
            self.set(timer, at);
        }
    }

    pub(crate) fn clear_all(&mut self) {
        *self = Self::new();
    }

    /// The earliest deadline.
    #[inline]
    pub(crate) fn next(&self) -> Option<Instant> {
        Some(self.next).filter(|at| *at != Self::NEVER)
    }

    /// Takes one timer whose deadline has come, with that deadline.
    pub(crate) fn pop_expired(&mut self, now: Instant) -> Option<(Timer, Instant)> {
        let expired = |timer: &Timer| self.get(*timer).is_some_and(|at| at <= now);
        let timer = Timer::ALL.into_iter().find(expired)?;
        let at = self.get(timer)?;
        self.clear(timer);
        Some((timer, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expired_timers_come_out_once() {
        let at = Instant::from_micros;
        let mut timers = TimerTable::new();
        assert_eq!(timers.next(), None);
        timers.set(Timer::Pong, at(20));
        timers.set(Timer::Ping, at(10));
        assert_eq!(timers.next(), Some(at(10)));
        assert_eq!(timers.pop_expired(at(9)), None);
        assert_eq!(timers.pop_expired(at(20)), Some((Timer::Ping, at(10))));
        assert_eq!(timers.pop_expired(at(20)), Some((Timer::Pong, at(20))));
        assert_eq!(timers.pop_expired(at(20)), None);
    }
}
