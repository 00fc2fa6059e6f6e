//! The threads that handlers run on.

use std::future::{Future, pending};
use std::panic::resume_unwind;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::Socket;
use super::home::Home;
use crate::server;

/// A handler of the application, without its type.
pub(super) type Handler<E, T = ()> = Arc<dyn Fn(Socket, E) -> T + Send + Sync>;

/// Runs handlers on the runtime's threads for blocking work, a limited number at a time.
///
/// There is no queue of jobs. What waits for a thread is the future of the session's own runner, first come, first
/// served, with its message still counted in the session's inbound queue; the runtime's queue, which has no bound of
/// its own, gets a job only once a thread is free.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    threads: Arc<Semaphore>,
    home: Arc<Home>,
}

impl Pool {
    pub(super) fn new(threads: usize, home: Arc<Home>) -> Self {
        Self { threads: Arc::new(Semaphore::new(threads)), home }
    }

    /// Calls a handler on a thread of its own. If it panics, so does the future.
    pub(super) fn call<E, T>(
        &self,
        handler: &Handler<E, T>,
        socket: server::Socket,
        event: E,
    ) -> impl Future<Output = T> + Send + use<E, T>
    where
        E: Send + 'static,
        T: Send + 'static,
    {
        let socket = Socket::new(socket, Arc::clone(&self.home));
        let (threads, handler) = (Arc::clone(&self.threads), Arc::clone(handler));
        async move {
            // Kept by the job and not by the future, which may be dropped while the handler runs on.
            let thread = threads.acquire_owned().await;
            let job = spawn_blocking(move || {
                let result = handler(socket, event);
                drop(thread);
                result
            });
            match job.await.map_err(tokio::task::JoinError::try_into_panic) {
                Ok(result) => result,
                Err(Ok(panic)) => resume_unwind(panic),
                // The runtime ends, and this future with it.
                Err(Err(_)) => pending().await,
            }
        }
    }
}
