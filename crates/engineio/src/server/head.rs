//! What is kept of a request.

use std::net::SocketAddr;

use engineio_proto::edge::CorsHeaders;
use http::request::Parts;
use http::{Method, Request, Uri};
use hyper::upgrade::OnUpgrade;

use super::service::Peer;
use super::shared::ServerShared;

/// The head of a handshake with what the host knows about it.
pub(crate) struct Head {
    pub(crate) parts: Parts,
    pub(crate) remote: Option<SocketAddr>,
    pub(crate) extended_connect: bool,
    /// How the host hands the connection over.
    pub(crate) on_upgrade: Option<OnUpgrade>,
    /// The CORS headers of its answer.
    pub(crate) cors: CorsHeaders,
}

impl Head {
    /// Takes the head of a request.
    pub(crate) fn new(request: &mut Parts, peer: Peer, extended_connect: bool, cors: CorsHeaders) -> Self {
        let (empty, ()) = Request::new(()).into_parts();
        let mut parts = std::mem::replace(request, empty);
        let on_upgrade = parts.extensions.remove();
        Self { parts, remote: peer.remote, extended_connect, on_upgrade, cors }
    }

    pub(crate) fn into_asker(self) -> Asker {
        let target = Some(Box::new((self.parts.method, self.parts.uri)));
        Asker { remote: self.remote, cors: self.cors, target }
    }
}

/// Who asked for something that may yet be refused.
pub(crate) struct Asker {
    pub(crate) remote: Option<SocketAddr>,
    /// The CORS headers of the answer.
    pub(crate) cors: CorsHeaders,
    /// Method and target, if the application wants to know.
    pub(crate) target: Option<Box<(Method, Uri)>>,
}

impl Asker {
    pub(crate) fn new(server: &ServerShared, request: &Parts, peer: Peer, cors: CorsHeaders) -> Self {
        let told = server.handlers.connection_error.is_some();
        let target = told.then(|| Box::new((request.method.clone(), request.uri.clone())));
        Self { remote: peer.remote, cors, target }
    }
}
