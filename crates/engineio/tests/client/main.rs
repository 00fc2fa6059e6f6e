//! The client as its users see it: against our own server, and against servers that misbehave.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a failed test panics")]

mod basics;
mod callbacks;
mod misbehaviour;
mod proxies;
mod reconnect;
mod requests;
mod round_trip;
mod sink;
mod support;
