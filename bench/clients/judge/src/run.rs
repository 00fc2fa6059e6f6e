//! Running a case with all clients.

use std::time::Duration;

use anyhow::{Context, Result};
use engineio_bench::{
    cpu::{Cores, pin},
    peer::{Mode, Peer},
    server::Server,
};

use crate::{
    case::Case,
    client::Client,
    program::Program,
    results::{CaseResults, Reading},
};

/// How everything is run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Who runs where: the clients are the load. Where both share a core it is the clients'.
    pub cores: Cores,
    /// The clients.
    pub clients: Vec<Client>,
    /// How often each is measured.
    pub runs: usize,
    /// How many slices a run has for each.
    pub slices: u32,
}

/// Short enough that what disturbs the machine disturbs all clients alike.
const SLICE: Duration = Duration::from_millis(100);

const WARM_UP: Duration = Duration::from_millis(300);

/// Runs one case as often as planned.
pub fn run(plan: &Plan, case: &'static Case) -> Result<CaseResults> {
    pin(plan.cores.load)?;
    let mut results = CaseResults::new(case);
    for run in 1..=plan.runs {
        eprint!("{} run {run} of {}, messages/s:", case.name, plan.runs);
        for (client, reading) in run_once(plan, case).with_context(|| format!("{}, run {run}", case.name))? {
            eprint!("  {client} {:.0}", reading.per_second);
            results.add(client, reading);
        }
        eprintln!();
    }
    Ok(results)
}

fn run_once(plan: &Plan, case: &Case) -> Result<Vec<(Client, Reading)>> {
    let cores = if case.apart { plan.cores } else { Cores { server: plan.cores.load, ..plan.cores } };
    let server = Server::start(Peer::Ours.command(None, Mode::Echo)?, cores)?;
    let url = format!("http://{}", server.addr());
    let mut programs = Vec::new();
    for client in plan.clients.iter().filter(|client| case.suits(**client)) {
        let start = || {
            let mut program = Program::start(client.command(&url, case.transport, case.in_flight)?)?;
            program.work(WARM_UP).map(|_| program)
        };
        programs.push((*client, start().with_context(|| client.to_string())?, Vec::new()));
    }
    for _ in 0..plan.slices {
        for (client, program, slices) in &mut programs {
            let before = server.cpu()?;
            let work = program.work(SLICE).with_context(|| client.to_string())?;
            server.rest()?;
            slices.push((work, server.cpu()? - before));
        }
        // Otherwise a client would always have the same predecessor, and find its caches in the same state.
        programs.reverse();
    }
    programs.sort_by_key(|(client, ..)| *client);
    programs
        .into_iter()
        .map(|(client, _, slices)| Some((client, Reading::of(&slices)?)))
        .collect::<Option<_>>()
        .context("nothing was measured")
}
