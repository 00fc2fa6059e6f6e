//! What a server can be told to listen on.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use tokio::net::TcpListener;

use crate::server::{Listener, bind_first};

/// What [`Server::serve`](super::Server::serve) takes: an address, or a listener that was made elsewhere.
///
/// An address is listened on as with [`server::bind`](crate::server::bind).
pub trait IntoListener {
    /// The listener that it becomes.
    type Listener: Listener;

    /// Binds, if there is something to bind. Runs within the server's runtime.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    fn into_listener(self) -> io::Result<Self::Listener>;
}

impl IntoListener for std::net::TcpListener {
    type Listener = TcpListener;

    fn into_listener(self) -> io::Result<TcpListener> {
        self.set_nonblocking(true)?;
        TcpListener::from_std(self)
    }
}

impl IntoListener for SocketAddr {
    type Listener = TcpListener;

    fn into_listener(self) -> io::Result<TcpListener> {
        bind_first(self.to_socket_addrs()?)
    }
}

impl IntoListener for &str {
    type Listener = TcpListener;

    fn into_listener(self) -> io::Result<TcpListener> {
        bind_first(self.to_socket_addrs()?)
    }
}

impl IntoListener for &String {
    type Listener = TcpListener;

    fn into_listener(self) -> io::Result<TcpListener> {
        self.as_str().into_listener()
    }
}

impl IntoListener for (&str, u16) {
    type Listener = TcpListener;

    fn into_listener(self) -> io::Result<TcpListener> {
        bind_first(self.to_socket_addrs()?)
    }
}

impl IntoListener for (IpAddr, u16) {
    type Listener = TcpListener;

    fn into_listener(self) -> io::Result<TcpListener> {
        bind_first(self.to_socket_addrs()?)
    }
}

/// TLS over TCP, with the certificates of the configuration;
/// [`TlsListener::new`](crate::server::TlsListener::new) shows how it is made of files.
///
/// ```no_run
/// use engineio::blocking::Server;
///
/// # fn run(config: engineio::rustls::ServerConfig) -> Result<(), Box<dyn std::error::Error>> {
/// let server = Server::builder().build()?;
/// server.serve((std::net::TcpListener::bind("0.0.0.0:443")?, config))?;
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "tls")]
impl IntoListener for (std::net::TcpListener, tokio_rustls::rustls::ServerConfig) {
    type Listener = crate::server::TlsListener;

    fn into_listener(self) -> io::Result<Self::Listener> {
        let (tcp, config) = self;
        Ok(crate::server::TlsListener::new(tcp.into_listener()?, config))
    }
}

#[cfg(unix)]
impl IntoListener for std::os::unix::net::UnixListener {
    type Listener = tokio::net::UnixListener;

    fn into_listener(self) -> io::Result<tokio::net::UnixListener> {
        self.set_nonblocking(true)?;
        tokio::net::UnixListener::from_std(self)
    }
}
