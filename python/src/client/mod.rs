//! The client's half: a session for Python's own I/O, and what both drivers share.

mod event;
mod native;
mod options;
mod runtime;
mod session;
mod signal;
mod turn;

pub(crate) use native::NativeClient;
pub(crate) use runtime::after_fork;
pub(crate) use session::ClientSession;
