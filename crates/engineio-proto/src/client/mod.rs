//! The client's half of a session.

mod config;
mod event;
mod links;
mod opened;
mod query;
mod receive;
mod session;
mod transmit;

pub use config::ClientConfig;
pub use event::{Cause, Disconnect, Event, Finish, Transmit, Wants};
pub use links::LinkKind;
pub use query::request_query;
pub use session::Session;
