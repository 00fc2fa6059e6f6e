//! The server for threads, with clients that are nothing but sockets.

#![cfg(feature = "blocking")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a failed test panics"
)]

mod drops;
mod event;
mod flow;
mod handlers;
mod host;
mod messages;
mod peer;
mod queue;
mod shutdown;
mod tasks;
mod threads;
#[cfg(all(feature = "tls", feature = "client"))]
mod tls;

use std::time::Duration;

use engineio::blocking::{Running, Server, ServerBuilder};

/// How long anything that must happen may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts a server on a port of its own.
fn start(builder: ServerBuilder) -> (Server, Running) {
    let server = builder.build().unwrap();
    let running = server.start("127.0.0.1:0").unwrap();
    (server, running)
}
