//! How many there are of something that a shutdown waits for.

use std::sync::Arc;

use tokio::sync::watch;

/// A count that can be waited for.
#[derive(Clone, Debug)]
pub(super) struct Tally(Arc<watch::Sender<usize>>);

/// Takes one away when it is dropped.
#[derive(Debug)]
pub(super) struct Leaving(Tally);

impl Tally {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    /// Adds one.
    pub(super) fn enter(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    /// Takes one away, once what this returns is dropped.
    pub(super) fn leave(&self) -> Leaving {
        Leaving(self.clone())
    }

    pub(super) fn is_zero(&self) -> bool {
        *self.0.borrow() == 0
    }

    /// Waits until there is none.
    pub(super) async fn zero(&self) {
        // The sender is here: it cannot be gone.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}
