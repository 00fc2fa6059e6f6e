//! What a seed decides.

use std::time::Duration;

use engineio_proto::client::ClientConfig;
use engineio_proto::{Overflow, SessionConfig, Transport};

use crate::app::Habits;
use crate::config::PairConfig;
use crate::fault::{Fault, FaultKind};
use crate::pair::Side;
use crate::rng::Rng;
use crate::run::Mode;

/// The settings of a run.
pub(crate) fn config(rng: &mut Rng, mode: Mode) -> PairConfig {
    let ms = Duration::from_millis;
    let micros = Duration::from_micros;
    let eager = mode == Mode::Upgrades;
    let delays = [(micros(0), micros(100)), (ms(1), ms(5)), (ms(1), ms(40)), (ms(20), ms(80))];
    let delay = rng.pick(&delays).unwrap_or_default();
    let closing = if mode.is_lossless() { [ms(10_000); 2] } else { [ms(500), ms(10_000)] };
    // A session that closes sends no pings: what is queued has to leave before its client gives it up.
    let patience = if mode.is_lossless() { [ms(12_000), ms(20_000)] } else { [ms(300), ms(20_000)] };
    let server = SessionConfig {
        ping_interval: rng.pick(&[ms(60), ms(300), ms(1000), ms(25_000)]).unwrap_or_default(),
        ping_timeout: rng.pick(&patience).unwrap_or_default(),
        upgrade_timeout: rng.pick(&[ms(1000), ms(10_000)]).unwrap_or_default(),
        close_timeout: rng.pick(&closing).unwrap_or_default(),
        max_payload: rng.pick(&[150, 600, 100_000]).unwrap_or_default(),
        max_queued_bytes: rng.pick(&[300, 100_000]).unwrap_or_default(),
        max_queued_packets: rng.pick(&[2, 8, 1000]).unwrap_or_default(),
        overflow: Overflow::Wait,
        max_inbound: rng.pick(&[1, 4, 256]).unwrap_or_default(),
        max_packets_per_poll: rng.pick(&[None, Some(1), Some(3), Some(16)]).unwrap_or_default(),
        ..SessionConfig::default()
    };
    let client = ClientConfig {
        upgrade: eager || !rng.one_in(16),
        // A server that has given up while the client's last word is on its way would be lost.
        upgrade_timeout: server.upgrade_timeout.saturating_sub(delay.1 * 6),
        close_timeout: rng.pick(&closing).unwrap_or_default(),
        max_queued_bytes: rng.pick(&[300, 100_000]).unwrap_or_default(),
        max_queued_packets: rng.pick(&[2, 8, 1000]).unwrap_or_default(),
        max_inbound: rng.pick(&[1, 4, 256]).unwrap_or_default(),
        ..ClientConfig::default()
    };
    let mut config = PairConfig {
        client,
        server,
        first: if eager || !rng.one_in(5) { Transport::Polling } else { Transport::WebSocket },
        upgrades: eager || !rng.one_in(8),
        delay,
        decision: ms(5),
        answer: if rng.one_in(2) { "ok" } else { "OK" },
        batches: false,
        client_habits: habits(rng),
        server_habits: habits(rng),
    };
    config.client.hold_for_upgrade = rng.one_in(4);
    config.batches = rng.one_in(2);
    config.server_habits.batches = rng.one_in(2);
    config
}

fn habits(rng: &mut Rng) -> Habits {
    let ms = Duration::from_millis;
    let pace = rng.pick(&[ms(0), ms(0), ms(2), ms(20)]).unwrap_or_default();
    Habits { pace, ..Habits::default() }
}

/// What goes wrong in a run.
pub(crate) fn faults(rng: &mut Rng, mode: Mode) -> Vec<Fault> {
    let count = match mode {
        Mode::Calm => 0,
        Mode::Upgrades => 1,
        Mode::Storm => 1 + rng.below(3),
    };
    let mut faults = Vec::new();
    for _ in 0..count {
        let latest = if rng.one_in(2) || mode == Mode::Upgrades { 20 } else { 100 };
        let step = u32::try_from(rng.below(latest)).unwrap_or(0);
        let kind = if mode == Mode::Upgrades { upgrade_fault(rng) } else { any_fault(rng) };
        faults.push(Fault { step, kind });
    }
    faults
}

fn upgrade_fault(rng: &mut Rng) -> FaultKind {
    match rng.below(3) {
        0 => FaultKind::AbortWebSocket,
        1 => FaultKind::LoseProbe,
        _ => FaultKind::RefuseWebSocket,
    }
}

fn any_fault(rng: &mut Rng) -> FaultKind {
    let side = if rng.one_in(2) { Side::Client } else { Side::Server };
    let time = rng.between(Duration::ZERO, Duration::from_secs(6));
    match rng.below(17) {
        0 => FaultKind::LoseRequest,
        1 => FaultKind::BreakRequest,
        2 => FaultKind::LoseResponse,
        3 => FaultKind::DelayResponse(time),
        4 => FaultKind::RefuseRequest,
        5 => FaultKind::SilenceRequest,
        6..9 => FaultKind::CutWebSocket { up: rng.index(4), down: rng.index(4) },
        9 => FaultKind::SilenceWebSocket,
        10 => FaultKind::StallWebSocket(side, time),
        11 => FaultKind::RefuseWebSocket,
        12 => FaultKind::LateTimers(side, time / 2),
        13 => FaultKind::BusyApp(side, time * 2),
        14 => FaultKind::BusyApp(side, time / 50),
        15 => FaultKind::RepeatRequest,
        _ => FaultKind::Part,
    }
}
