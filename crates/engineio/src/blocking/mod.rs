//! Server and client for threads.
//!
//! # The server
//!
//! Handlers are plain functions that may block.
//!
//! It is the server of [`crate::server`] on a tokio runtime of its own. A few threads move bytes and keep
//! heartbeats; handlers run on others, of which there are at most
//! [`handler_threads`](ServerBuilder::handler_threads). A handler that blocks keeps one of them, and nothing else: its
//! client's pings are answered, and the other clients are served by the threads that are left. While none is left,
//! messages wait with their sessions, in order, and a session with
//! [`max_inbound`](ServerBuilder::max_inbound) of them is not read any further.
//!
//! ```no_run
//! use engineio::Message;
//! use engineio::blocking::{Server, Socket};
//!
//! # fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::builder()
//!     .on_message(|socket: Socket, message: Message| {
//!         let _ = socket.send(message);
//!     })
//!     .build()?;
//! server.serve("127.0.0.1:3000")?;
//! # Ok(())
//! # }
//! ```
//!
//! # What may be called where
//!
//! Everything may be called from any thread, from handlers, and from within other runtimes (whose thread is then
//! blocked); servers, sockets and whatever they have made may be dropped anywhere. What to know in a handler:
//!
//! | call | in a handler |
//! |---|---|
//! | [`Socket::send`] | keeps the handler's thread while it waits, which it does only under [`Overflow::Wait`] |
//! | [`Socket::flush`] | keeps the handler's thread until the client has everything; not in the connect handler, whose messages leave when it has returned |
//! | [`Server::shutdown`] | starts the shutdown and returns: it cannot wait for its own caller |
//! | [`Server::serve`], [`Running::join`] | keep the handler's thread until another one shuts the server down |
//!
//! Three callbacks are no handlers: [`on_connection_error`](ServerBuilder::on_connection_error),
//! [`choose_protocol`](ServerBuilder::choose_protocol) and [`generate_id`](ServerBuilder::generate_id) run on the
//! threads that move bytes, and must not block.
//!
//! [`Overflow::Wait`]: crate::server::Overflow::Wait
//!
//! # The client
//!
//! [`Client`] is [`crate::Client`] with a thread of its own that moves the bytes; its calls wait instead of being
//! awaited, and [`Events`] is an iterator.

#[cfg(feature = "server")]
mod build_error;
#[cfg(feature = "server")]
mod builder;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "server")]
mod event;
#[cfg(feature = "client")]
mod events;
#[cfg(feature = "server")]
mod home;
#[cfg(feature = "server")]
mod listen;
#[cfg(feature = "server")]
mod options;
#[cfg(feature = "server")]
mod pool;
#[cfg(feature = "server")]
mod queue;
#[cfg(feature = "server")]
mod running;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
mod socket;
#[cfg(feature = "server")]
mod threads;
#[cfg(feature = "client")]
mod waiting;
#[cfg(feature = "server")]
pub use build_error::BuildError;
#[cfg(feature = "server")]
pub use builder::ServerBuilder;
#[cfg(feature = "client")]
pub use client::Client;
#[cfg(feature = "server")]
pub use event::Event;
#[cfg(feature = "client")]
pub use events::{Events, NextError};
#[cfg(feature = "server")]
pub use listen::IntoListener;
#[cfg(feature = "server")]
pub use queue::{Queue, QueueEmpty, QueueFull, TooManyTasksDone};
#[cfg(feature = "server")]
pub use running::Running;
#[cfg(feature = "server")]
pub use server::Server;
#[cfg(feature = "server")]
pub use socket::Socket;
