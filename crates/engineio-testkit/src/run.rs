//! A run: everything drawn from a seed, driven to its end, and judged.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use engineio_proto::{DisconnectReason, Instant, Transport};

use crate::config::PairConfig;
use crate::draw;
use crate::fault::{Fault, FaultKind};
use crate::pair::{Pair, Side};
use crate::rng::Rng;
use crate::script::Script;
use crate::trace::Trace;
use crate::verdict;

/// What may go wrong in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing: things only take their time. Everything must be delivered.
    Calm,
    /// Upgrades, before they are complete. Everything must be delivered.
    Upgrades,
    /// Everything. What is delivered must be a beginning of what was sent, and the rest accounted for.
    Storm,
}

impl Mode {
    /// Whether everything must be delivered.
    pub const fn is_lossless(self) -> bool {
        matches!(self, Self::Calm | Self::Upgrades)
    }
}

/// What a run was like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Steps of the virtual clock.
    pub steps: u32,
    /// Faults that hit something.
    pub faults: Vec<FaultKind>,
    /// Whether both sides were told of an upgrade.
    pub upgraded: bool,
    /// Messages that were accepted for sending.
    pub sent: u64,
    /// Messages that were delivered.
    pub delivered: u64,
    /// How it ended for the client and for the server.
    pub reasons: (Option<DisconnectReason>, Option<DisconnectReason>),
}

/// A run, with everything that its seed decides.
#[derive(Debug)]
pub struct Run {
    mode: Mode,
    pair: Pair,
    script: Script,
    faults: Vec<Fault>,
    steps: u32,
    hits: Vec<FaultKind>,
    /// When its script gave up waiting or ended it, or a session ended by itself.
    ending_since: Option<Instant>,
    scripted: bool,
}

/// Steps that no run should need.
const MAX_STEPS: u32 = 20_000;

/// How long a run that should end when everything is delivered waits for that.
const PATIENCE: Duration = Duration::from_secs(40);

impl Run {
    /// Draws a run from its seed.
    pub fn draw(seed: u64, mode: Mode, trace: Trace) -> Self {
        let mut rng = Rng::new(seed ^ 0x5eed);
        let config = draw::config(&mut rng, mode);
        let ms = Duration::from_millis;
        let span = rng.pick(&[ms(20), ms(200), ms(1500)]).unwrap_or_default();
        let longest = if mode.is_lossless() { ms(300) } else { ms(8000) };
        let script = Script::draw(&mut rng, span, longest);
        let faults = draw::faults(&mut rng, mode);
        trace.note(Instant::EPOCH, || format!("seed {seed}, {mode:?}, {config:?}"));
        trace.note(Instant::EPOCH, || format!("{script:?}, {faults:?}"));
        let pair = Pair::new(config, seed, trace);
        Self { mode, pair, script, faults, steps: 0, hits: Vec::new(), ending_since: None, scripted: false }
    }

    /// Drives it to its end.
    ///
    /// # Errors
    ///
    /// The promise that a session broke.
    pub fn execute(mut self) -> Result<Summary, String> {
        self.pair.settle()?;
        while !self.pair.is_over() {
            self.step()?;
        }
        verdict::judge(&self.pair, self.mode, self.script.ending, self.scripted)?;
        Ok(self.summary())
    }

    fn step(&mut self) -> Result<(), String> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err("the run does not end".to_owned());
        }
        self.script.play(&mut self.pair);
        self.inject();
        self.end();
        self.check_deadline()?;
        self.pair.settle()?;
        verdict::check_limits(&self.pair)?;
        if !self.pair.is_over() {
            let limit = self.script.next_time().unwrap_or(self.pair.now() + Duration::from_secs(1));
            self.pair.drive(limit)?;
        }
        Ok(())
    }

    /// Lets the faults happen whose time has come.
    fn inject(&mut self) {
        let (pair, steps, mode, hits) = (&mut self.pair, self.steps, self.mode, &mut self.hits);
        self.faults.retain(|fault| {
            // Once the session has moved, an upgrade cannot fail any more.
            let late = mode == Mode::Upgrades && pair.client().transport() == Transport::WebSocket;
            let hit = fault.step <= steps && !late && pair.inject(fault.kind);
            hits.extend(hit.then_some(fault.kind));
            !hit
        });
    }

    fn end(&mut self) {
        let patience = Instant::EPOCH + PATIENCE;
        if self.ending_since.is_none() {
            let open = self.pair.client().is_open();
            let over =
                [Side::Client, Side::Server].into_iter().any(|side| self.pair.app(side).end().is_some());
            let scripted = !over && self.script.end(&mut self.pair, patience);
            if over || scripted {
                self.ending_since = Some(self.pair.now());
                self.scripted = scripted && open;
            }
        }
    }

    /// Once one side is done, the other must notice in a time that the settings bound.
    fn check_deadline(&self) -> Result<(), String> {
        let deadline = self.ending_since.map(|since| since + bound(&self.pair.config));
        if deadline.is_some_and(|deadline| self.pair.now() > deadline) {
            return Err("a session outlived its deadlines".to_owned());
        }
        Ok(())
    }

    fn summary(&self) -> Summary {
        let (client, server) = (self.pair.app(Side::Client), self.pair.app(Side::Server));
        Summary {
            steps: self.steps,
            faults: self.hits.clone(),
            upgraded: client.is_upgraded() && server.is_upgraded(),
            sent: (client.sent().len() + server.sent().len()) as u64,
            delivered: client.delivered() + server.delivered(),
            reasons: (client.end().map(|end| end.reason), server.end().map(|end| end.reason)),
        }
    }
}

/// The longest time from the first sign of an end to the last: a heartbeat, a closing, the longest that an
/// application is busy or a timer late.
fn bound(config: &PairConfig) -> Duration {
    let server = &config.server;
    let heartbeat = server.ping_interval + server.ping_timeout;
    let closing = server.close_timeout + config.client.close_timeout;
    heartbeat * 2 + closing + Duration::from_secs(30)
}

/// Runs each of these seeds and hands every summary to `each`.
///
/// # Panics
///
/// When a run fails: with one line that repeats it, and what happened in it.
pub fn check_seeds(seeds: impl IntoIterator<Item = u64>, mode: Mode, mut each: impl FnMut(Summary)) {
    for seed in seeds {
        match execute(seed, mode, &Trace::off()) {
            Ok(summary) => each(summary),
            Err(broken) => report(seed, mode, &broken),
        }
    }
}

fn execute(seed: u64, mode: Mode, trace: &Trace) -> Result<Summary, String> {
    let run = AssertUnwindSafe(|| Run::draw(seed, mode, trace.clone()).execute());
    catch_unwind(run).unwrap_or_else(|_| Err("a session panicked".to_owned()))
}

/// Runs it again, this time with a trace.
#[expect(clippy::panic, reason = "that is how a test fails")]
fn report(seed: u64, mode: Mode, broken: &str) -> ! {
    let trace = Trace::on();
    let again = execute(seed, mode, &trace).err().unwrap_or_default();
    panic!(
        "{broken}\n{}\n{again}\nrepeat with: ENGINEIO_SEED={seed} cargo test -p engineio-testkit {}\n",
        trace.text(),
        format!("{mode:?}").to_lowercase(),
    );
}
