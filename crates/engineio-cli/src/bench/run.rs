//! A run, from its first session to its report.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use super::plan::Plan;
use super::probe::Probes;
use super::progress::Progress;
use super::report::Report;
use super::session::{self, Phase, Shared};
use super::stats::Stats;

/// Slices of a run, for its plots.
const SLICES: u32 = 120;
const SHORTEST_SLICE: Duration = Duration::from_millis(100);

/// Carries out a plan. Ctrl-C ends it early.
pub(crate) async fn run(plan: Plan, quiet: bool) -> Report {
    let probes = Probes::new(plan.size, plan.binary);
    let shared = Arc::new(Shared { plan, stats: Stats::new(), probes });
    let phase = watch::Sender::new(Phase::Open);
    let mut sessions = JoinSet::new();
    let interrupted = open(&shared, &phase, &mut sessions, quiet).await;
    let mut elapsed = Duration::ZERO;
    if !interrupted && shared.stats.totals().open() > 0 {
        phase.send_replace(Phase::Send);
        elapsed = measure(&shared, quiet).await;
    }
    phase.send_replace(Phase::Drain);
    end(sessions).await;
    let plan = &shared.plan;
    Report {
        url: without_secrets(&plan.url),
        plan: plan.words(),
        size: plan.size,
        elapsed,
        measured: shared.stats.measured(),
    }
}

/// Begins the sessions. True: the user has had enough.
async fn open(
    shared: &Arc<Shared>,
    phase: &watch::Sender<Phase>,
    sessions: &mut JoinSet<()>,
    quiet: bool,
) -> bool {
    let progress = Progress::opening(shared.plan.connections, quiet);
    let (ready, mut begun) = mpsc::channel(64);
    for index in 0..shared.plan.connections {
        sessions.spawn(session::run(index, Arc::clone(shared), phase.subscribe(), ready.clone()));
    }
    drop(ready);
    let interrupted = loop {
        tokio::select! {
            ready = begun.recv() => match ready {
                Some(()) => progress.begun(shared.stats.totals().failed),
                None => break false,
            },
            _ = tokio::signal::ctrl_c() => break true,
        }
    };
    progress.finish();
    interrupted
}

/// Lets the sessions send; returns how long.
async fn measure(shared: &Shared, quiet: bool) -> Duration {
    let duration = shared.plan.duration;
    let progress = Progress::measuring(duration, quiet);
    let (start, slice) = (Instant::now(), (duration / SLICES).max(SHORTEST_SLICE));
    let mut ticks = interval_at(start + slice, slice);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut from = Duration::ZERO;
    shared.stats.measure(true);
    loop {
        let over = tokio::select! {
            biased;
            () = sleep_until(start + duration) => true,
            _ = tokio::signal::ctrl_c() => true,
            _ = ticks.tick() => false,
        };
        let to = start.elapsed();
        // A rest much shorter than a slice would be a point that means nothing.
        if !over || to > from + slice / 2 {
            progress.passed(to, &shared.stats.cut(from, to));
            from = to;
        }
        if over {
            shared.stats.measure(false);
            progress.finish();
            return to;
        }
    }
}

/// Waits for the sessions to end; Ctrl-C ends them at once.
async fn end(mut sessions: JoinSet<()>) {
    loop {
        tokio::select! {
            ended = sessions.join_next() => if ended.is_none() { return },
            _ = tokio::signal::ctrl_c() => return sessions.abort_all(),
        }
    }
}

/// The URL without user, password and query: a report is shown to others.
fn without_secrets(url: &str) -> String {
    let url = url.split_once('?').map_or(url, |(before, _)| before);
    match url.split_once("://") {
        Some((scheme, rest)) => {
            format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host))
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_tells_no_secrets() {
        assert_eq!(without_secrets("ws://me:a@b@host:1/path/?token=c@d"), "ws://host:1/path/");
        assert_eq!(without_secrets("http://host"), "http://host");
    }
}
