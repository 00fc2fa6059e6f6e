//! The server for threads, with clients that are nothing but sockets.

#![cfg(feature = "blocking")]

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

use std::time::Duration;

use engineio::blocking::{Running, Server, ServerBuilder};

/// How long anything that must happen may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts a server on a port of its own.
fn start(builder: ServerBuilder) -> (Server, Running) {
    let server = builder.build().unwrap();
    let running = server.start("127.0.0.1:0").unwrap();
    (server, running)
}
