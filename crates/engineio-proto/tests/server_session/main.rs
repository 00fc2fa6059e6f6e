//! The server's session, step by step. Whole conversations over a faulty network are in the test kit.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failed test panics")]

mod batches;
mod bench;
mod ends;
mod heartbeat;
mod leaving;
mod packets;
mod upgrade;
mod weight;
