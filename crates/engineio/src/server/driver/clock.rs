//! The clock: the only place of the server that reads one.

use std::sync::OnceLock;

use engineio_proto::Instant;
use tokio::time::Instant as TokioInstant;

/// The epoch of the core's instants: the first time that anybody asked. One microsecond before it, so that no
/// reading is [`Instant::EPOCH`], which stands for "at once".
fn epoch() -> TokioInstant {
    static EPOCH: OnceLock<TokioInstant> = OnceLock::new();
    *EPOCH.get_or_init(TokioInstant::now)
}

/// Now, for the core. Follows tokio's clock, so that tests can pause it.
pub(crate) fn now() -> Instant {
    let micros = TokioInstant::now().saturating_duration_since(epoch()).as_micros();
    Instant::from_micros(u64::try_from(micros).unwrap_or(u64::MAX).saturating_add(1))
}

/// The moment on tokio's clock.
pub(crate) fn to_tokio(at: Instant) -> TokioInstant {
    let since = at.saturating_since(Instant::EPOCH);
    // What no clock reaches is as good as thirty years away, which is what tokio's timers take for ever.
    epoch().checked_add(since).unwrap_or_else(|| epoch() + std::time::Duration::from_secs(946_080_000))
}
