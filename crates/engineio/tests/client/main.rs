//! The client as its users see it: against our own server, and against servers that misbehave.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failed test panics")]

mod basics;
mod support;
