//! TLS, ended by the server itself.

use std::sync::Arc;

use engineio::Server;
use engineio::server::TlsListener;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::support::conversation::{converse, echo};
use crate::support::http::{get, with};
use crate::support::polling::OPEN;
use crate::support::{Dial, Http};

/// The way to a server with TLS.
#[derive(Clone)]
pub(crate) struct Secure {
    address: std::net::SocketAddr,
    connector: TlsConnector,
}

impl std::fmt::Debug for Secure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.address.fmt(f)
    }
}

impl Dial for Secure {
    type Io = TlsStream<TcpStream>;

    async fn dial(&self) -> Self::Io {
        let tcp = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        self.connector.connect(name, tcp).await.unwrap()
    }
}

/// Has a server serve, for clients that trust its certificate.
pub(crate) async fn serve(
    server: Server,
    config: ServerConfig,
    certificate: CertificateDer<'static>,
) -> Secure {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    tokio::spawn(async move { server.serve(TlsListener::new(tcp, config)).await });
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let mut client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Secure { address, connector: TlsConnector::from(Arc::new(client)) }
}

/// An echoing server with a certificate made for the occasion.
async fn secure() -> Secure {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![certificate.clone()], key).unwrap();
    serve(echo().build().unwrap(), config, certificate).await
}

#[tokio::test]
async fn both_transports() {
    let secure = secure().await;
    converse(&secure).await;
}

#[tokio::test]
async fn only_http_1_is_agreed_on() {
    let stream = secure().await.dial().await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
}

#[tokio::test]
async fn the_servers_own_pages_are_those_of_https() {
    let secure = secure().await;
    for (origin, status) in [("https://localhost", 200), ("http://localhost", 403)] {
        let mut http = Http::new(secure.dial().await);
        assert_eq!(http.exchange(&with(get(OPEN), "origin", origin)).await.status(), status, "{origin}");
    }
}

/// Connects, and says nothing of TLS.
#[tokio::test(start_paused = true)]
async fn a_handshake_gets_ten_seconds() {
    let secure = secure().await;
    let begun = tokio::time::Instant::now();
    let mut silent = secure.address.dial().await;
    let end = tokio::io::AsyncReadExt::read(&mut silent, &mut [0; 1]).await.unwrap();
    assert_eq!((end, begun.elapsed().as_secs()), (0, 10));
}

#[tokio::test]
async fn plain_http_is_no_handshake_and_harms_nobody() {
    let secure = secure().await;
    let mut plain = Http::new(secure.address.dial().await);
    plain.send(&get(OPEN)).await;
    let mut rest = Vec::new();
    // An alert of TLS, and the end.
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut plain.io, &mut rest).await;
    assert_ne!(rest.first(), Some(&b'H'));
    assert_eq!(Http::new(secure.dial().await).exchange(&get(OPEN)).await.status(), 200);
}
