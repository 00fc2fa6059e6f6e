//! Waits that an event loop is told the end of.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::task::AbortHandle;

/// Waits of a client, each with a number.
#[derive(Debug, Default)]
pub(crate) struct Watches(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    last: u32,
    /// Those that have not ended.
    waiting: HashMap<u32, AbortHandle>,
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
        // It comes to its end once it is among those that wait, as the lock is held until then.
        let task = runtime.spawn(async move {
            let well = wait.await;
            watches.end(number, well);
            wake();
        });
        inner.waiting.insert(number, task.abort_handle());
        number
    }

    fn end(&self, number: u32, well: bool) {
        let mut inner = self.lock();
        if inner.waiting.remove(&number).is_some() {
            inner.ended.push((number, well));
        }
    }

    /// Nobody is interested in a wait any more.
    pub(crate) fn forget(&self, number: u32) {
        let mut inner = self.lock();
        if let Some(task) = inner.waiting.remove(&number) {
            task.abort();
        }
        inner.ended.retain(|(ended, _)| *ended != number);
    }

    /// How a wait has ended: whether well; None if it has not.
    pub(crate) fn take_one(&self, number: u32) -> Option<bool> {
        let mut inner = self.lock();
        let place = inner.ended.iter().position(|(ended, _)| *ended == number)?;
        Some(inner.ended.swap_remove(place).1)
    }

    /// Those that have ended since the last call.
    pub(crate) fn take(&self) -> Vec<(u32, bool)> {
        std::mem::take(&mut self.lock().ended)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
