//! The heartbeat: who is alive.
//!
//! The server pings `ping_interval` after the last pong and gives the client `ping_timeout` to answer. The
//! client expects a ping within the sum of both. Other traffic proves nothing and resets nothing. While we are
//! the ones who do not read, pongs cannot come; pings go on, so that the client does not give us up.

use std::time::Duration;

use crate::Instant;
use crate::timer::{PUNCTUAL, Timer, TimerTable};

/// How often the server pings, and how long a pong may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
}

/// The server's half.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heartbeat {
    /// When the first ping that waits for its pong was sent.
    pinged_at: Option<Instant>,
    /// The liveness deadline rests because we are the ones who do not read.
    suspended: bool,
    round_trip: Option<Duration>,
}

impl Heartbeat {
    /// Schedules the first ping.
    pub(crate) fn start(timers: &mut TimerTable, now: Instant, interval: Duration) {
        timers.set(Timer::Ping, now + interval);
    }

    /// The ping scheduled for `due` is sent now.
    pub(crate) fn pinged(&mut self, timers: &mut TimerTable, due: Instant, now: Instant, pace: Pace) {
        // A timer that was a little late does not move the deadlines that follow from it.
        let from = if now.saturating_since(due) <= PUNCTUAL { due } else { now };
        self.pinged_at.get_or_insert(now);
        self.expect(timers, from, pace);
    }

    /// A ping of the moment `at` waits for its pong; or none does.
    pub(crate) fn restore(&mut self, timers: &mut TimerTable, pinged_at: Option<Instant>, timeout: Duration) {
        self.pinged_at = pinged_at;
        match pinged_at {
            Some(at) => timers.set_past(Timer::Pong, at + timeout),
            None => timers.clear(Timer::Pong),
        }
    }

    /// When the ping was sent that waits for its pong.
    pub(crate) const fn pinged_at(&self) -> Option<Instant> {
        self.pinged_at
    }

    /// What follows a ping of the moment `from`.
    fn expect(&self, timers: &mut TimerTable, from: Instant, pace: Pace) {
        if self.suspended {
            timers.clear(Timer::Pong);
            timers.set(Timer::Ping, from + pace.interval);
        } else {
            timers.clear(Timer::Ping);
            timers.set(Timer::Pong, from + pace.timeout);
        }
    }

    /// A pong came. One that nobody asked for is ignored and costs nothing.
    pub(crate) fn ponged(&mut self, timers: &mut TimerTable, now: Instant, interval: Duration) {
        if let Some(pinged_at) = self.pinged_at.take() {
            self.round_trip = Some(now.saturating_since(pinged_at));
            timers.clear(Timer::Pong);
            timers.set(Timer::Ping, now + interval);
        }
    }

    /// Reading stops or goes on: a client cannot be blamed for a pong that we do not read.
    #[inline]
    pub(crate) fn suspend(&mut self, timers: &mut TimerTable, paused: bool, now: Instant, pace: Pace) {
        if paused != self.suspended {
            self.suspended = paused;
            if self.pinged_at.is_some() {
                self.expect(timers, now, pace);
            }
        }
    }

    /// Time between the last answered ping and its pong.
    pub(crate) const fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }
}

/// The client's half: a ping must come before the sum of interval and timeout has passed since the last one. Time in
/// which we do not read does not count: a server cannot be blamed for a ping that we have not read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watchdog {
    /// That sum, as the server said.
    patience: Duration,
    /// While we do not read: what is left of it.
    left: Option<Duration>,
}

impl Watchdog {
    /// The session is open: the first ping is due within `patience`.
    pub(crate) fn start(&mut self, timers: &mut TimerTable, now: Instant, patience: Duration) {
        self.patience = patience;
        self.pinged(timers, now);
    }

    /// A ping came.
    pub(crate) fn pinged(&mut self, timers: &mut TimerTable, now: Instant) {
        match &mut self.left {
            Some(left) => *left = self.patience,
            None => timers.set(Timer::Ping, now + self.patience),
        }
    }

