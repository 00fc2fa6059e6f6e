//! Engine.IO for Rust.
//!
//! A session starts on HTTP long-polling, upgrades to WebSocket, and is watched by heartbeats. The protocol itself
//! is in [`engineio_proto`], without any I/O; this crate moves its bytes with tokio and hyper.
//!
//! ```no_run
//! use engineio::{Message, Server, Socket};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::builder()
//!     .on_message(|socket: Socket, message: Message| async move {
//!         let _ = socket.send(message).await;
//!     })
//!     .build()?;
//! let listener = engineio::server::bind("127.0.0.1:3000").await?;
//! server.serve(listener).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | |
//! |---|---|
//! | `server`, on by default | [`Server`]: for tokio, hyper, tower and axum |
//! | `client`, on by default | [`Client`]: for tokio |
//! | `tls` | TLS for both, with `rustls` |
//! | `blocking` | both for threads, in `blocking` |

#[cfg(all(feature = "blocking", any(feature = "server", feature = "client")))]
pub mod blocking;
#[cfg(feature = "client")]
pub mod client;
#[cfg(any(feature = "server", feature = "client"))]
mod driver;
#[cfg(feature = "server")]
pub mod server;

#[cfg(feature = "client")]
pub use client::Client;
pub use engineio_proto::{
    DisconnectReason, Message, Packet, Prepared, SendError, Sid, Text, Transport, TransportSet,
};
#[cfg(feature = "server")]
pub use server::{Server, Socket};
/// The `rustls` that settings of TLS are made with.
#[cfg(feature = "tls")]
pub use tokio_rustls::rustls;
