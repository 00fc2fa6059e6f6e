//! What all parts of a server share.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{OnceLock, Weak};

use tokio::runtime::Handle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::config::ServerConfig;
use super::driver::runtime_end;
use super::driver::timers::Timers;
use super::handler::Handlers;
use super::rarely::Rarely;
use super::registry::Registry;

/// A server.
#[derive(Debug)]
pub(crate) struct ServerShared {
    pub(crate) config: ServerConfig,
    pub(crate) handlers: Handlers,
    pub(crate) registry: Registry,
    /// What is said of handshakes that a limit refuses.
    pub(crate) full: Rarely,
    pub(crate) timers: Timers,
    /// Background tasks of the application.
    pub(crate) background: TaskTracker,
    /// Connections of our own HTTP server, and every `WebSocket`.
    pub(crate) connections: TaskTracker,
    /// Shutting down: no new sessions.
    pub(crate) closing: Closing,
    /// The grace period is over.
    pub(crate) killed: CancellationToken,
    /// A request from a foreign origin was logged.
    pub(crate) foreign_origin_seen: AtomicBool,
    pub(crate) weak: Weak<Self>,
    /// The runtime of the first request, for those who call from outside of any.
    pub(crate) runtime: OnceLock<Handle>,
    /// Cancelled when the server is dropped.
    pub(crate) gone: DropGuard,
}

impl ServerShared {
    /// Spawns a task on the server's runtime, whatever thread asks.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        match self.runtime.get().cloned().or_else(|| Handle::try_current().ok()) {
            Some(runtime) => drop(runtime.spawn(future)),
            // Without a runtime there was no request, hence no session, and nothing to run.
            None => drop(future),
        }
    }

    /// Spawns the task of a connection, which [`shutdown`](super::Server::shutdown) waits for.
    pub(crate) fn spawn_connection(&self, connection: impl Future<Output = ()> + Send + 'static) {
        self.spawn(self.connections.track_future(connection));
    }

    /// Waits until the server is shutting down and has no session left, or no time.
    pub(crate) async fn drained(&self) {
        self.closing.begun().await;
        self.killed.run_until_cancelled(self.registry.emptied()).await;
    }

    /// Remembers the current runtime.
    pub(crate) fn enter(&self) {
        if self.runtime.get().is_none()
            && let Ok(handle) = Handle::try_current()
            && self.runtime.set(handle.clone()).is_ok()
        {
            runtime_end::watch(&handle, self.weak.clone(), self.gone.token().clone());
        }
    }
}

/// Whether a server is shutting down. To look at a token takes its lock, and each request looks.
#[derive(Debug, Default)]
pub(crate) struct Closing {
    begun: AtomicBool,
    token: CancellationToken,
}

impl Closing {
    pub(crate) fn begin(&self) {
        self.begun.store(true, Ordering::Release);
        self.token.cancel();
    }

    #[inline]
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    /// Waits for it.
    pub(crate) async fn begun(&self) {
        self.token.cancelled().await;
    }
}
