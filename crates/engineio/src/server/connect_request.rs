//! The request of a handshake.

use std::net::SocketAddr;

use engineio_proto::Transport;
use http::request::Parts;
use http::{HeaderMap, Uri};

/// The request that opens a session, for the connect handler to judge. Nothing of it is kept afterwards.
#[derive(Debug)]
pub struct ConnectRequest {
    pub(crate) parts: Parts,
    pub(crate) transport: Transport,
    pub(crate) remote: Option<SocketAddr>,
}

impl ConnectRequest {
    /// The header fields.
    pub const fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The request target.
    pub const fn uri(&self) -> &Uri {
        &self.parts.uri
    }

    /// The query, percent-encoded, without the question mark.
    pub fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or("")
    }

    /// The transport of the handshake.
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// The address that the request came from, where the host knows it.
    pub const fn remote_addr(&self) -> Option<SocketAddr> {
        self.remote
    }

    /// All parts, with the extensions that layers around the server have added.
    pub const fn parts(&self) -> &Parts {
        &self.parts
    }
}
