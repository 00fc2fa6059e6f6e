//! The runtime of native clients: one in each process, made when it is needed.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};

/// How many forks this process is away from the first one.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Locked only by threads that hold the interpreter, as does the one that forks: no child finds it locked.
static RUNTIME: Mutex<Option<(u32, Runtime)>> = Mutex::new(None);

/// A process has been forked, and this is the child: threads of the parent's runtime do not exist here.
#[pyfunction]
pub(crate) fn after_fork(_py: Python<'_>) {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    // Its destructor would wait for threads that are not there.
    std::mem::forget(RUNTIME.lock().unwrap_or_else(PoisonError::into_inner).take());
}

/// Which process this is.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// The runtime of this process.
pub(crate) fn handle(_py: Python<'_>) -> PyResult<Handle> {
    let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, runtime)) = &*runtime {
        return Ok(runtime.handle().clone());
    }
    let made = Builder::new_multi_thread().worker_threads(1).thread_name("engineio-io").enable_all().build();
    let made = made.map_err(|error| PyOSError::new_err(format!("no runtime for connections: {error}")))?;
    let handle = made.handle().clone();
    *runtime = Some((generation(), made));
    Ok(handle)
}
