//! Handlers that wait until the test lets them go.

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};

use super::soon;

/// Lets handlers through one by one, and tells which have come to it and which have passed.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    permits: Arc<Semaphore>,
    log: mpsc::UnboundedSender<String>,
}

/// What happened at a gate.
#[derive(Debug)]
pub(crate) struct Log(mpsc::UnboundedReceiver<String>);

/// A gate that is shut.
pub(crate) fn gate() -> (Gate, Log) {
    let (log, receiver) = mpsc::unbounded_channel();
    (Gate { permits: Arc::new(Semaphore::new(0)), log }, Log(receiver))
}

impl Gate {
    /// Comes to the gate and waits to be let through.
    pub(crate) async fn pass(&self, name: &str) {
        self.note(format!("{name} comes"));
        self.permits.acquire().await.unwrap().forget();
        self.note(format!("{name} goes"));
    }

    /// Lets some through.
    pub(crate) fn open(&self, count: usize) {
        self.permits.add_permits(count);
    }

    /// Writes a line of the log.
    pub(crate) fn note(&self, line: impl Into<String>) {
        // The test may have ended before the handler.
        let _ = self.log.send(line.into());
    }
}

impl Log {
    /// The next line.
    pub(crate) async fn next(&mut self) -> String {
        soon(self.0.recv()).await.unwrap()
    }

    /// As many lines as are expected, which have to be these.
    pub(crate) async fn expect<const N: usize>(&mut self, lines: [&str; N]) {
        for line in lines {
            assert_eq!(self.next().await, line);
        }
    }

    /// The lines that are there by now.
    pub(crate) fn so_far(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.0.try_recv().ok()).collect()
    }

    /// There is no other line by now.
    pub(crate) fn assert_empty(&mut self) {
        assert_eq!(self.so_far(), [""; 0]);
    }
}
