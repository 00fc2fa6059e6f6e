//! Timers as data.

use std::time::Duration;

use crate::Instant;
use crate::ws::Role;

/// A timer that is later than this was not seen for as long: the process stood still, or its thread did.
pub(crate) const PUNCTUAL: Duration = Duration::from_millis(10);

/// How long what the peer did meanwhile may take to be read.
const GRACE: Duration = Duration::from_millis(500);

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
    /// The session is given up: no request came after the handshake, the last packets were not fetched or written, or
    /// a client's handshake was not answered.
    Close,
}

impl Timer {
    /// Whether it says that the peer has not done something in time.
    const fn is_judgement(self, role: Role) -> bool {
        match self {
            Self::Ping => matches!(role, Role::Client),
            Self::Pong | Self::Upgrade | Self::Message | Self::Close => true,
            Self::Overflow | Self::Hold => false,
        }
    }

    const ALL: [Self; 7] =
        [Self::Ping, Self::Pong, Self::Overflow, Self::Upgrade, Self::Hold, Self::Message, Self::Close];
}

/// One deadline for each [`Timer`].
#[derive(Clone, Debug)]
pub(crate) struct TimerTable {
    deadlines: [Instant; Timer::ALL.len()],
    /// The earliest of them, which is asked for much more often than it changes.
    next: Instant,
    /// Those that were put off because of a stall, a bit for each.
    put_off: u8,
}

impl TimerTable {
    /// Farther away than any clock counts: stands for "not set" and keeps the table small.
    const NEVER: Instant = Instant::from_micros(u64::MAX);

    pub(crate) const fn new() -> Self {
        Self { deadlines: [Self::NEVER; Timer::ALL.len()], next: Self::NEVER, put_off: 0 }
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
            self.put_off &= !(1 << timer as u8);
            self.next = self.deadlines.iter().copied().min().unwrap_or(Self::NEVER);
        }
    }

    /// Sets a deadline that is not put off, however late it is seen: who gives it knows how long ago it was.
    pub(crate) fn set_past(&mut self, timer: Timer, at: Instant) {
        self.set(timer, at);
        self.put_off |= 1 << timer as u8;
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
    ///
    /// Where it comes late we stood still, and what the peer did in time may not have been read: such a judgement is
    /// put off, once.
    pub(crate) fn pop_expired(&mut self, now: Instant, role: Role) -> Option<(Timer, Instant)> {
        loop {
            let expired = |timer: &Timer| self.get(*timer).is_some_and(|at| at <= now);
            let timer = Timer::ALL.into_iter().find(expired)?;
            let at = self.get(timer)?;
            if !self.puts_off(timer, at, now, role) {
                self.clear(timer);
                return Some((timer, at));
            }
        }
    }

    /// Whether a timer was due at `at`, has been seen as late as now, and is put off because of that.
    pub(crate) fn puts_off(&mut self, timer: Timer, at: Instant, now: Instant, role: Role) -> bool {
        let bit = 1 << timer as u8;
        let stalled = now.saturating_since(at) > PUNCTUAL;
        if !stalled || !timer.is_judgement(role) || self.put_off & bit != 0 {
            return false;
        }
        self.set(timer, now + GRACE);
        self.put_off |= bit;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judgement_that_comes_late_is_put_off_once() {
        let millis = |millis: u64| Instant::from_micros(millis * 1000);
        let mut timers = TimerTable::new();
        timers.set(Timer::Pong, millis(20));
        timers.set(Timer::Ping, millis(20));
        assert_eq!(
            timers.pop_expired(millis(31), Role::Server),
            Some((Timer::Ping, millis(20))),
            "ours to do"
        );
        assert_eq!(timers.pop_expired(millis(31), Role::Server), None);
        assert_eq!(timers.next(), Some(millis(531)));
        assert_eq!(timers.pop_expired(millis(2000), Role::Server), Some((Timer::Pong, millis(531))));
        timers.set(Timer::Ping, millis(3000));
        assert_eq!(
            timers.pop_expired(millis(3010), Role::Client),
            Some((Timer::Ping, millis(3000))),
            "in time"
        );
        timers.set(Timer::Ping, millis(4000));
        assert_eq!(timers.pop_expired(millis(4011), Role::Client), None);
        timers.set(Timer::Ping, millis(5000));
        assert_eq!(timers.pop_expired(millis(5011), Role::Client), None, "another deadline");
    }

    #[test]
    fn expired_timers_come_out_once() {
        let at = Instant::from_micros;
        let mut timers = TimerTable::new();
        assert_eq!(timers.next(), None);
        timers.set(Timer::Pong, at(20));
        timers.set(Timer::Ping, at(10));
        assert_eq!(timers.next(), Some(at(10)));
        assert_eq!(timers.pop_expired(at(9), Role::Server), None);
        assert_eq!(timers.pop_expired(at(20), Role::Server), Some((Timer::Ping, at(10))));
        assert_eq!(timers.pop_expired(at(20), Role::Server), Some((Timer::Pong, at(20))));
        assert_eq!(timers.pop_expired(at(20), Role::Server), None);
    }
}
