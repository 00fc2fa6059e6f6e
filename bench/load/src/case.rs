//! What is measured, and the limits.

use anyhow::Result;

use crate::{
    broadcast::Broadcast,
    drive::{Load, drive},
    echo::{Echo, Shape},
    frame::Kind,
    held::Held,
    idle,
    meter::{Meter, Plan, Reading},
    peer::{Mode, Peer},
    polling::Polling,
    server::Server,
};

/// One thing that is measured.
#[derive(Debug)]
pub struct Case {
    /// How it is called on the command line.
    pub name: &'static str,
    /// What is measured.
    pub title: &'static str,
    /// The unit of its figure.
    pub unit: &'static str,
    /// Which of several readings is the figure.
    pub pick: Pick,
    /// What our figure must not exceed; without one it is only shown.
    pub limits: &'static [Limit],
    /// The work that is measured.
    work: Work,
}

/// Which of several readings is the figure.
#[derive(Clone, Copy, Debug)]
pub enum Pick {
    /// The middle one.
    Median,
    /// The smallest one: the least disturbed, where the difference between servers is small.
    Minimum,
}

/// What our figure must not exceed.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// A multiple of another server's figure.
    Times(f64, Peer),
    /// A value in the unit of the case.
    Value(f64),
}

#[derive(Clone, Copy, Debug)]
enum Work {
    Broadcast,
    Churn,
    Echo(Shape),
    /// Groups, and clients in each.
    Held(usize, usize),
    /// With a message of that many bytes before, or none.
    Idle(Option<usize>),
    Opening,
    Polling,
}

const SMALL: usize = 32;
const POLLING_CLIENTS: usize = 100;
const BROADCAST_SESSIONS: usize = 1_000;
const IDLE_SESSIONS: usize = 5_000;
const OPENED_SESSIONS: usize = 2_000;

/// A polling payload with a message of 32 bytes.
const POLLING_MESSAGE: &str = "4The quick brown fox jumps over th";

const PER_MESSAGE: &str = "us/message";
const PER_DELIVERY: &str = "us/delivery";
const PER_ROUND_TRIP: &str = "us/round trip";

const fn echo(size: usize, in_flight: usize) -> Work {
    Work::Echo(Shape { sessions: 100, size, in_flight })
}

