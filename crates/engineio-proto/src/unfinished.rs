//! The deadline of a WebSocket message that has begun and is not complete.

use crate::Instant;
use crate::timer::{Timer, TimerTable};

/// Whether there is such a message. Its deadline only runs while we read: a peer cannot be blamed for the rest of a
/// message that we do not take.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unfinished {
    partial: bool,
    paused: bool,
}

impl Unfinished {
    /// There is one, or none any more. `until` is its deadline if it is new.
    pub(crate) fn set(&mut self, timers: &mut TimerTable, partial: bool, until: Instant) {
        self.partial = partial;
        timers.run_while(partial && !self.paused, Timer::Message, until);
    }

    /// Reading stops or goes on. `until` is the deadline of one that is there when reading goes on.
    #[inline]
    pub(crate) fn suspend(&mut self, timers: &mut TimerTable, paused: bool, until: impl FnOnce() -> Instant) {
        if paused != self.paused {
            self.paused = paused;
            timers.run_while(self.partial && !paused, Timer::Message, until());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: u64) -> Instant {
        Instant::from_micros(micros)
    }

    #[test]
    fn more_of_a_message_does_not_move_its_deadline() {
        let (mut unfinished, mut timers) = (Unfinished::default(), TimerTable::new());
        unfinished.set(&mut timers, true, at(10));
        unfinished.set(&mut timers, true, at(20));
        assert_eq!(timers.next(), Some(at(10)));
        unfinished.set(&mut timers, false, at(30));
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn the_deadline_does_not_run_while_we_do_not_read() {
        let (mut unfinished, mut timers) = (Unfinished::default(), TimerTable::new());
        unfinished.set(&mut timers, true, at(10));
        unfinished.suspend(&mut timers, true, || at(11));
        assert_eq!(timers.next(), None);
        unfinished.set(&mut timers, true, at(12));
        assert_eq!(timers.next(), None, "what was read together with the message that was one too many");
        unfinished.suspend(&mut timers, false, || at(100));
        assert_eq!(timers.next(), Some(at(100)));
    }

    #[test]
    fn a_pause_without_a_message_changes_nothing() {
        let (mut unfinished, mut timers) = (Unfinished::default(), TimerTable::new());
        unfinished.suspend(&mut timers, true, || at(1));
        unfinished.suspend(&mut timers, false, || at(2));
        assert_eq!(timers.next(), None);
    }
}
