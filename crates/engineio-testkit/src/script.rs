//! What the applications do in a run.

use std::collections::VecDeque;
use std::time::Duration;

use engineio_proto::Instant;

use crate::pair::{Pair, Side};
use crate::rng::Rng;

/// Something that an application does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Sends so many messages.
    Send(Side, u64),
    /// Handles nothing for so long.
    BeBusy(Side, Duration),
}

/// How a run ends unless a fault ends it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// When everything has been delivered, that side closes.
    Idle(Side),
    /// That side closes then, whatever waits.
    Early(Side, Instant),
    /// The client's application ends the session then, at once.
    Abort(Instant),
    /// The server shuts down then, whatever waits.
    Leave(Instant),
}

/// What the applications do, and when.
#[derive(Clone, Debug)]
pub struct Script {
    actions: VecDeque<(Instant, Action)>,
    /// How it ends.
    pub ending: Ending,
}

impl Script {
    /// A script for a run of about `span`, in which nobody is busy for longer than `longest`.
    pub fn draw(rng: &mut Rng, span: Duration, longest: Duration) -> Self {
        let mut actions = Vec::new();
        for side in [Side::Client, Side::Server] {
            for _ in 0..rng.below(7) {
                let at = Instant::EPOCH + rng.between(Duration::ZERO, span);
                actions.push((at, Action::Send(side, 1 + rng.below(9))));
            }
            if rng.one_in(8) {
                let at = Instant::EPOCH + rng.between(Duration::ZERO, span);
                actions.push((at, Action::BeBusy(side, rng.between(Duration::ZERO, longest))));
            }
        }
        actions.sort_by_key(|(at, _)| *at);
        let side = if rng.one_in(2) { Side::Client } else { Side::Server };
        let at = Instant::EPOCH + rng.between(Duration::ZERO, span);
        let ending = match rng.below(10) {
            0..4 => Ending::Idle(side),
            4..7 => Ending::Early(side, at),
            7..9 => Ending::Leave(at),
            _ => Ending::Abort(at),
        };
        Self { actions: actions.into(), ending }
    }

    /// When the next action is due.
    pub fn next_time(&self) -> Option<Instant> {
        self.actions.front().map(|(at, _)| *at)
    }

    /// Does what is due.
    pub fn play(&mut self, pair: &mut Pair) {
        while let Some((_, action)) = self.actions.front().filter(|(at, _)| *at <= pair.now()) {
            match *action {
                Action::Send(side, count) => pair.send(side, count),
                Action::BeBusy(side, time) => pair.be_busy(side, time),
            }
            self.actions.pop_front();
        }
    }

    /// Ends the session when its time has come. `patience` is how long an idle ending waits at most.
    pub fn end(&mut self, pair: &mut Pair, patience: Instant) -> bool {
        let now = pair.now();
        let due = match self.ending {
            Ending::Idle(_) if now < patience => {
                self.actions.is_empty() && pair.client().is_open() && pair.is_idle()
            }
            Ending::Idle(_) => true,
            Ending::Early(_, at) | Ending::Abort(at) | Ending::Leave(at) => at <= now,
        };
        // Nobody can close what has not begun.
        let begun = pair.server().is_some() || now >= patience;
        if due && begun {
            match self.ending {
                Ending::Idle(side) | Ending::Early(side, _) => pair.close(side),
                Ending::Abort(_) => pair.abort(),
                Ending::Leave(_) => pair.leave(),
            }
        }
        due && begun
    }
}
