//! The client's half: a session for Python's own I/O, and what both drivers share.

mod event;
mod session;
mod signal;
mod turn;

pub(crate) use session::ClientSession;
