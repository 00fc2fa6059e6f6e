//! A client that connects again: one pair after the other, under one clock.

use std::time::Duration;

use engineio_proto::client::{Course, Failed, Next, Outcome, Reconnect};
use engineio_proto::{Instant, Transport};

use crate::app::End;
use crate::config::PairConfig;
use crate::pair::{Pair, Side};
use crate::rng::Rng;
use crate::trace::Trace;

/// What the client's application is told, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A session has begun.
    Open,
    /// The session ended.
    Disconnected(End),
    /// The attempt of this number failed.
    Failed(u32),
    /// The next attempt begins after this delay.
    Reconnecting {
        /// Its number.
        attempt: u32,
        /// How long the client waits first.
        delay: Duration,
    },
}

/// A client that connects again as its policy says, each time to a server that has forgotten it.
///
/// ```
/// use engineio_proto::client::Reconnect;
/// use engineio_testkit::{FaultKind, Journey, PairConfig, Reach};
///
/// let mut journey = Journey::new(PairConfig::default(), Some(Reconnect::default()), 1);
/// journey.drive_until(Journey::is_open)?;
/// journey.pair_mut().inject(FaultKind::Part);
/// journey.drive_until(|journey| !journey.is_open())?;
/// journey.pair_mut().set_reach(Reach::Open);
/// journey.drive_until(Journey::is_open)?;
/// # Ok::<(), String>(())
/// ```
#[derive(Debug)]
pub struct Journey {
    pair: Pair,
    course: Course,
    rng: Rng,
    transports: Vec<Transport>,
    state: State,
    /// When the present session, or the last one, opened.
    opened: Instant,
    told: Vec<(Instant, Told)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// An attempt is under way.
    Connecting,
    Open,
    /// The next attempt begins then.
    Waiting(Instant),
    Over,
}

impl Journey {
    /// A client that is about to connect. It begins with the transport of `config`, and may fall through to the
    /// other one.
    pub fn new(config: PairConfig, policy: Option<Reconnect>, seed: u64) -> Self {
        let first = config.first;
        let second = if first == Transport::Polling { Transport::WebSocket } else { Transport::Polling };
        let transports = vec![first, second];
        let mut course = Course::new(policy, Instant::EPOCH);
        course.attempt(transports.iter().copied());
        let pair = Pair::new(config, seed, Trace::off());
        let rng = Rng::new(seed ^ 0x7a1);
        Self {
            pair,
            course,
            rng,
            transports,
            state: State::Connecting,
            opened: Instant::EPOCH,
            told: Vec::new(),
        }
    }

    /// The present sessions.
    pub const fn pair(&self) -> &Pair {
        &self.pair
    }

    /// The present sessions, to do something with.
    pub const fn pair_mut(&mut self) -> &mut Pair {
        &mut self.pair
    }

    /// What the application was told so far.
    pub fn told(&self) -> &[(Instant, Told)] {
        &self.told
    }

    /// Whether a session is open and the application knows.
    pub fn is_open(&self) -> bool {
        self.state == State::Open && self.pair.client().is_open()
    }

    /// Whether the client waits for its next attempt.
    pub const fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting(_))
    }

    /// Whether no session follows any more.
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// The application closes the client at once.
    pub fn abort(&mut self) {
        self.course.stop();
        match self.state {
            State::Connecting | State::Open => self.pair.abort(),
            State::Waiting(_) | State::Over => self.state = State::Over,
        }
    }

    /// Lets time pass to whatever happens next, at most to `limit`. False when nothing happens before it.
    ///
    /// # Errors
    ///
    /// A promise that a session broke.
    pub fn drive(&mut self, limit: Instant) -> Result<bool, String> {
        match self.state {
            State::Waiting(until) if until <= limit => {
                self.pair.settle()?;
                while self.pair.drive(until)? {}
                self.begin_attempt();
                self.pair.settle()?;
            }
            _ => {
                if !self.pair.drive(limit)? {
                    return Ok(false);
                }
            }
        }
        self.look()?;
        Ok(true)
    }

    /// Drives until `condition` holds.
    ///
    /// # Errors
    ///
    /// A promise that a session broke, or that it never held within a day.
    pub fn drive_until(&mut self, condition: impl Fn(&Self) -> bool) -> Result<(), String> {
        let limit = self.pair.now() + Duration::from_secs(24 * 3600);
        self.pair.settle()?;
        self.look()?;
        while !condition(self) {
            if !self.drive(limit)? {
                return Err("what was waited for never happened".to_owned());
            }
        }
        Ok(())
    }

    fn begin_attempt(&mut self) {
        let transport = self.course.attempt(self.transports.iter().copied());
        self.state = State::Connecting;
        self.pair.renew(transport);
    }

    /// Looks at what became of the client's session.
    fn look(&mut self) -> Result<(), String> {
        if self.state == State::Connecting && self.pair.client().open_packet().is_some() {
            self.state = State::Open;
            self.opened = self.pair.now();
            self.tell(Told::Open);
        }
        if !matches!(self.state, State::Connecting | State::Open) || !self.pair.client().wants().finished {
            return Ok(());
        }
        let Some(end) = self.pair.app(Side::Client).end().cloned() else { return Ok(()) };
        let outcome = match self.state {
            State::Open => {
                let lasted = self.pair.now().saturating_since(self.opened);
                Outcome::Lost { reason: end.reason, lasted }
            }
            // A refusal comes as a status; without one the server was not reached.
            _ => {
                Outcome::Failed(Failed { falls_through: end.detail.contains("status"), ..Failed::default() })
            }
        };
        let (number, random) = (self.course.number(), self.rng.below(1001));
        #[expect(clippy::cast_precision_loss, reason = "at most a thousand")]
        let next = self.course.ended(self.pair.now(), outcome, random as f64 / 1000.0);
        match (outcome, next) {
            (Outcome::Lost { .. }, _) => self.tell(Told::Disconnected(end)),
            (Outcome::Failed(_), Next::Try(_)) => {}
            (Outcome::Failed(_), _) => self.tell(Told::Failed(number)),
        }
        self.follow(next)
    }

    fn follow(&mut self, next: Next) -> Result<(), String> {
        match next {
            Next::Over => self.state = State::Over,
            Next::Try(transport) => {
                self.state = State::Connecting;
                self.pair.renew(transport);
                self.pair.settle()?;
            }
            Next::Wait { attempt, delay } => {
                self.tell(Told::Reconnecting { attempt, delay });
                self.state = State::Waiting(self.pair.now() + delay);
            }
        }
        Ok(())
    }

    fn tell(&mut self, told: Told) {
        self.told.push((self.pair.now(), told));
    }
}
