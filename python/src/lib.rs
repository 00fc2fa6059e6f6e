//! `engineio_rs._core`: the protocol's objects for Python.
//!
//! Nothing here does I/O or decides about the protocol: the classes are thin skins over `engineio-proto`, and the
//! Python package around them moves the bytes.

mod ws_codec;

use pyo3::prelude::*;

/// The native half of `engineio_rs`.
#[pymodule(gil_used = true)]
mod _core {
    #[pymodule_export]
    use crate::ws_codec::WsCodec;
}
