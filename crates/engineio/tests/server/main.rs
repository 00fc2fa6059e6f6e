//! The server as its users see it: every option, every method, every host, over raw connections.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a failed test panics"
)]

mod bodies;
mod builder;
mod compression;
mod connect;
mod cors;
mod deadlines;
mod disconnect;
mod examples;
mod handle;
mod handshake;
mod hooks;
mod hosts;
mod http2;
mod leaving;
mod limits;
mod listener;
mod messages;
mod offences;
mod overflow;
mod panics;
mod plain;
mod serve;
mod shutdown;
mod socket;
mod stuck;
mod support;
#[cfg(feature = "tls")]
mod tls;
mod turns;
mod weight;
