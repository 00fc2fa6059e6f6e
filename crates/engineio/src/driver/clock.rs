//! The clock: the only place of the library that reads one.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

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

#[cfg(feature = "server")]
thread_local! {
    /// When this thread last read the clock, since [`forget`].
    static LAST: std::cell::Cell<Option<TokioInstant>> = const { std::cell::Cell::new(None) };
}

/// Now, for the core. Follows tokio's clock, so that tests can pause it.
pub(crate) fn now() -> Instant {
    let now = TokioInstant::now();
    #[cfg(feature = "server")]
    LAST.set(Some(now));
    let micros = now.saturating_duration_since(epoch()).as_micros();
    Instant::from_micros(u64::try_from(micros).unwrap_or(u64::MAX).saturating_add(1))
}

/// As good as now, where a task is polled that has called [`forget`] first: a reading of the clock costs as much as a
/// hundred instructions.
#[cfg(feature = "server")]
pub(crate) fn recently() -> TokioInstant {
    LAST.get().unwrap_or_else(TokioInstant::now)
}

/// What [`recently`] tells from here on is not older than this.
#[cfg(feature = "server")]
pub(crate) fn forget() {
    LAST.set(None);
}

/// The date, by which cookies expire and which responses have.
pub(crate) fn wall_clock() -> SystemTime {
    SystemTime::now()
}

/// The moment on tokio's clock.
pub(crate) fn to_tokio(at: Instant) -> TokioInstant {
    let since = at.saturating_since(Instant::EPOCH);
    // What no clock reaches is as good as thirty years away, which is what tokio's timers take for ever.
    epoch().checked_add(since).unwrap_or_else(|| epoch() + Duration::from_secs(946_080_000))
}
