//! The runtime of native clients: one in each process, made when it is needed.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use engineio::client::ClientBuilder;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};

#[cfg(unix)]
use super::sockets::Sockets;

/// How many forks this process is away from the first one.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Locked only by threads that hold the interpreter, as does the one that forks: no child finds it locked.
static RUNNING: Mutex<Option<Running>> = Mutex::new(None);

struct Running {
    runtime: Runtime,
    /// Threads of the runtime lock it, so it is not for a child.
    #[cfg(unix)]
    sockets: std::sync::Arc<Sockets>,
}

/// A process has been forked, and this is the child: threads of the parent's runtime do not exist here.
#[pyfunction]
pub(crate) fn after_fork(_py: Python<'_>) {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    // Its destructor would wait for threads that are not there.
    std::mem::forget(RUNNING.lock().unwrap_or_else(PoisonError::into_inner).take());
}

/// The descriptors of the sockets that native clients have open. Empty on Windows, where nothing forks.
#[pyfunction]
pub(crate) fn open_sockets(_py: Python<'_>) -> Vec<i32> {
    #[cfg(unix)]
    if let Some(running) = &*RUNNING.lock().unwrap_or_else(PoisonError::into_inner) {
        return running.sockets.descriptors();
    }
    Vec::new()
}

/// Which process this is.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// The runtime of this process.
pub(crate) fn handle(_py: Python<'_>) -> PyResult<Handle> {
    with(|running| running.runtime.handle().clone())
}

/// Has a client open its sockets so that they are known.
#[cfg(unix)]
pub(crate) fn count_sockets(_py: Python<'_>, builder: ClientBuilder) -> PyResult<ClientBuilder> {
    let sockets = with(|running| std::sync::Arc::clone(&running.sockets))?;
    Ok(builder.dial(move |host, port| std::sync::Arc::clone(&sockets).dial(host, port)))
}

#[cfg(not(unix))]
pub(crate) fn count_sockets(_py: Python<'_>, builder: ClientBuilder) -> PyResult<ClientBuilder> {
    Ok(builder)
}

fn with<R>(look: impl FnOnce(&Running) -> R) -> PyResult<R> {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if running.is_none() {
        let made =
            Builder::new_multi_thread().worker_threads(1).thread_name("engineio-io").enable_all().build();
        let runtime =
            made.map_err(|error| PyOSError::new_err(format!("no runtime for connections: {error}")))?;
        *running = Some(Running {
            runtime,
            #[cfg(unix)]
            sockets: std::sync::Arc::default(),
        });
    }
    let running = running.as_ref().ok_or_else(|| PyOSError::new_err("no runtime for connections"))?;
    Ok(look(running))
}
