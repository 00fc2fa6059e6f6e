//! How long the server takes to answer: WebSocket pings and their pongs.

use std::time::Duration;

use engineio_proto::Instant;

/// Least time between two pings. They go with writes that take place anyway, of which every heartbeat is one.
const PAUSE: Duration = Duration::from_secs(10);

/// Measures the round trip of one WebSocket connection.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// When the last ping left.
    asked: Option<Instant>,
    /// Whether its pong has not come.
    waits: bool,
    /// What it said: another number each time.
    number: u32,
}

impl Meter {
    /// Something is written: the data of a ping to go with it, if it is time for one.
    pub(crate) fn ask(&mut self, now: Instant) -> Option<[u8; 4]> {
        if self.asked.is_some_and(|asked| now.saturating_since(asked) < PAUSE) {
            return None;
        }
        self.number = self.number.wrapping_add(1);
        (self.asked, self.waits) = (Some(now), true);
        Some(self.number.to_be_bytes())
    }

    /// A pong came: the time since its ping. Pongs that nobody asked for, or that come after a later ping, say nothing.
    pub(crate) fn answered(&mut self, data: [u8; 4], now: Instant) -> Option<Duration> {
        let asked = self.asked.filter(|_| self.waits && data == self.number.to_be_bytes())?;
        self.waits = false;
        Some(now.saturating_since(asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn a_pong_is_measured_once() {
        let mut meter = Meter::default();
        let data = meter.ask(at(100)).unwrap();
        assert_eq!(meter.answered(data, at(101)), Some(Duration::from_secs(1)));
        assert_eq!(meter.answered(data, at(102)), None);
    }

    #[test]
    fn not_every_write_carries_a_ping() {
        let mut meter = Meter::default();
        let first = meter.ask(at(100)).unwrap();
        assert_eq!(meter.ask(at(109)), None);
        let second = meter.ask(at(110)).unwrap();
        assert_eq!(meter.answered(first, at(111)), None, "its time is over");
        assert_eq!(meter.answered(second, at(112)), Some(Duration::from_secs(2)));
    }

    #[test]
    fn pongs_of_the_servers_own_are_ignored() {
        let mut meter = Meter::default();
        assert_eq!(meter.answered([0; 4], at(1)), None);
        meter.ask(at(100));
        assert_eq!(meter.answered(*b"beat", at(101)), None);
    }
}
