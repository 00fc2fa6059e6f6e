//! When the command is done.

use std::time::Duration;

use engineio::DisconnectReason;
use engineio::client::Disconnect;

use super::outcome::Outcome;

/// How long to listen after the end of the input where nothing else was said.
const LINGER: Duration = Duration::from_secs(1);

/// What the command waits for.
#[derive(Clone, Debug)]
pub(crate) struct Goal {
    count: Option<u64>,
    linger: Option<Duration>,
    received: u64,
    input_ended: bool,
    opened: bool,
}

impl Goal {
    /// `count` messages, or `linger` after the end of the input.
    pub(crate) fn new(count: Option<u64>, linger: Option<Duration>) -> Self {
        let linger = linger.or(count.is_none().then_some(LINGER));
        Self { count, linger, received: 0, input_ended: false, opened: false }
    }

    /// A session has begun.
    pub(crate) fn opened(&mut self) {
        self.opened = true;
    }

    /// Returns true once a session has opened.
    pub(crate) fn has_opened(&self) -> bool {
        self.opened
    }

    /// A message came.
    pub(crate) fn received(&mut self) {
        self.received += 1;
    }

    /// The input has ended, and all of it was sent. Gives how long to go on listening; none means until enough came.
    pub(crate) fn input_ended(&mut self) -> Option<Duration> {
        self.input_ended = true;
        self.linger
    }

    /// Whether enough messages came.
    pub(crate) fn is_reached(&self) -> bool {
        self.count.is_some_and(|count| self.received >= count)
    }

    /// The lingering is over.
    pub(crate) fn lingered(&self) -> Outcome {
        self.missing().map_or(Outcome::Done, Outcome::Missing)
    }

    /// The session has ended, and no other will follow.
    pub(crate) fn ended(&self, end: &Disconnect) -> Outcome {
        if let Some(missing) = self.missing() {
            return Outcome::Missing(format!("{missing}: the session ended: {end}"));
        }
        let in_order =
            matches!(end.reason, DisconnectReason::ServerDisconnect | DisconnectReason::ClientDisconnect);
        if in_order && end.unconfirmed == 0 { Outcome::Done } else { Outcome::Lost(end.to_string()) }
    }

    /// Time ran out.
    pub(crate) fn timed_out(&self, after: Duration) -> Outcome {
        let after = humantime::format_duration(after);
        let state = match self.missing() {
            _ if !self.opened => "there was no session".to_owned(),
            Some(missing) => missing,
            None if !self.input_ended => "standard input had not ended".to_owned(),
            None => "the time to linger had not passed".to_owned(),
        };
        Outcome::Missing(format!("after {after}, {state}"))
    }

    fn missing(&self) -> Option<String> {
        let count = self.count.filter(|count| self.received < *count)?;
        Some(format!("only {} of {count} messages had come", self.received))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(reason: DisconnectReason, unconfirmed: u64) -> Disconnect {
        Disconnect { reason, detail: "why".to_owned(), unconfirmed, reconnects: false }
    }

    #[test]
    fn a_count_decides_alone_unless_a_linger_is_given() {
        assert_eq!(Goal::new(None, None).input_ended(), Some(LINGER));
        assert_eq!(Goal::new(Some(2), None).input_ended(), None);
        let given = Duration::from_secs(3);
        assert_eq!(Goal::new(Some(2), Some(given)).input_ended(), Some(given));
    }

    #[test]
    fn enough_messages_are_enough() {
        let mut goal = Goal::new(Some(2), None);
        goal.received();
        assert!(!goal.is_reached());
        assert!(matches!(goal.lingered(), Outcome::Missing(words) if words.contains("1 of 2")));
        goal.received();
        assert!(goal.is_reached());
        assert_eq!(goal.lingered(), Outcome::Done);
    }

    #[test]
    fn an_end_in_order_is_success_unless_something_is_missing() {
        let goal = Goal::new(None, None);
        assert_eq!(goal.ended(&end(DisconnectReason::ServerDisconnect, 0)), Outcome::Done);
        assert!(matches!(goal.ended(&end(DisconnectReason::ServerDisconnect, 1)), Outcome::Lost(_)));
        assert!(matches!(goal.ended(&end(DisconnectReason::PingTimeout, 0)), Outcome::Lost(_)));
        let goal = Goal::new(Some(1), None);
        assert!(matches!(goal.ended(&end(DisconnectReason::ServerDisconnect, 0)), Outcome::Missing(_)));
    }

    #[test]
    fn a_timeout_names_what_is_missing() {
        let words = |goal: &Goal| match goal.timed_out(Duration::from_secs(2)) {
            Outcome::Missing(words) => words,
            other => panic!("{other:?}"),
        };
        let mut goal = Goal::new(Some(3), None);
        assert_eq!(words(&goal), "after 2s, there was no session");
        goal.opened();
        assert_eq!(words(&goal), "after 2s, only 0 of 3 messages had come");
        let mut goal = Goal::new(None, None);
        goal.opened();
        assert_eq!(words(&goal), "after 2s, standard input had not ended");
    }
}
