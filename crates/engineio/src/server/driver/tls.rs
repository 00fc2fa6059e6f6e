//! TLS, ended by this process.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

use super::listener::{Accepted, Listener};

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// A listener for TLS over TCP, with rustls.
pub struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl TlsListener {
    /// Ends TLS on the connections of `tcp`.
    ///
    /// ```no_run
    /// use engineio::rustls::ServerConfig;
    /// use engineio::rustls::pki_types::pem::PemObject;
    /// use engineio::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    /// use engineio::server::TlsListener;
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// # let server = engineio::Server::builder().build()?;
    /// let chain = CertificateDer::pem_file_iter("fullchain.pem")?.collect::<Result<_, _>>()?;
    /// let key = PrivateKeyDer::from_pem_file("privkey.pem")?;
    /// let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    /// let tcp = engineio::server::bind("0.0.0.0:443").await?;
    /// server.serve(TlsListener::new(tcp, config)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// `config` holds the certificates. Its ALPN protocols are set to `http/1.1`: WebSocket needs it.
    pub fn new(tcp: TcpListener, mut config: ServerConfig) -> Self {
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self { tcp, acceptor: TlsAcceptor::from(Arc::new(config)) }
    }
}

impl std::fmt::Debug for TlsListener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsListener").field("tcp", &self.tcp).finish_non_exhaustive()
    }
}

impl Listener for TlsListener {
    type Raw = TcpStream;
    type Io = TlsStream<TcpStream>;

    const SECURE: bool = true;

    async fn accept(&mut self) -> io::Result<Accepted<TcpStream>> {
        Listener::accept(&mut self.tcp).await
    }

    fn prepare(&self, raw: TcpStream) -> impl Future<Output = io::Result<Self::Io>> + Send + 'static {
        let acceptor = self.acceptor.clone();
        async move {
            raw.set_nodelay(true)?;
            tokio::time::timeout(HANDSHAKE, acceptor.accept(raw)).await?
        }
    }
}
