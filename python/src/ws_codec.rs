//! `WsCodec`: WebSocket frames without I/O.

use pyo3::prelude::*;

/// The sans-IO WebSocket codec.
#[pyclass(module = "engineio_rs._core")]
#[derive(Debug)]
pub(crate) struct WsCodec;
