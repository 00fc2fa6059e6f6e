//! What leads from one session of a client to the next.

use std::time::Duration;

use super::Reconnect;
use super::backoff::Backoff;
use crate::{DisconnectReason, Instant, Transport};

/// What follows each session of a client: another transport, another attempt, or nothing. A state machine without
/// I/O: time and randomness are arguments.
///
/// An *attempt* tries transports one after the other; each is a [`Session`](super::Session) of its own. Whoever
/// drives it has one session at a time, tells how it ended and does what [`Next`] says, so that there are never two
/// attempts at once.
///
/// ```
/// use std::time::Duration;
/// use engineio_proto::client::{Course, Next, Outcome, Reconnect};
/// use engineio_proto::{DisconnectReason, Instant, Transport};
///
/// let mut course = Course::new(Some(Reconnect::default()), Instant::EPOCH);
/// assert_eq!(course.attempt([Transport::Polling]), Transport::Polling);
/// // The session opens, and is lost an hour later.
/// let lasted = Duration::from_secs(3600);
/// let outcome = Outcome::Lost { reason: DisconnectReason::TransportClose, lasted };
/// let Next::Wait { attempt, delay } = course.ended(Instant::EPOCH + lasted, outcome, 0.0) else { panic!() };
/// assert_eq!((attempt, delay.as_millis()), (1, 500));
/// assert_eq!(course.attempt([Transport::Polling]), Transport::Polling);
/// ```
#[derive(Clone, Debug)]
pub struct Course {
    policy: Option<Reconnect>,
    backoff: Backoff,
    /// When the last session was lost, or the client began.
    since: Instant,
    /// Those that are left of this attempt, the next one last.
    transports: Vec<Transport>,
    /// Whether there was ever a session.
    was_open: bool,
    stopped: bool,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was open.
    Lost {
        /// Why it ended.
        reason: DisconnectReason,
        /// For how long it was open.
        lasted: Duration,
    },
    /// None came about.
    Failed(Failed),
}

/// What is known of an attempt that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failed {
    /// Another transport could do better: the server was reached, and did not refuse access.
    pub falls_through: bool,
    /// Trying again without changing anything is in vain.
    pub permanent: bool,
    /// When the server wants to be asked again.
    pub retry_after: Option<Duration>,
}

/// What follows a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// This transport, at once: it belongs to the same attempt.
    Try(Transport),
    /// Another attempt after this delay; [`attempt`](Course::attempt) begins it.
    Wait {
        /// The attempt's number since the last session that lasted, from 1.
        attempt: u32,
        /// How long to wait first.
        delay: Duration,
    },
    /// Nothing.
    Over,
}

impl Course {
    /// That of a client that is about to connect. Without a policy no session follows another.
    pub fn new(policy: Option<Reconnect>, now: Instant) -> Self {
        Self {
            policy,
            backoff: Backoff::default(),
            since: now,
            transports: Vec::new(),
            was_open: false,
            stopped: false,
        }
    }

    /// Begins an attempt that tries these transports in this order; returns the first, polling if there is none.
    pub fn attempt(&mut self, transports: impl IntoIterator<Item = Transport>) -> Transport {
        self.transports.clear();
        self.transports.extend(transports);
        self.transports.reverse();
        self.transports.pop().unwrap_or(Transport::Polling)
    }

    /// The number of the attempt under way since the last session that lasted; 0 for the client's first.
    pub const fn number(&self) -> u32 {
        self.backoff.attempt()
    }

    /// The application has closed the client: nothing follows any more.
    pub const fn stop(&mut self) {
        self.stopped = true;
    }

    /// Whether the application has closed the client.
    pub const fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Whether a session follows if the present one, which has been open for `lasted`, ends for this reason.
    pub fn follows(&self, reason: DisconnectReason, lasted: Duration) -> bool {
        let goes_on =
            |policy: &Reconnect| policy.follows(reason) && self.backoff.after(policy, lasted).goes_on(policy);
        !self.stopped && self.policy.as_ref().is_some_and(goes_on)
    }

    /// What follows the session that has just ended. `random` is from 0 to 1.
    pub fn ended(&mut self, now: Instant, outcome: Outcome, random: f64) -> Next {
        match outcome {
            Outcome::Lost { reason, lasted } => self.lost(now, reason, lasted, random),
            Outcome::Failed(failed) => self.failed(now, failed, random),
        }
    }

