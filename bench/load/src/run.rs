//! Running a case with all servers.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::{
    case::{Case, Sessions, Traffic, Work},
    cpu::Cores,
    frame::Kind,
    meter::{Meter, Reading},
    peer::Peer,
    results::CaseResults,
    server::Server,
};

/// How everything is run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Who runs where.
    pub cores: Cores,
    /// The servers.
    pub peers: Vec<Peer>,
    /// How often each is measured.
    pub runs: usize,
    /// How many slices a run has.
    pub slices: u32,
    /// The kind of messages on WebSocket.
    pub kind: Kind,
}

/// Short enough that what disturbs the machine disturbs all servers alike.
pub const SLICE: Duration = Duration::from_millis(100);

const WARM_UP: Duration = Duration::from_millis(300);

/// Runs one case as often as planned.
pub fn run(plan: &Plan, case: &'static Case) -> Result<CaseResults> {
    let mut results = CaseResults::new(case);
    for run in 1..=plan.runs {
        eprint!("{:<18} run {run} of {}, {}:", case.name, plan.runs, case.unit);
        for (peer, reading) in run_once(plan, case).with_context(|| format!("{}, run {run}", case.name))? {
            eprint!("  {peer} {:.3}", reading.value);
            results.add(peer, reading);
        }
        eprintln!();
    }
    Ok(results)
}

fn run_once(plan: &Plan, case: &Case) -> Result<Vec<(Peer, Reading)>> {
    let peers = plan.peers.iter().copied().filter(|peer| case.suits(*peer));
    let start = |peer: Peer| Ok((peer, Server::start(peer.command(case.host, case.mode())?, plan.cores)?));
    match case.work {
        Work::Sessions(sessions) => peers.map(|peer| one_by_one(start(peer)?, sessions)).collect(),
        Work::Traffic(traffic) => in_turns(plan, peers.map(start).collect::<Result<_>>()?, traffic),
    }
}

fn one_by_one((peer, server): (Peer, Server), sessions: Sessions) -> Result<(Peer, Reading)> {
    let reading = sessions.reading(&server).with_context(|| peer.to_string())?;
    Ok((peer, reading))
}

fn in_turns(plan: &Plan, servers: Vec<(Peer, Server)>, traffic: Traffic) -> Result<Vec<(Peer, Reading)>> {
    let mut meters = Vec::new();
    for (peer, server) in servers {
        let job = traffic.job(&server, peer, plan.kind).with_context(|| peer.to_string())?;
        meters.push((peer, Meter::new(server, job)));
    }
    for (peer, meter) in &mut meters {
        meter.warm_up(WARM_UP).with_context(|| peer.to_string())?;
    }
    for _ in 0..plan.slices {
        for (peer, meter) in &mut meters {
            meter.slice(SLICE).with_context(|| peer.to_string())?;
        }
        // Otherwise a server would always have the same predecessor, and find its caches in the same state.
        meters.reverse();
    }
    meters.sort_by_key(|(peer, _)| *peer);
    meters.into_iter().map(|(peer, meter)| Ok((peer, meter.reading()?))).collect()
}
