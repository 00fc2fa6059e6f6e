//! `engineio_rs._core`: the protocol's objects for Python.
//!
//! Nothing here does I/O or decides about the protocol: the classes are thin skins over `engineio-proto`, and the
//! Python package around them moves the bytes.

mod client;
mod clock;
mod data;
mod gate;
mod packet;
mod payload;
mod post;
mod proxies;
mod refusal;
mod reply;
mod session;
mod state;
mod weight;
mod ws_codec;

use pyo3::prelude::*;

/// The native half of `engineio_rs`.
#[pymodule(gil_used = true)]
mod _core {
    #[pymodule_export]
    use crate::client::{Bell, ClientSession, Delivery, NativeClient, after_fork, open_sockets, redirected};
    #[pymodule_export]
    use crate::gate::{
        Checked, check, cookie, is_endpoint, negotiate, open_packet, origin_fault, possible_upgrades,
    };
    #[pymodule_export]
    use crate::packet::Packet;
    #[pymodule_export]
    use crate::payload::{form_data, join_payload, split_payload};
    #[pymodule_export]
    use crate::proxies::TrustedProxies;
    #[pymodule_export]
    use crate::refusal::{Refusal, bad_request, granted, objection, rejection, unavailable};
    #[pymodule_export]
    use crate::session::Session;
    #[pymodule_export]
    use crate::ws_codec::WsCodec;
}
