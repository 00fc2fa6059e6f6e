//! The code that moves bytes between connections and sessions. It decides nothing about the protocol.

pub(super) mod clock;
pub(super) mod connect;
pub(super) mod polling;
pub(super) mod random;
mod input;
mod scratch;
pub(super) mod serve;
pub(super) mod shared;
pub(super) mod timers;
pub(super) mod upgraded;
pub(super) mod websocket;
