//! A server that listens in the background.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::Server;
use super::server::Serving;

/// A server that was started by [`Server::start`].
///
/// It is a handle to the server: dropping it stops nothing as long as there are others, and cuts the server off
/// otherwise.
#[derive(Debug)]
#[must_use = "without a handle the server ends"]
pub struct Running {
    server: Server,
    local_addr: SocketAddr,
    serving: Serving,
}

impl Running {
    pub(super) const fn new(server: Server, local_addr: SocketAddr, serving: Serving) -> Self {
        Self { server, local_addr, serving }
    }

    /// The address that it listens on, with the port that the system chose for port 0.
    pub const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The server.
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// Shuts the server down, as [`Server::shutdown`] does.
    pub fn shutdown(&self, grace: Duration) {
        self.server.shutdown(grace);
    }

    /// Blocks until somebody has shut the server down.
    ///
    /// # Errors
    ///
    /// As for [`Server::serve`].
    pub fn join(self) -> io::Result<()> {
        self.serving.join()
    }
}
