//! The client's session, step by step. Whole conversations over a faulty network are in the test kit.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed test panics")]

mod bench;
mod ends;
mod handshake;
mod heartbeat;
mod reading;
mod requests;
mod sending;
mod upgrade;
