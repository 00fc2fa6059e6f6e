//! What can go wrong.

use std::time::Duration;

use bytes::Bytes;
use engineio_proto::Instant;

use crate::connection::{Connection, Opening, Tip};
use crate::exchange::{Answer, Exchange, Stage};
use crate::pair::{Pair, Side};

/// Something that goes wrong once, at a step of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// At which step; later if there is nothing yet that it could hit.
    pub step: u32,
    /// What goes wrong.
    pub kind: FaultKind,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A request never reaches the server; the client is told.
    LoseRequest,
    /// A request breaks while the server has it; both are told.
    BreakRequest,
    /// A response never reaches the client, which is told; the server may be.
    LoseResponse,
    /// A response takes that much longer.
    DelayResponse(Duration),
    /// Something in between answers a request with an error of its own.
    RefuseRequest,
    /// A request or its response vanishes; nobody is told.
    SilenceRequest,
    /// Something in between sends a request that the server has not answered yet a second time.
    RepeatRequest,
    /// A WebSocket breaks; each side still gets so many of the frames on their way to it, then is told.
    CutWebSocket {
        /// What reaches the server.
        up: usize,
        /// What reaches the client.
        down: usize,
    },
    /// A WebSocket breaks, nothing on its way arrives, and both sides notice at once.
    AbortWebSocket,
    /// A WebSocket's frames vanish before the client has read any; nobody is told.
    LoseProbe,
    /// A WebSocket's frames vanish from now on; nobody is told.
    SilenceWebSocket,
    /// What `Side` reads from its WebSocket takes that much longer.
    StallWebSocket(Side, Duration),
    /// Something in between refuses a WebSocket.
    RefuseWebSocket,
    /// A side notices its timers that late from now on.
    LateTimers(Side, Duration),
    /// A side's application handles nothing for that long.
    BusyApp(Side, Duration),
    /// From now on nothing arrives any more, and nobody is told.
    Part,
}

impl FaultKind {
    /// What it is called, without its details.
    pub fn name(self) -> String {
        let words = format!("{self:?}");
        words.split(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default().to_owned()
    }
}

impl Pair {
    /// Lets something go wrong now. False when there is nothing that it could hit.
    pub fn inject(&mut self, kind: FaultKind) -> bool {
        let hit = match kind {
            FaultKind::LateTimers(side, lag) => self.delay_timers(side, lag),
            FaultKind::BusyApp(side, time) => {
                self.be_busy(side, time);
                true
            }
            FaultKind::Part => {
                self.network.part(self.now);
                true
            }
            FaultKind::CutWebSocket { .. }
            | FaultKind::AbortWebSocket
            | FaultKind::LoseProbe
            | FaultKind::SilenceWebSocket
            | FaultKind::StallWebSocket(..)
            | FaultKind::RefuseWebSocket => self.break_connection(kind),
            _ => self.break_exchange(kind),
        };
        if hit {
            self.trace.note(self.now, || format!("FAULT {kind:?}"));
        }
        hit
    }

    fn delay_timers(&mut self, side: Side, lag: Duration) -> bool {
        match side {
            Side::Client => self.lag.0 = lag,
            Side::Server => self.lag.1 = lag,
        }
        true
    }

    fn break_exchange(&mut self, kind: FaultKind) -> bool {
        if kind == FaultKind::RepeatRequest {
            return self.repeat_exchange();
        }
        let mut exchanges = std::mem::take(&mut self.network.exchanges);
        let mut victims: Vec<_> = exchanges.iter_mut().filter(|exchange| can_hit(kind, exchange)).collect();
        let victim = self.rng.index(victims.len());
        let hit = victims.get_mut(victim).is_some_and(|exchange| {
            self.hit_exchange(kind, exchange);
            true
        });
        self.network.exchanges = exchanges;
        hit
    }

    /// The copy arrives at once; nobody waits for its answer.
    fn repeat_exchange(&mut self) -> bool {
        let Some(served) = self.network.exchanges.iter().find(|one| can_hit(FaultKind::RepeatRequest, one))
        else {
            return false;
        };
        let mut copy = Exchange {
            link: served.link,
            kind: served.kind,
            body: served.body.clone(),
            server_link: None,
            orphan: true,
            stage: Stage::Over,
        };
        self.server_head(&mut copy);
        self.network.exchanges.push(copy);
        true
    }

    fn hit_exchange(&mut self, kind: FaultKind, exchange: &mut Exchange) {
        let (now, arrival) = (self.now, self.arrival());
        match kind {
            FaultKind::BreakRequest => self.server_lost(exchange, engineio_proto::Closed::Aborted),
            FaultKind::LoseResponse if self.rng.one_in(2) => {
                self.server_lost(exchange, engineio_proto::Closed::Aborted);
            }
            _ => {}
        }
        match kind {
            FaultKind::DelayResponse(by) => exchange.delay(by),
            FaultKind::RefuseRequest => {
                exchange.stage = Stage::Answer(arrival, Answer { status: 502, body: Bytes::new() });
            }
            FaultKind::SilenceRequest => exchange.silence(now),
            _ => exchange.stage = Stage::Lost(arrival),
        }
    }

    fn break_connection(&mut self, kind: FaultKind) -> bool {
        let mut connections = std::mem::take(&mut self.network.connections);
        let (up, down) = (self.arrival(), self.arrival());
        let victim = connections.iter_mut().find(|connection| is_breakable(kind, connection));
        let hit = victim.is_some();
        if let Some(connection) = victim {
            hit_connection(kind, connection, self.now, up, down);
        }
        self.network.connections = connections;
        hit
    }
}

fn can_hit(kind: FaultKind, exchange: &Exchange) -> bool {
    match kind {
        FaultKind::LoseRequest | FaultKind::RefuseRequest => matches!(exchange.stage, Stage::Head(_)),
        FaultKind::BreakRequest | FaultKind::RepeatRequest => exchange.is_served(),
        FaultKind::LoseResponse | FaultKind::DelayResponse(_) => {
            matches!(exchange.stage, Stage::Answer(..))
        }
        _ => exchange.stage != Stage::Silent,
    }
}

fn is_breakable(kind: FaultKind, connection: &Connection) -> bool {
    match kind {
        FaultKind::RefuseWebSocket => matches!(connection.stage, Opening::Request(_)),
        FaultKind::LoseProbe => connection.client != Tip::Gone && !connection.used,
        _ => matches!(connection.client, Tip::Open | Tip::Waiting),
    }
}

fn hit_connection(kind: FaultKind, connection: &mut Connection, now: Instant, up: Instant, down: Instant) {
    match kind {
        FaultKind::CutWebSocket { up: kept_up, down: kept_down } => {
            connection.cut((kept_up, kept_down), up, down);
        }
        FaultKind::AbortWebSocket => connection.cut((0, 0), now, now),
        FaultKind::StallWebSocket(side, time) => connection.inbound(side).stall(now + time),
        FaultKind::RefuseWebSocket => connection.stage = Opening::Refused(down, 502),
        _ => connection.silence(),
    }
}
