//! Where sockets find their server.

use std::sync::{Arc, OnceLock, Weak};

use tokio::runtime::Handle;

use super::Server;
use super::server::Shared;

/// The way from a socket to its server, which neither keeps the server nor its threads alive.
#[derive(Debug)]
pub(super) struct Home {
    runtime: Handle,
    /// Set before there is any session.
    server: OnceLock<Weak<Shared>>,
}

impl Home {
    pub(super) fn new(runtime: Handle) -> Arc<Self> {
        Arc::new(Self { runtime, server: OnceLock::new() })
    }

    pub(super) fn settle(&self, server: &Arc<Shared>) {
        let _ = self.server.set(Arc::downgrade(server));
    }

    pub(super) const fn runtime(&self) -> &Handle {
        &self.runtime
    }

    pub(super) fn server(&self) -> Option<Server> {
        self.server.get()?.upgrade().map(Server::from_shared)
    }
}
