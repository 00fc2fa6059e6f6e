//! What follows from the end of the runtime.

use std::sync::Weak;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::server::shared::ServerShared;

/// Forgets the sessions when it is dropped: without their tasks, nothing would ever end them. Each of them keeps the
/// server, which keeps the runtime's descriptors.
struct RuntimeEnd(Weak<ServerShared>);

/// Watches a runtime, until the server is no longer there.
pub(crate) fn watch(runtime: &Handle, server: Weak<ServerShared>, gone: CancellationToken) {
    let end = RuntimeEnd(server);
    runtime.spawn(async move {
        gone.cancelled_owned().await;
        drop(end);
    });
}

impl Drop for RuntimeEnd {
    fn drop(&mut self) {
        if let Some(server) = self.0.upgrade() {
            server.registry.all().iter().for_each(|session| session.forget());
        }
    }
}
