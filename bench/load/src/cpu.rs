//! Cores and processor time.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    time::{ClockId, clock_getcpuclockid, clock_gettime},
    unistd::Pid,
};

/// One core for the server and another for the load, so that neither takes time from the other.
#[derive(Clone, Copy, Debug)]
pub struct Cores {
    /// Where the server runs.
    pub server: usize,
    /// Where this program runs.
    pub load: usize,
}

impl Cores {
    /// The cores asked for, or the first and the second one that this process may use.
    pub fn choose(server: Option<usize>, load: Option<usize>) -> Result<Self> {
        let allowed = allowed()?;
        let mut free = allowed.iter().copied().filter(|core| Some(*core) != server && Some(*core) != load);
        let mut pick = |core: Option<usize>| core.or_else(|| free.next()).context("two cores are needed");
        let cores = Self { server: pick(server)?, load: pick(load)? };
        ensure!(cores.server != cores.load, "the server and the load need a core each");
        Ok(cores)
    }
}

fn allowed() -> Result<Vec<usize>> {
    let set = sched_getaffinity(Pid::from_raw(0))?;
    Ok((0..CpuSet::count()).filter(|core| set.is_set(*core).unwrap_or(false)).collect())
}

/// Moves this thread, and the processes that it starts from now on, to `core`.
pub fn pin(core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(core)?;
    sched_setaffinity(Pid::from_raw(0), &set).with_context(|| format!("cannot use core {core}"))
}

/// The processor time of one process: user and system, all threads.
#[derive(Clone, Copy, Debug)]
pub struct CpuClock(ClockId);

impl CpuClock {
    /// The clock of another process.
    pub fn of(pid: u32) -> Result<Self> {
        Ok(Self(clock_getcpuclockid(Pid::from_raw(pid.try_into()?))?))
    }

    /// The clock of this process.
    pub fn own() -> Self {
        Self(ClockId::CLOCK_PROCESS_CPUTIME_ID)
    }

    /// The seconds used so far.
    pub fn read(self) -> Result<f64> {
        Ok(Duration::from(clock_gettime(self.0)?).as_secs_f64())
    }
}
