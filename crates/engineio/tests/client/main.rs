//! The client as its users see it: against our own server, and against servers that misbehave.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod api;
mod callbacks;
mod deadlines;
mod ends;
mod flood;
mod flow;
mod forwarding;
mod misbehaviour;
mod reconnect;
mod reconnect_timing;
mod redirects;
mod requests;
mod round_trip;
mod sink;
mod storm;
mod support;
#[cfg(feature = "blocking")]
mod threads;
mod through_proxies;
#[cfg(feature = "tls")]
mod tls;
mod versions;
