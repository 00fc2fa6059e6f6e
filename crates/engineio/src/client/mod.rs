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
//!
//! It speaks version 4 of the protocol; what it does on the wire, and when, is decided by
//! [`engineio_proto::client::Session`].
//!
//! # Coming from elsewhere
//!
//! | python-engineio | engine.io-client | here |
//! |---|---|---|
//! | `connect(url, headers, transports, engineio_path)` | `new Socket(uri, options)` | [`ClientBuilder::connect`] |
//! | `send(data)` | `send(data)` | [`Client::send`], [`Client::try_send`] |
//! | `send_packet(pkt)` | | [`Client::send_packet`] |
//! | `disconnect()`, `disconnect(abort=True)` | `close()` | [`Client::close`], [`Client::abort`] |
//! | `wait()` | | [`Client::closed`] |
//! | `on('connect')`, `'message'`, `'disconnect'` | `open`, `message`, `close` | [`Event`], or the builder's callbacks |
//! | | `upgrade`, `upgradeError`, `drain` | [`Event::Upgraded`], [`Event::UpgradeFailed`], [`Event::Drained`] |
//! | | `flush` | [`Client::flush`] |
//! | `transport()`, `sid`, `state` | `transport.name`, `id`, `readyState` | [`Client::transport`], [`Client::sid`], [`Client::state`] |
//! | `upgrades`, `ping_interval`, `ping_timeout` | `handshake` | [`Client::open_packet`] |
//! | | `writeBuffer` | [`Client::buffered_bytes`], [`Client::progress`] |
//! | `request_timeout` | `requestTimeout` | [`ClientBuilder::request_timeout`] and the other timeouts |
//! | `ssl_verify`, `http_session` | `ca`, `cert`, `key`, `agent` | [`ClientBuilder::proxy`], [`ClientBuilder::dial`], and with the feature `tls` `add_root_certificate`, `client_certificate` |
//! | `timestamp_requests` | `timestampRequests`, `timestampParam` | [`ClientBuilder::timestamp`] |
//! | | `tryAllTransports`, `rememberUpgrade` | [`ClientBuilder::fall_through`], [`ClientBuilder::remember_upgrade`] |

mod address;
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
mod exceptions;
mod failure;
mod guard;
mod handlers;
mod hint;
mod proxy;
mod redirect;
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
pub use redirect::redirected;
pub use sink::MessageSink;
pub use state::ClientState;
