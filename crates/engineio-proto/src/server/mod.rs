//! The server's half of a session.

mod event;
mod hosted;
mod links;
mod receive;
mod session;
mod snapshot;
mod transmit;

pub use event::{Disconnect, Event, Finish, Transmit, Wants};
pub use hosted::Received;
pub use session::Session;
pub use snapshot::Snapshot;
