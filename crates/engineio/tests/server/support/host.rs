//! A server on a network in memory.

use engineio::Server;
use engineio::server::ServerBuilder;
use tokio::io::DuplexStream;

use super::memory::{Network, network};
use super::{Calls, Dial, Polling, WebSocket};

/// A server that serves, the way to it, and what its handlers are told.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) server: Server,
    pub(crate) network: Network,
    pub(crate) calls: Calls,
}

impl Host {
    /// Starts a server. Handlers that `configure` sets replace those that fill [`calls`](Self::calls).
    pub(crate) fn start(configure: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        let (builder, calls) = Calls::of(Server::builder());
        let server = configure(builder).build().unwrap();
        let (network, listener) = network();
        let serving = server.clone();
        tokio::spawn(async move { serving.serve(listener).await });
        Self { server, network, calls }
    }

    /// A server as it is without any option.
    pub(crate) fn plain() -> Self {
        Self::start(|builder| builder)
    }

    /// A session on polling.
    pub(crate) async fn polling(&self) -> Polling<Network> {
        Polling::open(&self.network).await
    }

    /// A session on WebSocket, and its id.
    pub(crate) async fn websocket(&self) -> (WebSocket<DuplexStream>, String) {
        WebSocket::open(&self.network).await
    }

    /// A connection that was not used yet.
    pub(crate) async fn http(&self) -> super::Http<DuplexStream> {
        super::Http::new(self.network.dial().await)
    }
}
