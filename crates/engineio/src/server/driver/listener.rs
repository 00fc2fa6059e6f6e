//! Where connections come from.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

/// A connection that was accepted.
#[derive(Debug)]
pub struct Accepted<IO> {
    /// The connection.
    pub io: IO,
    /// The address of the peer, where there is one.
    pub remote: Option<SocketAddr>,
}

/// A source of connections for [`Server::serve`](crate::Server::serve).
///
/// ```
/// use std::future::{Ready, ready};
/// use std::io;
///
/// use engineio::server::{Accepted, Listener};
/// use tokio::net::{TcpListener, TcpStream};
///
/// /// Takes connections of this computer only.
/// struct Local(TcpListener);
///
/// impl Listener for Local {
///     type Raw = TcpStream;
///     type Io = TcpStream;
///
///     async fn accept(&mut self) -> io::Result<Accepted<TcpStream>> {
///         loop {
///             let (io, remote) = self.0.accept().await?;
///             if remote.ip().is_loopback() {
///                 return Ok(Accepted { io, remote: Some(remote) });
///             }
///         }
///     }
///
///     fn prepare(&self, raw: TcpStream) -> Ready<io::Result<TcpStream>> {
///         ready(Ok(raw))
///     }
/// }
/// ```
pub trait Listener: Send + 'static {
    /// What is accepted.
    type Raw: Send + 'static;
    /// A connection that is ready for HTTP.
    type Io: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// Whether what it accepts is encrypted, and ends here.
    const SECURE: bool = false;

    /// Waits for a connection. Must be cancel safe.
    fn accept(&mut self) -> impl Future<Output = io::Result<Accepted<Self::Raw>>> + Send;

    /// Makes it ready for HTTP, within the connection's own task: here TLS shakes hands.
    fn prepare(&self, raw: Self::Raw) -> impl Future<Output = io::Result<Self::Io>> + Send + 'static;
}

impl Listener for TcpListener {
    type Raw = TcpStream;
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<Accepted<TcpStream>> {
        let (io, remote) = Self::accept(self).await?;
        Ok(Accepted { io, remote: Some(remote) })
    }

    fn prepare(&self, raw: TcpStream) -> impl Future<Output = io::Result<TcpStream>> + Send + 'static {
        // Without it a short answer can wait for the acknowledgement of the one before.
        let prepared = raw.set_nodelay(true).map(|()| raw);
        std::future::ready(prepared)
    }
}

#[cfg(unix)]
impl Listener for tokio::net::UnixListener {
    type Raw = tokio::net::UnixStream;
    type Io = tokio::net::UnixStream;

    async fn accept(&mut self) -> io::Result<Accepted<Self::Raw>> {
        let (io, _) = Self::accept(self).await?;
        Ok(Accepted { io, remote: None })
    }

    fn prepare(&self, raw: Self::Raw) -> impl Future<Output = io::Result<Self::Io>> + Send + 'static {
        std::future::ready(Ok(raw))
    }
}
