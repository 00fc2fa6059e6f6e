//! TLS, ended by the server itself, with a certificate made at the start.
//!
//! ```sh
//! cargo run --example tls --features tls
//! curl --insecure 'https://127.0.0.1:3000/engine.io/?EIO=4&transport=polling'
//! ```
#![expect(clippy::print_stdout, reason = "an example tells where it listens")]

use engineio::rustls::ServerConfig;
use engineio::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use engineio::server::TlsListener;
use engineio::{Message, Server, Socket};

type Error = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let listener = engineio::server::bind("127.0.0.1:3000").await?;
    println!("https://{}/engine.io/", listener.local_addr()?);
    let (certificate, key) = self_signed()?;
    let listener = TlsListener::new(listener, config(certificate, key)?);
    let server = Server::builder().on_message(echo).build()?;
    server.serve(listener).await?;
    Ok(())
}

/// A real server reads both from files.
pub(crate) fn self_signed() -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), Error> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    Ok((made.cert.der().clone(), PrivateKeyDer::try_from(made.signing_key.serialize_der())?))
}

pub(crate) fn config(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, Error> {
    Ok(ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key)?)
}

pub(crate) async fn echo(socket: Socket, message: Message) {
    // A client that has gone needs no answer.
    let _ = socket.send(message).await;
}
