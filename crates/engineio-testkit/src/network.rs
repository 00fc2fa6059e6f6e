//! What lies between the two sides.

use std::time::Duration;

use engineio_proto::Instant;

use crate::connection::{Connection, Opening};
use crate::exchange::{Exchange, Stage};
use crate::rng::Rng;

/// How long things take.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Way {
    /// The shortest and the usual longest time.
    pub(crate) delay: (Duration, Duration),
}

impl Way {
    /// When something that leaves now arrives. Now and then it takes longer than usual.
    pub(crate) fn arrival(self, now: Instant, rng: &mut Rng) -> Instant {
        let (least, most) = self.delay;
        let most = if rng.one_in(16) { most * 3 } else { most };
        now + rng.between(least, most) + Duration::from_micros(1)
    }
}

/// Whether the client reaches the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// It does.
    #[default]
    Open,
    /// What the client begins fails, and it is told: nobody listens.
    Down,
    /// What the client begins is never answered, and nobody is told.
    Parted,
}

/// The requests and connections under way.
#[derive(Debug, Default)]
pub(crate) struct Network {
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) connections: Vec<Connection>,
    pub(crate) way: Way,
    reach: Reach,
}

impl Network {
    pub(crate) fn new(delay: (Duration, Duration)) -> Self {
        Self { way: Way { delay }, ..Self::default() }
    }

    pub(crate) fn send(&mut self, mut exchange: Exchange) {
        match (self.reach, exchange.next_time()) {
            (Reach::Open, _) => {}
            (Reach::Down, Some(at)) => exchange.stage = Stage::Lost(at),
            (Reach::Parted, _) | (_, None) => exchange.stage = Stage::Silent,
        }
        self.exchanges.push(exchange);
    }

    pub(crate) fn connect(&mut self, mut connection: Connection) {
        match (self.reach, connection.opening_time()) {
            (Reach::Open, _) => {}
            (Reach::Down, Some(at)) => connection.stage = Opening::Failed(at),
            (Reach::Parted, _) | (_, None) => connection.stage = Opening::Silent,
        }
        self.connections.push(connection);
    }

    /// What is under way goes on.
    pub(crate) const fn set_reach(&mut self, reach: Reach) {
        self.reach = reach;
    }

    /// From now on nothing arrives.
    pub(crate) fn part(&mut self, now: Instant) {
        self.reach = Reach::Parted;
        for exchange in &mut self.exchanges {
            exchange.silence(now);
        }
        for connection in &mut self.connections {
            connection.silence();
        }
    }

    /// What was under way is forgotten; the way stays as it is.
    pub(crate) fn clear(&mut self) {
        self.exchanges.clear();
        self.connections.clear();
    }

    /// Forgets what is complete.
    pub(crate) fn tidy(&mut self) {
        self.exchanges.retain(|exchange| exchange.stage != Stage::Over);
        self.connections.retain(|connection| !connection.is_over());
    }
}
