//! A request that was refused.

use std::net::SocketAddr;

use engineio_proto::edge::Refusal;
use http::{Method, Uri};

/// A request that was refused, for the hook
/// [`on_connection_error`](super::ServerBuilder::on_connection_error).
#[derive(Debug)]
#[non_exhaustive]
pub struct ConnectionError {
    /// Why: its `Display` says what was expected and what to change.
    pub refusal: Refusal,
    /// The protocol's code of the refusal, 0 to 5.
    pub code: u8,
    /// The method of the request.
    pub method: Method,
    /// The target of the request. It holds the session id, if there is one: do not log it whole.
    pub uri: Uri,
    /// The address that the request came from, where the host knows it.
    pub remote: Option<SocketAddr>,
}
