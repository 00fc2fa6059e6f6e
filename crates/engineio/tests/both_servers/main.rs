//! What both servers can do, in one text: each test runs with the server for tasks and with the one for threads. Their
//! clients are ours.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod clients;
mod face;
mod sessions;
mod shutdown;

use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// How long a test may take before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs a test on a thread of its own, whose runtime goes on while the thread is blocked.
fn run<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    let (running, finished) = channel::<()>();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(test());
        drop(running);
    });
    assert_ne!(finished.recv_timeout(PATIENCE), Err(RecvTimeoutError::Timeout), "it never came");
    thread.join().unwrap_or_else(|panic| resume_unwind(panic));
}

/// Has each of these functions be a test of both servers.
macro_rules! both {
    ($($test:ident),* $(,)?) => {
        mod tasks {
            $(#[test]
            fn $test() {
                crate::run(super::$test::<engineio::Server>);
            })*
        }

        mod threads {
            $(#[test]
            fn $test() {
                crate::run(super::$test::<engineio::blocking::Server>);
            })*
        }
    };
}
pub(crate) use both;
