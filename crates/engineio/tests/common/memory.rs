//! Connections in memory, so that a paused clock is the only clock from end to end.

use std::future::pending;
use std::io;
use std::net::SocketAddr;

use engineio::server::{Accepted, Listener};
use tokio::io::{DuplexStream, duplex};
use tokio::sync::mpsc;

/// What a connection holds in each direction before its writer has to wait.
pub(crate) const BUFFER: usize = 64 * 1024;

/// Where connections are made.
#[derive(Clone, Debug)]
pub(crate) struct Network(mpsc::UnboundedSender<Accepted<DuplexStream>>);

/// Where they are accepted.
#[derive(Debug)]
pub(crate) struct Memory(mpsc::UnboundedReceiver<Accepted<DuplexStream>>);

/// A network with one listener.
pub(crate) fn network() -> (Network, Memory) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Network(sender), Memory(receiver))
}

impl Network {
    /// A new connection from `remote`, whose buffers hold `buffer` bytes.
    pub(crate) fn connect(&self, remote: &str, buffer: usize) -> DuplexStream {
        let (ours, theirs) = duplex(buffer);
        let remote: SocketAddr = remote.parse().unwrap();
        // A listener that is gone drops its half, which is what a client would see.
        let _ = self.0.send(Accepted { io: theirs, remote: Some(remote) });
        ours
    }
}

impl Listener for Memory {
    type Raw = DuplexStream;
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<Accepted<DuplexStream>> {
        match self.0.recv().await {
            Some(accepted) => Ok(accepted),
            None => pending().await,
        }
    }

    fn prepare(&self, raw: DuplexStream) -> impl Future<Output = io::Result<DuplexStream>> + Send + 'static {
        std::future::ready(Ok(raw))
    }
}
