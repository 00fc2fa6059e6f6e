//! The WebSocket codec from outside.
#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a panic is a failed test")]

mod properties;
mod rules;
mod support;
mod tungstenite;
