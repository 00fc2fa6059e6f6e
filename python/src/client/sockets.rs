//! The sockets of this process's native clients: a child that is forked has to close its copies of them.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tower_service::Service;

/// The descriptors of the open ones.
#[derive(Debug, Default)]
pub(crate) struct Sockets(Mutex<BTreeSet<RawFd>>);

impl Sockets {
    pub(crate) fn descriptors(&self) -> Vec<RawFd> {
        self.lock().iter().copied().collect()
    }

    /// A connection to this host and port.
    pub(crate) async fn dial(self: Arc<Self>, host: String, port: u16) -> io::Result<Counted> {
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        let address = Uri::try_from(format!("http://{host}:{port}")).map_err(io::Error::other)?;
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        let stream = tcp.call(address).await.map_err(io::Error::other)?.into_inner();
        self.lock().insert(stream.as_raw_fd());
        Ok(Counted { stream, sockets: self })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<RawFd>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A socket that is on the list as long as it is open.
#[derive(Debug)]
pub(crate) struct Counted {
    stream: TcpStream,
    sockets: Arc<Sockets>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.sockets.lock().remove(&self.stream.as_raw_fd());
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
