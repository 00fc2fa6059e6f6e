//! Our own server on a port of its own.

use std::net::SocketAddr;

use engineio::server::{Listener, ServerBuilder};
use engineio::{Message, Server, Socket};
use tokio::net::TcpListener;

use super::Memory;

/// A server that runs until the test's runtime ends.
pub(crate) struct Host {
    pub(crate) server: Server,
    address: SocketAddr,
}

impl Host {
    /// Sends messages back.
    pub(crate) async fn echo() -> Self {
        Self::start(echo(Server::builder())).await
    }

    pub(crate) async fn start(builder: ServerBuilder) -> Self {
        let server = builder.build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self::serve(server, listener, address)
    }

    /// As [`start`](Self::start), in a network of memory; its address is nothing to connect to.
    pub(crate) fn on(listener: Memory, builder: ServerBuilder) -> Self {
        Self::serve(builder.build().unwrap(), listener, ([0, 0, 0, 0], 0).into())
    }

    fn serve(server: Server, listener: impl Listener, address: SocketAddr) -> Self {
        let serving = server.clone();
        tokio::spawn(async move { serving.serve(listener).await });
        Self { server, address }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Has a server send messages back.
pub(crate) fn echo(builder: ServerBuilder) -> ServerBuilder {
    builder.on_message(|socket: Socket, message: Message| async move {
        let _ = socket.send(message).await;
    })
}
