//! The process's monotonic clock, as the core wants it.

use std::sync::OnceLock;
use std::time::Duration;

use engineio_proto::Instant;

/// Far from zero: instants before the first call (a ping that is older than the process's clock) exist as well.
const HEAD_START: Duration = Duration::from_secs(1 << 30);

/// Now.
pub(crate) fn now() -> Instant {
    static EPOCH: OnceLock<std::time::Instant> = OnceLock::new();
    let epoch = EPOCH.get_or_init(std::time::Instant::now);
    Instant::EPOCH + HEAD_START + epoch.elapsed()
}

/// The instant of `age` seconds ago; an age below zero lies in the future.
pub(crate) fn ago(age: f64) -> Instant {
    let now = now();
    match Duration::try_from_secs_f64(age.abs()) {
        Ok(age_abs) if age < 0.0 => now + age_abs,
        Ok(age) => Instant::EPOCH + now.saturating_since(Instant::EPOCH).saturating_sub(age),
        Err(_) => now,
    }
}