    /// Reading stops or goes on.
    pub(crate) fn suspend(&mut self, timers: &mut TimerTable, paused: bool, now: Instant) {
        match self.left {
            None if paused => {
                self.left = timers.get(Timer::Ping).map(|at| at.saturating_since(now));
                timers.clear(Timer::Ping);
            }
            Some(left) if !paused => {
                self.left = None;
                timers.set(Timer::Ping, now + left);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ws::Role;

    const INTERVAL: Duration = Duration::from_millis(100);
    const TIMEOUT: Duration = Duration::from_millis(40);
    const PACE: Pace = Pace { interval: INTERVAL, timeout: TIMEOUT };

    fn at(micros: u64) -> Instant {
        Instant::from_micros(micros)
    }

    #[test]
    fn the_interval_counts_from_the_pong() {
        let (mut heartbeat, mut timers) = (Heartbeat::default(), TimerTable::new());
        Heartbeat::start(&mut timers, at(0), INTERVAL);
        assert_eq!(timers.pop_expired(at(100_000), Role::Server), Some((Timer::Ping, at(100_000))));
        heartbeat.pinged(&mut timers, at(100_000), at(100_000), PACE);
        assert_eq!(timers.next(), Some(at(140_000)));
        heartbeat.ponged(&mut timers, at(130_000), INTERVAL);
        assert_eq!(timers.next(), Some(at(230_000)));
        assert_eq!(heartbeat.round_trip(), Some(Duration::from_millis(30)));
    }

    #[test]
    fn unasked_pongs_change_nothing() {
        let (mut heartbeat, mut timers) = (Heartbeat::default(), TimerTable::new());
        Heartbeat::start(&mut timers, at(0), INTERVAL);
        heartbeat.ponged(&mut timers, at(50_000), INTERVAL);
        assert_eq!(timers.next(), Some(at(100_000)));
    }

    #[test]
    fn deadlines_follow_the_schedule_unless_the_timer_was_late() {
        let (mut heartbeat, mut timers) = (Heartbeat::default(), TimerTable::new());
        heartbeat.pinged(&mut timers, at(0), at(10_000), PACE);
        assert_eq!(timers.next(), Some(at(40_000)));
        heartbeat.pinged(&mut timers, at(0), at(10_001), PACE);
        assert_eq!(timers.next(), Some(at(50_001)));
    }

    #[test]
    fn a_pong_is_not_missed_while_we_do_not_read() {
        let (mut heartbeat, mut timers) = (Heartbeat::default(), TimerTable::new());
        heartbeat.pinged(&mut timers, at(0), at(0), PACE);
        heartbeat.suspend(&mut timers, true, at(1), PACE);
        assert_eq!(timers.pop_expired(at(100_001), Role::Server), Some((Timer::Ping, at(100_001))));
        heartbeat.pinged(&mut timers, at(100_001), at(100_001), PACE);
        heartbeat.suspend(&mut timers, false, at(150_000), PACE);
        assert_eq!(timers.next(), Some(at(190_000)), "all of the timeout, from when we read again");
    }

    #[test]
    fn a_pause_between_pings_changes_nothing() {
        let (mut heartbeat, mut timers) = (Heartbeat::default(), TimerTable::new());
        Heartbeat::start(&mut timers, at(0), INTERVAL);
        heartbeat.suspend(&mut timers, true, at(1), PACE);
        heartbeat.suspend(&mut timers, false, at(2), PACE);
        assert_eq!(timers.next(), Some(at(100_000)));
    }

    #[test]
    fn only_pings_keep_the_watchdog_quiet() {
        let (mut watchdog, mut timers) = (Watchdog::default(), TimerTable::new());
        watchdog.start(&mut timers, at(0), INTERVAL + TIMEOUT);
        assert_eq!(timers.next(), Some(at(140_000)));
        watchdog.pinged(&mut timers, at(100_000));
        assert_eq!(timers.next(), Some(at(240_000)));
    }

    #[test]
    fn time_in_which_we_do_not_read_does_not_count() {
        let (mut watchdog, mut timers) = (Watchdog::default(), TimerTable::new());
        watchdog.start(&mut timers, at(0), INTERVAL);
        for round in 0..9 {
            watchdog.suspend(&mut timers, true, at(round * 500_000 + 10_000));
            assert_eq!(timers.next(), None);
            watchdog.suspend(&mut timers, false, at((round + 1) * 500_000));
        }
        assert_eq!(timers.next(), Some(at(4_510_000)), "nine tenths have passed");
    }

    #[test]
    fn a_ping_is_not_missed_while_we_do_not_read() {
        let (mut watchdog, mut timers) = (Watchdog::default(), TimerTable::new());
        watchdog.start(&mut timers, at(0), INTERVAL);
        watchdog.suspend(&mut timers, true, at(1));
        watchdog.pinged(&mut timers, at(2));
        assert_eq!(timers.next(), None);
        watchdog.suspend(&mut timers, false, at(500_000));
        assert_eq!(timers.next(), Some(at(600_000)));
    }
}
