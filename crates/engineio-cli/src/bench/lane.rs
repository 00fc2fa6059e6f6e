//! The messages of one session that are under way.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Most messages of a session that may be under way; past it, those that are due are skipped.
const MOST: usize = 10_000;
/// How late a timer of our own may be without the server being blamed for it.
const TIMER_SLACK: Duration = Duration::from_millis(2);

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returned {
    /// The message that was expected, after this time.
    After(Duration),
    /// The expected one, but others before it have not come back.
    Overtook {
        /// How many.
        missing: u64,
        /// How long it took.
        after: Duration,
    },
    /// One that is not under way.
    Unexpected,
}

/// The messages of a session that are under way, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    under_way: VecDeque<(u64, Instant)>,
    next: u64,
}

impl Lane {
    /// The number of the next message, which is due at `due`. None: too many are under way.
    pub(crate) fn depart(&mut self, due: Instant, now: Instant) -> Option<u64> {
        if self.under_way.len() >= MOST {
            return None;
        }
        let number = self.next;
        self.next += 1;
        let late = now.saturating_duration_since(due);
        self.under_way.push_back((number, if late <= TIMER_SLACK { now } else { due }));
        Some(number)
    }

    /// The newest message could not be sent.
    pub(crate) fn recall(&mut self) {
        self.under_way.pop_back();
    }

    /// A message came back.
    pub(crate) fn arrive(&mut self, number: Option<u64>, now: Instant) -> Returned {
        let found = number.and_then(|number| self.under_way.iter().position(|(other, _)| *other == number));
        let Some(place) = found else { return Returned::Unexpected };
        let left = self.under_way.drain(..=place).next_back();
        let after = left.map(|(_, sent)| now.saturating_duration_since(sent)).unwrap_or_default();
        match place {
            0 => Returned::After(after),
            missing => Returned::Overtook { missing: missing as u64, after },
        }
    }

    /// When the oldest message under way was sent.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        self.under_way.front().map(|(_, sent)| *sent)
    }

    /// Gives up messages that were sent before `since`, and says how many.
    pub(crate) fn give_up(&mut self, since: Instant) -> u64 {
        let late = self.under_way.iter().take_while(|(_, sent)| *sent <= since).count();
        self.under_way.drain(..late).count() as u64
    }

    /// How many are under way.
    pub(crate) fn len(&self) -> usize {
        self.under_way.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn messages_come_back_in_order() {
        let (mut lane, start) = (Lane::default(), Instant::now());
        assert_eq!(lane.depart(start, start), Some(0));
        assert_eq!(lane.depart(start, start), Some(1));
        assert_eq!(lane.arrive(Some(0), start + 3 * MS), Returned::After(3 * MS));
        assert_eq!(lane.arrive(Some(0), start), Returned::Unexpected);
        assert_eq!(lane.arrive(None, start), Returned::Unexpected);
        assert_eq!(lane.len(), 1);
    }

    #[test]
    fn one_that_overtakes_leaves_others_missing() {
        let (mut lane, start) = (Lane::default(), Instant::now());
        for _ in 0..3 {
            lane.depart(start, start);
        }
        assert_eq!(lane.arrive(Some(2), start + MS), Returned::Overtook { missing: 2, after: MS });
        assert_eq!(lane.len(), 0);
    }

    #[test]
    fn a_late_message_is_timed_from_when_it_was_due() {
        let (mut lane, start) = (Lane::default(), Instant::now());
        lane.depart(start, start + 50 * MS);
        assert_eq!(lane.arrive(Some(0), start + 60 * MS), Returned::After(60 * MS));
        // The granularity of a timer is no fault of the server.
        lane.depart(start, start + MS);
        assert_eq!(lane.arrive(Some(1), start + 3 * MS), Returned::After(2 * MS));
    }

    #[test]
    fn not_everything_is_waited_for() {
        let (mut lane, start) = (Lane::default(), Instant::now());
        lane.depart(start, start);
        lane.depart(start + 10 * MS, start + 10 * MS);
        assert_eq!(lane.give_up(start + 5 * MS), 1);
        assert_eq!(lane.oldest(), Some(start + 10 * MS));
        while lane.depart(start, start).is_some() {}
        assert_eq!(lane.len(), MOST);
    }
}
