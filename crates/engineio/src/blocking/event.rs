//! A flag that threads can wait for.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A flag that threads can wait for. Clones are the same flag.
///
/// ```
/// use engineio::blocking::Event;
///
/// let ready = Event::new();
/// let other = ready.clone();
/// let waiting = std::thread::spawn(move || other.wait());
/// ready.set();
/// waiting.join().unwrap();
/// ```
#[derive(Clone, Debug, Default)]
pub struct Event(Arc<Flag>);

#[derive(Debug, Default)]
struct Flag {
    is_set: Mutex<bool>,
    changed: Condvar,
}

impl Event {
    /// A flag that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets it, and lets everybody go on who waits.
    pub fn set(&self) {
        *self.lock() = true;
        self.0.changed.notify_all();
    }

    /// Takes it back: from now on waiting blocks again.
    pub fn clear(&self) {
        *self.lock() = false;
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        *self.lock()
    }

    /// Blocks until it is set.
    pub fn wait(&self) {
        let waited = self.0.changed.wait_while(self.lock(), |is_set| !*is_set);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Blocks until it is set, or for this long. Returns whether it was set.
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        let waited = self.0.changed.wait_timeout_while(self.lock(), timeout, |is_set| !*is_set);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.0.is_set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