/// All cases.
pub const CASES: &[Case] = &[
    Case {
        name: "echo-32x16",
        title: "WebSocket echo, 32 B, 16 in flight",
        unit: PER_MESSAGE,
        pick: Pick::Minimum,
        limits: &[Limit::Times(1.25, Peer::Raw), Limit::Times(0.60, Peer::Engineioxide)],
        work: echo(SMALL, 16),
    },
    Case {
        name: "echo-32x1",
        title: "WebSocket echo, 32 B, 1 in flight",
        unit: PER_MESSAGE,
        pick: Pick::Median,
        limits: &[Limit::Times(1.0, Peer::Engineioxide)],
        work: echo(SMALL, 1),
    },
    Case {
        name: "echo-1kx16",
        title: "WebSocket echo, 1 KiB, 16 in flight",
        unit: PER_MESSAGE,
        pick: Pick::Median,
        limits: &[Limit::Times(0.60, Peer::Engineioxide)],
        work: echo(1024, 16),
    },
    Case {
        name: "echo-64kx1",
        title: "WebSocket echo, 64 KiB, 1 in flight",
        unit: PER_MESSAGE,
        pick: Pick::Median,
        limits: &[Limit::Times(0.60, Peer::Engineioxide)],
        work: echo(64 * 1024, 1),
    },
    Case {
        name: "polling",
        title: "polling, 100 clients, POST then GET",
        unit: PER_ROUND_TRIP,
        pick: Pick::Median,
        limits: &[Limit::Times(0.85, Peer::Engineioxide)],
        work: Work::Polling,
    },
    Case {
        name: "broadcast",
        title: "broadcast of 32 B to 1 000 WebSocket sessions",
        unit: PER_DELIVERY,
        pick: Pick::Median,
        limits: &[Limit::Times(0.80, Peer::Engineioxide)],
        work: Work::Broadcast,
    },
    Case {
        name: "idle",
        title: "5 000 idle WebSocket sessions, memory",
        unit: "B/session",
        pick: Pick::Median,
        limits: &[Limit::Value(3_000.0)],
        work: Work::Idle(None),
    },
    Case {
        name: "churn",
        title: "5 x 5 000 sessions, growth of memory",
        unit: "%",
        pick: Pick::Median,
        limits: &[Limit::Value(5.0)],
        work: Work::Churn,
    },
    Case {
        name: "idle-used",
        title: "5 000 sessions after a 1 KiB echo, memory",
        unit: "B/session",
        pick: Pick::Median,
        limits: &[],
        work: Work::Idle(Some(1024)),
    },
    Case {
        name: "open",
        title: "opening a WebSocket session",
        unit: "us/session",
        pick: Pick::Median,
        limits: &[],
        work: Work::Opening,
    },
    Case {
        name: "polling-held",
        title: "polling, 100 clients, POST beside a held GET",
        unit: PER_ROUND_TRIP,
        pick: Pick::Median,
        limits: &[],
        work: Work::Held(POLLING_CLIENTS, 1),
    },
    Case {
        name: "polling-broadcast",
        title: "broadcast of 32 B to 100 polling sessions",
        unit: PER_DELIVERY,
        pick: Pick::Median,
        limits: &[],
        work: Work::Held(1, POLLING_CLIENTS),
    },
];

impl Case {
    /// Whether `peer` can do the work at all.
    pub fn suits(&self, peer: Peer) -> bool {
        peer.is_engineio() || matches!(self.work, Work::Echo(_))
    }

    /// What the server must do with messages.
    pub fn mode(&self) -> Mode {
        match self.work {
            Work::Broadcast | Work::Held(1, _) => Mode::Broadcast,
            _ => Mode::Echo,
        }
    }

    /// Does the work once with a fresh server.
    pub fn run(&self, server: &Server, peer: Peer, kind: Kind, plan: Plan) -> Result<Reading> {
        match self.work {
            Work::Broadcast => {
                measure(Broadcast::open(server, kind, BROADCAST_SESSIONS, SMALL)?, server, plan)
            }
            Work::Churn => idle::churn(server, IDLE_SESSIONS),
            Work::Echo(shape) => measure(Echo::open(server, peer, kind, shape)?, server, plan),
            Work::Held(groups, clients) => {
                measure(Held::open(server, groups, clients, POLLING_MESSAGE)?, server, plan)
            }
            Work::Idle(used) => idle::memory(server, IDLE_SESSIONS, used),
            Work::Opening => idle::opening(server, OPENED_SESSIONS),
            Work::Polling => measure(Polling::open(server, POLLING_CLIENTS, POLLING_MESSAGE)?, server, plan),
        }
    }
}

fn measure(mut load: impl Load, server: &Server, plan: Plan) -> Result<Reading> {
    drive(&mut load, &mut Meter::new(server, plan))
}

impl Pick {
    /// The figure that stands for all `values`.
    pub fn of(self, mut values: Vec<f64>) -> Option<f64> {
        values.sort_by(f64::total_cmp);
        match self {
            Self::Median => {
                let upper = *values.get(values.len() / 2)?;
                let lower = *values.get(values.len().checked_sub(1)? / 2)?;
                Some(f64::midpoint(lower, upper))
            }
            Self::Minimum => values.first().copied(),
        }
    }

    /// How it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Median => "median",
            Self::Minimum => "minimum",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pick;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(Pick::Median.of(vec![4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(Pick::Median.of(vec![4.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(Pick::Median.of(vec![]), None);
    }
}
