//! The client's half of a session.

mod backlog;
mod backoff;
mod config;
mod course;
mod event;
mod links;
mod older;
mod opened;
mod pongs;
mod receive;
mod reconnect;
mod session;
mod transmit;

pub use config::ClientConfig;
pub use course::{Course, Failed, Next, Outcome};
pub use event::{Cause, Disconnect, Event, Finish, Transmit, Wants};
pub use links::LinkKind;
pub use reconnect::Reconnect;
pub use session::Session;
