//! What can be measured.

use anyhow::Result;

use crate::{
    broadcast::Broadcast,
    drive::{Drive, Job},
    echo::{Echo, Shape},
    frame::Kind,
    held::Held,
    idle,
    meter::Reading,
    peer::{Mode, Peer},
    pick::Pick,
    polling::Polling,
    python::Host,
    server::Server,
};

/// One thing that is measured.
#[derive(Debug)]
pub struct Case {
    /// How it is called on the command line.
    pub name: &'static str,
    /// What is measured.
    pub title: &'static str,
    /// What hosts the servers, for those of Python.
    pub host: Option<Host>,
    /// The unit of its figure.
    pub unit: &'static str,
    /// Which of several readings is the figure.
    pub pick: Pick,
    /// What our figure must not exceed; without one it is only shown.
    pub limits: &'static [Limit],
    /// The work that is measured.
    pub work: Work,
}

/// What our figure must not exceed.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// A multiple of another server's figure.
    Times(f64, Peer),
    /// A value in the unit of the case.
    Value(f64),
}

/// The work that is measured.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// Sessions as such; the servers are measured one after the other.
    Sessions(Sessions),
    /// Messages; the servers are loaded in turns, slice by slice.
    Traffic(Traffic),
}

/// Work with sessions that carry hardly any messages.
#[derive(Clone, Copy, Debug)]
pub enum Sessions {
    /// Opening and closing many, again and again.
    Churn,
    /// Keeping many, after a message of that many bytes or none.
    Idle(Option<usize>),
    /// Opening many.
    Opening,
}

/// Work with messages.
#[derive(Clone, Copy, Debug)]
pub enum Traffic {
    /// One WebSocket session sends to all.
    Broadcast {
        /// How many sessions there are.
        sessions: usize,
    },
    /// WebSocket sessions get back what they send.
    Echo(Shape),
    /// In each group one client sends to all of its group, whose polls are held open.
    Held {
        /// How many groups there are.
        groups: usize,
        /// How many clients each group has.
        clients: usize,
    },
    /// Clients that post, and then poll.
    Polling {
        /// How many clients there are.
        clients: usize,
    },
}

/// How many polling sessions there are.
pub const POLLING_CLIENTS: usize = 100;

const BROADCAST_BYTES: usize = 32;
const IDLE_SESSIONS: usize = 5_000;
const OPENED_SESSIONS: usize = 2_000;

/// A polling payload with a message of 32 bytes.
const POLLING_MESSAGE: &str = "4The quick brown fox jumps over t";

impl Case {
    /// Whether `peer` can do the work at all.
    pub fn suits(&self, peer: Peer) -> bool {
        match self.host {
            Some(_) => peer.is_python(),
            None if peer == Peer::PythonEngineio => false,
            None => peer.is_engineio() || matches!(self.work, Work::Traffic(Traffic::Echo(_))),
        }
    }

    /// The server that a case without limits is compared with.
    pub fn rival(&self) -> Peer {
        if self.host.is_some() { Peer::PythonEngineio } else { Peer::Engineioxide }
    }

    /// What the server must do with messages.
    pub fn mode(&self) -> Mode {
        match self.work {
            Work::Traffic(Traffic::Broadcast { .. } | Traffic::Held { groups: 1, .. }) => Mode::Broadcast,
            _ => Mode::Echo,
        }
    }
}

impl Sessions {
    /// Does the work.
    pub fn reading(self, server: &Server) -> Result<Reading> {
        match self {
            Self::Churn => idle::churn(server, IDLE_SESSIONS),
            Self::Idle(used) => idle::memory(server, IDLE_SESSIONS, used),
            Self::Opening => idle::opening(server, OPENED_SESSIONS),
        }
    }
}

impl Traffic {
    /// Opens the sessions.
    pub fn job(self, server: &Server, peer: Peer, kind: Kind) -> Result<Box<dyn Job>> {
        Ok(match self {
            Self::Broadcast { sessions } => {
                let load = Broadcast::open(server, kind, sessions, BROADCAST_BYTES)?;
                Box::new(Drive::start(load)?)
            }
            Self::Echo(shape) => Box::new(Drive::start(Echo::open(server, peer, kind, shape)?)?),
            Self::Held { groups, clients } => {
                Box::new(Drive::start(Held::open(server, groups, clients, POLLING_MESSAGE)?)?)
            }
            Self::Polling { clients } => {
                Box::new(Drive::start(Polling::open(server, clients, POLLING_MESSAGE)?)?)
            }
        })
    }
}
