//! The threads of a server: a tokio runtime.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

/// Threads besides those of the handlers for what the server itself does that takes long: compressing.
const HELPERS: usize = 2;

/// How long a thread without a handler to run is kept.
const KEEP: Duration = Duration::from_secs(10);

thread_local! {
    /// The server that this thread belongs to; 0 for none.
    static OWNER: Cell<usize> = const { Cell::new(0) };
}

/// A runtime whose threads know which server they work for.
#[derive(Debug)]
pub(super) struct Threads {
    /// There until the drop.
    runtime: Option<Runtime>,
    handle: Handle,
    owner: Owner,
}

/// Which server a thread works for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner(usize);

impl Threads {
    /// Starts the threads that move bytes; handlers get theirs when there is something to run.
    pub(super) fn start(io_threads: Option<usize>, handler_threads: usize) -> io::Result<Self> {
        let (owner, names) = (Owner::new(), Arc::new(Names::default()));
        let mut builder = Builder::new_multi_thread();
        if let Some(threads) = io_threads {
            builder.worker_threads(threads);
        }
        let naming = Arc::clone(&names);
        let runtime = builder
            .max_blocking_threads(handler_threads.saturating_add(HELPERS))
            .thread_keep_alive(KEEP)
            .thread_name_fn(move || naming.next())
            .on_thread_start(move || owner.adopt())
            .enable_all()
            .build()?;
        names.started.store(true, Ordering::Relaxed);
        let handle = runtime.handle().clone();
        Ok(Self { runtime: Some(runtime), handle, owner })
    }

    pub(super) const fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(super) const fn owner(&self) -> Owner {
        self.owner
    }

    /// Ends the threads once `last` is ready; those whose handlers do not return end when these do.
    pub(super) fn end_after(&mut self, last: impl Future<Output = ()> + Send + 'static) {
        let Some(runtime) = self.runtime.take() else { return };
        self.handle.spawn(async move {
            last.await;
            runtime.shutdown_background();
        });
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A plain drop would wait for handlers, and panic within another runtime.
            runtime.shutdown_background();
        }
    }
}

impl Owner {
    fn new() -> Self {
        static LAST: AtomicUsize = AtomicUsize::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Makes this thread one of the server's.
    pub(super) fn adopt(self) {
        OWNER.set(self.0);
    }

    /// Whether this thread is one of the server's.
    pub(super) fn is_here(self) -> bool {
        OWNER.get() == self.0
    }
}

/// Starts a future on the runtime. Receiving its result fails if the runtime ends first, or the future panics.
pub(super) fn start<T: Send + 'static>(
    runtime: &Handle,
    future: impl Future<Output = T> + Send + 'static,
) -> Receiver<T> {
    let (done, result) = sync_channel(1);
    runtime.spawn(async move {
        let _ = done.send(future.await);
    });
    result
}

/// Runs a future on the runtime and blocks until it is ready. `None` if the runtime ends first.
///
/// Unlike the runtime's own `block_on` it never panics, on whatever thread it is called.
pub(super) fn wait<T: Send + 'static>(
    runtime: &Handle,
    future: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    start(runtime, future).recv().ok()
}

/// Names for threads.
#[derive(Debug, Default)]
struct Names {
    /// The runtime is built. It starts the threads that move bytes while it is built, and no others.
    started: AtomicBool,
    io: AtomicUsize,
    handler: AtomicUsize,
}

impl Names {
    fn next(&self) -> String {
        let (kind, count) =
            if self.started.load(Ordering::Relaxed) { ("handler", &self.handler) } else { ("io", &self.io) };
        format!("engineio-{kind}-{}", count.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_thread_is_made_for_is_in_its_name() {
        let names = Names::default();
        assert_eq!([names.next(), names.next()], ["engineio-io-0", "engineio-io-1"]);
        names.started.store(true, Ordering::Relaxed);
        assert_eq!([names.next(), names.next()], ["engineio-handler-0", "engineio-handler-1"]);
    }
}
