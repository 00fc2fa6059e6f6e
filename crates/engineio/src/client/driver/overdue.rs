//! When a deadline that has come is applied.

use engineio_proto::Instant;

/// Rounds of reading after which a deadline is applied although there is still more to read. What had arrived when it
/// came has then been read: each round reads 64 KiB if it finds them, and no socket buffers that much by default.
const ROUNDS: u32 = 128;

/// What has already arrived is read before a deadline is applied: a ping in the socket's buffer is not late. A server
/// that always has more to say does not put the deadline off for ever.
#[derive(Debug, Default)]
pub(crate) struct Overdue {
    /// Rounds since the deadline came.
    rounds: u32,
}

/// What a round of the driver found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// There was something, and there may be more.
    Something,
    /// Nobody was asked: reading was paused before this round, and is not any more.
    NotAsked,
    /// All that had arrived was read.
    Nothing,
}

impl Overdue {
    /// One round is over: whether the session's next deadline is to be applied.
    pub(crate) fn applies(&mut self, deadline: Option<Instant>, now: Instant, found: Found) -> bool {
        let Some(deadline) = deadline else { return false };
        if deadline > now {
            self.rounds = 0;
            return false;
        }
        self.rounds += 1;
        let applies = found == Found::Nothing || self.rounds > ROUNDS;
        if applies {
            self.rounds = 0;
        }
        applies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUE: Option<Instant> = Some(Instant::from_micros(10));
    const NOW: Instant = Instant::from_micros(10);

    #[test]
    fn what_has_arrived_is_read_first() {
        let mut overdue = Overdue::default();
        assert!(!overdue.applies(DUE, NOW, Found::Something));
        assert!(!overdue.applies(DUE, NOW, Found::NotAsked));
        assert!(overdue.applies(DUE, NOW, Found::Nothing));
        assert!(!overdue.applies(None, NOW, Found::Nothing));
        assert!(!overdue.applies(Some(Instant::from_micros(11)), NOW, Found::Nothing));
    }

    #[test]
    fn a_flood_does_not_put_it_off_for_ever() {
        let mut overdue = Overdue::default();
        let applied = (0..1000).position(|_| overdue.applies(DUE, NOW, Found::Something));
        assert_eq!(applied, Some(ROUNDS as usize));
    }

    #[test]
    fn pauses_in_reading_do_not_begin_the_count_anew() {
        let mut overdue = Overdue::default();
        let applied = (0..1000).position(|_| {
            // The watchdog rests while nothing is read.
            overdue.applies(None, NOW, Found::Something) || overdue.applies(DUE, NOW, Found::NotAsked)
        });
        assert_eq!(applied, Some(ROUNDS as usize));
    }

    #[test]
    fn a_deadline_that_moved_on_has_all_its_rounds_again() {
        let mut overdue = Overdue::default();
        for _ in 0..ROUNDS {
            assert!(!overdue.applies(DUE, NOW, Found::Something));
        }
        assert!(!overdue.applies(Some(Instant::from_micros(99)), NOW, Found::Something));
        assert!(!overdue.applies(DUE, NOW, Found::Something));
    }
}
