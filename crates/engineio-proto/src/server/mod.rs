//! The server's half of a session.

mod event;
mod links;
mod receive;
mod session;
mod transmit;

pub use event::{Disconnect, Event, Finish, Transmit, Wants};
pub use session::Session;
