//! `Bell`: what greenlets wait for.

use std::io::ErrorKind;
use std::sync::Arc;

use pyo3::prelude::*;

use super::signal::Signal;

/// A descriptor that becomes readable when the bell is rung, from whatever thread: a hub of greenlets watches it.
#[pyclass(frozen, module = "engineio_rs._core")]
#[derive(Debug)]
pub(crate) struct Bell {
    signal: Arc<Signal>,
    descriptor: i32,
}

impl Bell {
    pub(crate) const fn signal(&self) -> &Arc<Signal> {
        &self.signal
    }
}

#[pymethods]
impl Bell {
    /// Raises `OSError` if the process has no descriptor left.
    #[new]
    fn new() -> PyResult<Self> {
        let signal = Arc::<Signal>::default();
        let descriptor = match signal.open() {
            Err(error) if error.kind() == ErrorKind::Unsupported => -1,
            opened => opened?,
        };
        Ok(Self { signal, descriptor })
    }

    /// The descriptor to watch; -1 where hubs watch no descriptors.
    const fn fileno(&self) -> i32 {
        self.descriptor
    }

    /// Takes the ringing back, before looking at what it was for.
    fn clear(&self) {
        self.signal.clear();
    }
}
