//! The client: for tokio.
//!
//! [`Client::connect`] gives a handle to send with and a stream of what happens. Everything else is an option of the
//! [`ClientBuilder`].
//!
//! ```no_run
//! use engineio::client::Event;
//! use engineio::Client;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let (client, mut events) = Client::connect("http://localhost:3000").await?;
//! client.send("hello").await?;
//! while let Some(event) = events.next().await {
//!     match event {
//!         Event::Message(message) => println!("{message:?}"),
//!         Event::Disconnected(end) => println!("{end}"),
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod builder;
#[expect(clippy::module_inception, reason = "the file of the type that the module is named after")]
mod client;
mod config;
mod connect_error;
mod connector;
mod cookies;
mod dialer;
mod disconnect;
mod driver;
mod event;
mod events;
mod failure;
mod guard;
mod handlers;
mod proxy;
mod shared;
mod sink;
mod state;
mod target;
#[cfg(feature = "tls")]
mod tls;

pub use builder::ClientBuilder;
pub use client::{Client, Send};
pub use config::BuildError;
pub use connect_error::{ConnectError, Phase};
pub use connector::Connector;
pub use cookies::CookieJar;
pub use disconnect::Disconnect;
pub use engineio_proto::client::Reconnect;
pub use engineio_proto::{OpenPacket, Overflow, Progress};
pub use event::Event;
pub use events::{Events, Next};
pub use proxy::Proxy;
pub use sink::MessageSink;
pub use state::ClientState;
