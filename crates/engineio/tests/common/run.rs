//! Tests with blocking calls in them.

use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// How long a test may take before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs a test on a thread of its own, whose runtime goes on while the thread is blocked.
pub(crate) fn run<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    let (running, finished) = channel::<()>();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(test());
        drop(running);
    });
    assert_ne!(finished.recv_timeout(PATIENCE), Err(RecvTimeoutError::Timeout), "it never came");
    thread.join().unwrap_or_else(|panic| resume_unwind(panic));
}
