//! The code that moves bytes between a client's session and its server. It decides nothing about the protocol.

mod answer;
mod carried;
mod connection;
mod dial;
mod drive;
mod http;
mod mask;
mod meter;
mod open;
mod overdue;
mod place;
mod run;
mod stream;
mod tunnel;
mod wire;

pub(super) use drive::drive;
pub(super) use http::Http;
