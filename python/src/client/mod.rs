//! The client's half: a session for Python's own I/O, and what both drivers share.

mod bell;
mod delivery;
mod event;
mod keyword;
mod native;
mod options;
mod runtime;
mod session;
mod signal;
#[cfg(unix)]
mod sockets;
mod turn;
mod watch;

pub(crate) use bell::Bell;
pub(crate) use delivery::Delivery;
pub(crate) use native::{NativeClient, redirected};
pub(crate) use runtime::{after_fork, open_sockets};
pub(crate) use session::ClientSession;
