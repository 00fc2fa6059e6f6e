//! Everything that a driver can do to a session, as data.

mod client;
mod server;
mod values;

pub(crate) use client::{ClientBench, client_config, client_operation};
pub(crate) use server::{ServerBench, server_config, server_operation};

use engineio_proto::Instant;
use std::time::Duration;

/// The longest that any deadline here may be away.
const FARTHEST: Duration = Duration::from_secs(120);

/// Deadlines are finite, and a session that is over has none.
fn check_deadline(deadline: Option<Instant>, now: Instant, finished: bool) {
    assert!(!finished || deadline.is_none(), "a session that is over waits for {deadline:?}");
    assert!(deadline.is_none_or(|at| at <= now + FARTHEST), "{deadline:?} is for ever, it is {now:?}");
}
