//! How a run is going, on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::latency::as_f64;
use super::report::{micros, thousands};
use super::stats::Point;

const OPENING: &str = "opening   {bar:30} {pos}/{len} sessions  {msg}";
const MEASURING: &str = "measuring {bar:30} {msg}";

/// A bar on standard error; nothing if that is no terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// For sessions that begin.
    pub(crate) fn opening(sessions: usize, quiet: bool) -> Self {
        Self::new(sessions as u64, OPENING, quiet)
    }

    /// For time that passes.
    pub(crate) fn measuring(duration: Duration, quiet: bool) -> Self {
        Self::new(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX), MEASURING, quiet)
    }

    fn new(length: u64, template: &str, quiet: bool) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(length), target);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// A session was begun, or failed.
    pub(crate) fn begun(&self, failed: u64) {
        self.bar.inc(1);
        if failed > 0 {
            self.bar.set_message(format!("{failed} failed"));
        }
    }

    /// A slice of time has passed.
    pub(crate) fn passed(&self, elapsed: Duration, point: &Point) {
        self.bar.set_position(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
        let messages = if point.rate > 0.0 {
            let (median, p99) = (micros(as_f64(point.median)), micros(as_f64(point.p99)));
            format!(", {} messages/s, median {median}, 99 % below {p99}", thousands(point.rate))
        } else {
            String::new()
        };
        self.bar.set_message(format!("{} open{messages}", point.open));
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        self.bar.finish_and_clear();
    }
}