    fn lost(&mut self, now: Instant, reason: DisconnectReason, lasted: Duration, random: f64) -> Next {
        let follows = self.follows(reason, lasted);
        self.was_open = true;
        self.since = now;
        if let Some(policy) = &self.policy {
            self.backoff = self.backoff.after(policy, lasted);
        }
        if follows { self.schedule(now, random, None) } else { Next::Over }
    }

    fn failed(&mut self, now: Instant, failed: Failed, random: f64) -> Next {
        if self.stopped {
            return Next::Over;
        }
        if failed.falls_through
            && let Some(transport) = self.transports.pop()
        {
            return Next::Try(transport);
        }
        let again = self.policy.as_ref().is_some_and(|policy| self.was_open || policy.first_connect);
        if again && !failed.permanent { self.schedule(now, random, failed.retry_after) } else { Next::Over }
    }

    fn schedule(&mut self, now: Instant, random: f64, asked: Option<Duration>) -> Next {
        let Some(policy) = &self.policy else { return Next::Over };
        let elapsed = now.saturating_since(self.since);
        match self.backoff.next(policy, elapsed, random, asked) {
            Some(delay) => Next::Wait { attempt: self.backoff.attempt(), delay },
            None => Next::Over,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Transport; 2] = [Transport::Polling, Transport::WebSocket];
    const UNREACHABLE: Outcome =
        Outcome::Failed(Failed { falls_through: false, permanent: false, retry_after: None });
    const REFUSED: Outcome =
        Outcome::Failed(Failed { falls_through: true, permanent: false, retry_after: None });
    const LOST: Outcome = lost_after(60);

    const fn lost_after(seconds: u64) -> Outcome {
        Outcome::Lost { reason: DisconnectReason::TransportClose, lasted: Duration::from_secs(seconds) }
    }

    fn at(secs: u64) -> Instant {
        Instant::EPOCH + Duration::from_secs(secs)
    }

    /// A client whose first attempt is under way.
    fn course(policy: Option<Reconnect>) -> Course {
        let mut course = Course::new(policy, at(0));
        assert_eq!(course.attempt(BOTH), Transport::Polling);
        course
    }

    fn waits(next: Next) -> (u32, u128) {
        match next {
            Next::Wait { attempt, delay } => (attempt, delay.as_millis()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn without_a_policy_nothing_follows() {
        assert_eq!(course(None).ended(at(1), LOST, 0.0), Next::Over);
        assert_eq!(course(None).ended(at(1), UNREACHABLE, 0.0), Next::Over);
    }

    #[test]
    fn one_attempt_tries_each_transport_once() {
        let mut course = course(None);
        assert_eq!(course.ended(at(0), REFUSED, 0.0), Next::Try(Transport::WebSocket));
        assert_eq!(course.ended(at(0), REFUSED, 0.0), Next::Over);
    }

    #[test]
    fn a_server_that_is_not_reached_is_not_asked_for_another_transport() {
        let mut course = course(Some(Reconnect { first_connect: true, ..Reconnect::default() }));
        assert_eq!(waits(course.ended(at(0), UNREACHABLE, 0.0)), (1, 500));
        assert_eq!(course.attempt(BOTH), Transport::Polling, "a new attempt tries all of them");
        assert_eq!(course.ended(at(0), REFUSED, 0.0), Next::Try(Transport::WebSocket));
        assert_eq!(waits(course.ended(at(0), REFUSED, 0.0)), (2, 1000));
    }

    #[test]
    fn the_first_connection_is_tried_again_only_when_asked() {
        assert_eq!(course(Some(Reconnect::default())).ended(at(0), UNREACHABLE, 0.0), Next::Over);
        let mut later = course(Some(Reconnect::default()));
        assert_eq!(waits(later.ended(at(5), LOST, 0.0)), (1, 500));
        later.attempt(BOTH);
        assert_eq!(waits(later.ended(at(6), UNREACHABLE, 0.0)), (2, 1000), "there was a session");
    }

    #[test]
    fn a_session_ends_the_count_and_the_time() {
        let policy = Reconnect {
            max_attempts: Some(2),
            max_elapsed: Some(Duration::from_secs(9)),
            ..Reconnect::default()
        };
        let mut course = course(Some(policy));
        for lost in [100, 200, 300] {
            assert_eq!(waits(course.ended(at(lost), LOST, 0.0)), (1, 500));
            course.attempt(BOTH);
            assert_eq!(waits(course.ended(at(lost + 1), UNREACHABLE, 0.0)), (2, 1000));
            course.attempt(BOTH);
        }
        assert_eq!(course.ended(at(302), UNREACHABLE, 0.0), Next::Over, "two attempts and no session");
        assert_eq!(course.number(), 2);
    }

    #[test]
    fn a_session_that_is_lost_at_once_does_not_end_the_count() {
        let mut course = course(Some(Reconnect::default()));
        for expected in [(1, 500), (2, 1000), (3, 2000), (4, 4000), (5, 8000), (6, 10_000), (7, 10_000)] {
            assert_eq!(waits(course.ended(at(1), lost_after(4), 0.0)), expected);
            course.attempt(BOTH);
        }
        assert_eq!(waits(course.ended(at(1), lost_after(5), 0.0)), (1, 500), "this one lasted");
    }

    #[test]
    fn whether_a_session_follows_is_known_before_it_is_planned() {
        let attempts = Reconnect { max_attempts: Some(3), ..Reconnect::default() };
        let elapsed = Reconnect { max_elapsed: Some(Duration::from_secs(3)), ..Reconnect::default() };
        for policy in [attempts, elapsed] {
            let mut course = course(Some(policy));
            for _ in 0..3 {
                assert!(course.follows(DisconnectReason::TransportClose, Duration::ZERO));
                assert_ne!(course.ended(at(1), lost_after(0), 0.0), Next::Over);
                course.attempt(BOTH);
            }
            assert!(course.follows(DisconnectReason::TransportClose, Duration::from_secs(5)));
            assert!(!course.follows(DisconnectReason::TransportClose, Duration::ZERO));
            assert_eq!(course.ended(at(1), lost_after(0), 1.0), Next::Over, "as was foretold");
        }
    }

    #[test]
    fn time_limits_attempts_from_the_loss_on() {
        let policy = Reconnect { max_elapsed: Some(Duration::from_secs(3)), ..Reconnect::default() };
        let mut course = course(Some(policy));
        assert_eq!(waits(course.ended(at(100), LOST, 0.0)), (1, 500));
        assert_eq!(waits(course.ended(at(101), UNREACHABLE, 0.0)), (2, 1000));
        assert_eq!(course.ended(at(102), UNREACHABLE, 0.0), Next::Over, "4 s would be too late");
    }

    #[test]
    fn what_is_permanent_or_stopped_is_over() {
        let policy = Some(Reconnect { first_connect: true, ..Reconnect::default() });
        let denied = Outcome::Failed(Failed { permanent: true, ..Failed::default() });
        assert_eq!(course(policy.clone()).ended(at(0), denied, 0.0), Next::Over);
        for outcome in [LOST, REFUSED, UNREACHABLE] {
            let mut course = course(policy.clone());
            course.stop();
            assert!(!course.follows(DisconnectReason::PingTimeout, Duration::MAX));
            assert_eq!(course.ended(at(0), outcome, 0.0), Next::Over);
        }
    }

    #[test]
    fn reasons() {
        let quiet = Reconnect { after_server_disconnect: false, ..Reconnect::default() };
        let never = Reconnect { max_attempts: Some(0), ..Reconnect::default() };
        let (client, server) = (DisconnectReason::ClientDisconnect, DisconnectReason::ServerDisconnect);
        for (policy, reason, follows) in [
            (Reconnect::default(), DisconnectReason::PingTimeout, true),
            (Reconnect::default(), server, true),
            (Reconnect::default(), client, false),
            (quiet.clone(), server, false),
            (quiet, DisconnectReason::TransportError, true),
            (never.clone(), server, false),
            (never, DisconnectReason::TransportError, false),
        ] {
            let mut course = course(Some(policy));
            assert_eq!(course.follows(reason, Duration::ZERO), follows, "{reason}");
            let next = course.ended(at(1), Outcome::Lost { reason, lasted: Duration::ZERO }, 1.0);
            assert_eq!(matches!(next, Next::Wait { attempt: 1, .. }), follows, "{reason}");
        }
    }

    #[test]
    fn a_server_may_ask_for_patience() {
        let mut course = course(Some(Reconnect { first_connect: true, ..Reconnect::default() }));
        let asks = |secs| {
            let retry_after = Some(Duration::from_secs(secs));
            Outcome::Failed(Failed { retry_after, ..Failed::default() })
        };
        assert_eq!(waits(course.ended(at(0), asks(3), 1.0)), (1, 3000));
        assert_eq!(waits(course.ended(at(0), asks(3000), 1.0)), (2, 10_000), "up to the longest delay");
    }
}
