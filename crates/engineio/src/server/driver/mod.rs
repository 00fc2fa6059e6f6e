//! The code that moves bytes between connections and sessions. It decides nothing about the protocol.

pub(super) mod answering;
mod bind;
pub(super) mod connect;
mod exchange;
mod guarded;
mod listener;
mod plain;
pub(super) mod polling;
pub(super) mod posting;
mod quiet;
mod requests;
mod rewound;
pub(super) mod runtime_end;
pub(super) mod serve;
pub(super) mod shared;
pub(super) mod timers;
#[cfg(feature = "tls")]
mod tls;
pub(super) mod turn;
pub(super) mod upgraded;
pub(super) mod websocket;

use crate::driver::{alarm, input, io};
pub(super) use crate::driver::{clock, random, scratch};

#[cfg(feature = "blocking")]
pub(crate) use bind::bind_first;

pub use bind::bind;
pub use listener::{Accepted, Listener};
#[cfg(feature = "tls")]
pub use tls::TlsListener;
