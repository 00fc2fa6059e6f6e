//! Plain requests: GETs and POSTs of the server's path that are there as a whole, without anything unusual in their head.
//!
//! Polling consists of them. Reading them takes little of what an HTTP server has to know, and much of what a request
//! costs there. Whatever else a connection says is left to hyper, from its first byte on.

mod connection;
mod request;
mod response;

pub(super) use connection::{After, Plain};
