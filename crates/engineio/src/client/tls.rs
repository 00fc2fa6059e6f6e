//! TLS set-up of a client.

use std::fmt;
use std::sync::{Arc, OnceLock};

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::ResolvesClientCert;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::config::BuildError;

/// What TLS needs, before it is checked.
#[derive(Default)]
pub(crate) struct TlsOptions {
    pub(crate) roots: Vec<Vec<u8>>,
    pub(crate) without_system_roots: bool,
    /// Certificate chain and key, as PEM.
    pub(crate) identity: Option<(Vec<u8>, Vec<u8>)>,
    pub(crate) server_name: Option<String>,
    pub(crate) accept_any: bool,
    pub(crate) custom: Option<ClientConfig>,
}

/// TLS, ready to be used.
#[derive(Clone)]
pub(crate) struct Tls {
    options: Arc<TlsOptions>,
    /// Made for the first connection that needs it: to read the system's authorities is most of what a client costs,
    /// and many never need them.
    connector: Arc<OnceLock<TlsConnector>>,
    /// The same for proxies, which are not shown who the client is.
    proxy_connector: Arc<OnceLock<TlsConnector>>,
    /// Instead of the URL's host.
    pub(crate) server_name: Option<ServerName<'static>>,
}

impl Tls {
    /// # Errors
    ///
    /// None that the check of the options has not found.
    pub(crate) fn connector(&self) -> Result<TlsConnector, BuildError> {
        self.made(&self.connector, |config| config)
    }

    /// For a connection to a proxy: without the client's certificate, which is for the server alone.
    ///
    /// # Errors
    ///
    /// None that the check of the options has not found.
    pub(crate) fn proxy_connector(&self) -> Result<TlsConnector, BuildError> {
        self.made(&self.proxy_connector, |mut config| {
            config.client_auth_cert_resolver = Arc::new(NoIdentity);
            config
        })
    }

    fn made(
        &self,
        connector: &OnceLock<TlsConnector>,
        change: impl FnOnce(ClientConfig) -> ClientConfig,
    ) -> Result<TlsConnector, BuildError> {
        if let Some(connector) = connector.get() {
            return Ok(connector.clone());
        }
        let made = TlsConnector::from(Arc::new(change(self.options.config(true)?)));
        Ok(connector.get_or_init(|| made).clone())
    }
}

impl TlsOptions {
    /// Everything but the system's authorities is checked now.
    pub(crate) fn check(self) -> Result<Tls, BuildError> {
        self.config(false)?;
        let server_name = self.server_name.as_ref().map(|name| {
            ServerName::try_from(name.clone()).map_err(|_| {
                BuildError::new("tls_server_name", format_args!("{name:?}"), "a host name or address")
            })
        });
        let server_name = server_name.transpose()?;
        Ok(Tls {
            options: Arc::new(self),
            connector: Arc::default(),
            proxy_connector: Arc::default(),
            server_name,
        })
    }

    fn config(&self, with_system_roots: bool) -> Result<ClientConfig, BuildError> {
        let mut config = match &self.custom {
            Some(config) => config.clone(),
            None => self.own_config(with_system_roots)?,
        };
        // WebSocket needs HTTP/1.1, and one set-up serves both transports.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn own_config(&self, with_system_roots: bool) -> Result<ClientConfig, BuildError> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| BuildError::new("tls", error, "a usable TLS library"))?;
        let builder = if self.accept_any {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(AcceptAny(provider)))
        } else {
            builder.with_root_certificates(self.root_store(with_system_roots)?)
        };
        match &self.identity {
            None => Ok(builder.with_no_client_auth()),
            Some((chain, key)) => {
                let (chain, key) = identity(chain, key)?;
                builder.with_client_auth_cert(chain, key).map_err(|error| {
                    BuildError::new("client_certificate", error, "a chain and its key, as PEM")
                })
            }
        }
    }

    fn root_store(&self, with_system_roots: bool) -> Result<RootCertStore, BuildError> {
        let mut store = RootCertStore::empty();
        if with_system_roots && !self.without_system_roots {
            // Files that cannot be read are left out, as is usual: a connection that needs them will fail.
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        for pem in &self.roots {
            add_roots(&mut store, certificates("add_root_certificate", pem)?)?;
        }
        Ok(store)
    }
}

impl fmt::Debug for TlsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsOptions").field("accept_any", &self.accept_any).finish_non_exhaustive()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

/// In a bundle, those of no use are left out: many systems' bundles have some.
fn add_roots(
    store: &mut RootCertStore,
    mut certificates: Vec<CertificateDer<'static>>,
) -> Result<(), BuildError> {
    let unusable =
        |words: &dyn fmt::Display| BuildError::new("add_root_certificate", words, "certificates as PEM");
    if certificates.len() == 1
        && let Some(only) = certificates.pop()
    {
        return store.add(only).map_err(|error| unusable(&error));
    }
    match store.add_parsable_certificates(certificates) {
        (0, _) => Err(unusable(&"without any certificate that is of use")),
        _ => Ok(()),
    }
}

fn identity(
    chain: &[u8],
    key: &[u8],
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), BuildError> {
    let chain = certificates("client_certificate", chain)?;
    let key = PrivateKeyDer::from_pem_slice(key)
        .map_err(|error| BuildError::new("client_certificate", error, "a private key as PEM"))?;
    Ok((chain, key))
}

fn certificates(option: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, BuildError> {
    const EXPECTED: &str = "certificates as PEM";
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = parsed.map_err(|error| BuildError::new(option, error, EXPECTED))?;
    if certificates.is_empty() {
        return Err(BuildError::new(option, "without any certificate", EXPECTED));
    }
    Ok(certificates)
}

/// Has no certificate for whoever asks for one.
#[derive(Debug)]
struct NoIdentity;

impl ResolvesClientCert for NoIdentity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// Takes every certificate; only the signatures of the handshake are checked.
#[derive(Debug)]
struct AcceptAny(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
