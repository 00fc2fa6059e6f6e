//! Waits that an event loop is told the end of.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;

/// Waits of a client, each with a number.
#[derive(Debug, Default)]
pub(crate) struct Watches(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    last: u32,
    /// The numbers of those that have ended, and whether well.
    ended: Vec<(u32, bool)>,
}

impl Watches {
    /// Begins to wait. When the wait is over, `wake` is called.
    pub(crate) fn begin(
        self: &Arc<Self>,
        runtime: &Handle,
        wait: impl Future<Output = bool> + Send + 'static,
        wake: impl FnOnce() + Send + 'static,
    ) -> u32 {
        let mut inner = self.lock();
        inner.last = inner.last.wrapping_add(1);
        let (number, watches) = (inner.last, Arc::clone(self));
        drop(inner);
        runtime.spawn(async move {
            let well = wait.await;
            watches.lock().ended.push((number, well));
            wake();
        });
        number
    }

    /// Those that have ended since the last call.
    pub(crate) fn take(&self) -> Vec<(u32, bool)> {
        std::mem::take(&mut self.lock().ended)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
