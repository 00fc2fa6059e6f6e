//! The clock: the only place of the library that reads one.

use std::sync::OnceLock;
use std::time::Duration;

use engineio_proto::Instant;
use tokio::time::Instant as TokioInstant;

/// Room before the first reading for runtimes whose clock was paused earlier than that.
const ROOM: Duration = Duration::from_secs(3600);

/// The epoch of the core's instants: before the first time that anybody asked. No reading is [`Instant::EPOCH`],
/// which stands for "at once".
///
/// Where tests pause the clock, each of them has a time of its own, and the one that asks first may be far ahead of
/// the others; so it is the real clock that counts.
fn epoch() -> TokioInstant {
    static EPOCH: OnceLock<TokioInstant> = OnceLock::new();
    *EPOCH.get_or_init(|| {
        let first = TokioInstant::now().min(std::time::Instant::now().into());
        first.checked_sub(ROOM).unwrap_or(first)
    })
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
    epoch().checked_add(since).unwrap_or_else(|| epoch() + Duration::from_secs(946_080_000))
}
