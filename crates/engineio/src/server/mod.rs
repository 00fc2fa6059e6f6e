//! The server: for tokio, hyper, tower and axum.

mod body;
mod builder;
mod compress;
mod config;
mod connect_request;
mod connection_error;
mod driver;
mod handler;
mod head;
mod layer;
mod layer_body;
mod rarely;
mod registry;
mod response;
mod runner;
#[expect(clippy::module_inception, reason = "the file of the type that the module is named after")]
mod server;
mod service;
mod shared;
mod socket;

pub use body::Body;
pub use builder::ServerBuilder;
pub use config::BuildError;
pub use connect_request::ConnectRequest;
pub use connection_error::ConnectionError;
#[cfg(feature = "tls")]
pub use driver::TlsListener;
#[cfg(feature = "blocking")]
pub(crate) use driver::bind_first;
pub use driver::{Accepted, Listener, bind};
pub use engineio_proto::edge::{
    AllowedOrigins, CookieError, OriginError, OriginFault, Refusal, Rejection, ReplyStyle, SameSite,
    SessionCookie, TrustedProxies,
};
pub use engineio_proto::server::Disconnect;
pub use engineio_proto::{ClientPings, Overflow, Progress};
pub use layer::{EngineLayer, EngineMiddleware};
pub use layer_body::LayerBody;
pub use server::{Server, SessionInfo, Skipped};
pub use service::{EngineService, RemoteAddr};
pub use socket::{Send, Socket};
