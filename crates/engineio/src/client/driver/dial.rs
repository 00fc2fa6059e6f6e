//! Connections to the server: TCP, proxy, TLS. The same for both transports.

use std::borrow::Cow;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV4, SocksV5};
use hyper_util::client::proxy::matcher::Intercept;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

use super::stream::Stream;
use super::tunnel::tunnel;
use crate::client::config::Config;
use crate::client::connect_error::Phase;
use crate::client::failure::Failure;

/// What is before the zone of an IPv6 address in a URL.
const ZONE: &str = "%25";

type Dialing = Pin<Box<dyn Future<Output = Result<TokioIo<Stream>, Failure>> + Send>>;

/// Connects to servers.
#[derive(Clone, Debug)]
pub(crate) struct Dial {
    config: Arc<Config>,
}

/// Connects to one address: the server or the proxy.
#[derive(Clone, Debug)]
struct Direct {
    tcp: HttpConnector,
    config: Arc<Config>,
}

impl Dial {
    pub(crate) const fn new(config: Arc<Config>) -> Self {
        Self { config }
    }

    /// A connection that nobody but the server reads: through an HTTP proxy it is a tunnel.
    pub(crate) async fn connect(&self, server: &Uri) -> Result<Stream, Failure> {
        self.in_time(self.dial(server)).await
    }

    /// A connection for requests. An HTTP proxy forwards those that are not encrypted: many proxies refuse tunnels to
    /// other ports than 443.
    async fn connect_for_requests(&self, server: &Uri) -> Result<Stream, Failure> {
        let Some(proxy) = self.forwarder(server) else { return self.connect(server).await };
        self.in_time(self.direct().reach_proxy(proxy.uri())).await.map(Stream::forwarded)
    }

    /// The HTTP proxy that forwards requests to this server, if one does.
    pub(crate) fn forwarder(&self, server: &Uri) -> Option<Intercept> {
        let proxy = self.config.proxies.intercept(server).filter(|_| !is_secure(server))?;
        matches!(proxy.uri().scheme_str(), Some("http" | "https")).then_some(proxy)
    }

    async fn in_time<T>(&self, dialing: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let limit = self.config.connect_timeout;
        timeout(limit, dialing)
            .await
            .unwrap_or_else(|_| Err(Failure::timeout(Phase::Connect, "connecting", limit)))
    }

    async fn dial(&self, server: &Uri) -> Result<Stream, Failure> {
        let stream = match self.config.proxies.intercept(server) {
            None => self.direct().tcp(server, Phase::Connect).await?,
            Some(proxy) => self.through(&proxy, with_port(server)?).await?,
        };
        if is_secure(server) { encrypt(&self.config, stream, server, true).await } else { Ok(stream) }
    }

    fn direct(&self) -> Direct {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_local_address(self.config.local_address);
        Direct { tcp, config: Arc::clone(&self.config) }
    }

    async fn through(&self, proxy: &Intercept, server: Uri) -> Result<Stream, Failure> {
        let address = proxy.uri().clone();
        let scheme = address.scheme_str().unwrap_or_default().to_owned();
        // Whatever goes wrong on the way to the proxy is told in our words; from here on it speaks for itself.
        let stream = self.direct().reach_proxy(&address).await?;
        let opened = match scheme.as_str() {
            "socks5" | "socks5h" => {
                let socks = SocksV5::new(address, Reached::new(stream)).local_dns(scheme == "socks5");
                let mut socks = match proxy.raw_auth() {
                    Some((user, password)) => socks.with_auth(user.to_owned(), password.to_owned()),
                    None => socks,
                };
                socks.call(server).await
            }
            "socks4" | "socks4a" => {
                SocksV4::new(address, Reached::new(stream)).local_dns(scheme == "socks4").call(server).await
            }
            _ => return tunnel(stream, &server, proxy.basic_auth()).await,
        };
        opened.map(TokioIo::into_inner).map_err(|error| Failure::of(Phase::Proxy, error))
    }
}

impl Direct {
    async fn tcp(&self, address: &Uri, phase: Phase) -> Result<Stream, Failure> {
        let port = address.port_u16().unwrap_or_else(|| default_port(address));
        if let Some(dialer) = &self.config.dialer {
            let dialed = dialer.dial(bare_host(address).into_owned(), port).await;
            return dialed.map(Stream::own).map_err(|error| Failure::of(phase, error));
        }
        if let Cow::Owned(with_zone) = bare_host(address) {
            let connected = TcpStream::connect((with_zone, port)).await;
            return connected.map(Stream::tcp).map_err(|error| Failure::of(phase, error));
        }
        let connected = self.tcp.clone().call(address.clone()).await;
        let stream = connected.map_err(|error| Failure::of(phase, error))?;
        Ok(Stream::tcp(stream.into_inner()))
    }

    async fn reach_proxy(&self, address: &Uri) -> Result<Stream, Failure> {
        let stream = self.tcp(address, Phase::Proxy).await?;
        match address.scheme_str() {
            Some("https") => encrypt(&self.config, stream, address, false).await,
            _ => Ok(stream),
        }
    }
}

/// A connection that is there already, for code that wants to make it.
struct Reached(Option<Stream>);

impl Reached {
    const fn new(stream: Stream) -> Self {
        Self(Some(stream))
    }
}

impl Service<Uri> for Reached {
    type Response = TokioIo<Stream>;
    type Error = Failure;
    type Future = Ready<Result<TokioIo<Stream>, Failure>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _proxy: Uri) -> Self::Future {
        let stream = self.0.take().map(TokioIo::new);
        ready(stream.ok_or_else(|| Failure::new(Phase::Proxy, "a proxy needs a connection of its own")))
    }
}

impl Service<Uri> for Dial {
    type Response = TokioIo<Stream>;
    type Error = Failure;
    type Future = Dialing;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Dialing {
        let dial = self.clone();
        Box::pin(async move { dial.connect_for_requests(&server).await.map(TokioIo::new) })
    }
}

/// The host as it is resolved: an IPv6 address without its brackets, and with its zone as the system writes it.
fn bare_host(address: &Uri) -> Cow<'_, str> {
    let host = address.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    if host.contains(ZONE) { host.replacen(ZONE, "%", 1).into() } else { host.into() }
}

/// The host as it is certified.
#[cfg(feature = "tls")]
fn certified_host(address: &Uri) -> String {
    let host = bare_host(address);
    host.split('%').next().unwrap_or_default().to_owned()
}

fn default_port(address: &Uri) -> u16 {
    if is_secure(address) { 443 } else { 80 }
}

fn is_secure(server: &Uri) -> bool {
    server.scheme_str() == Some("https")
}

/// Tunnels take 443 for the port of a URL without one.
fn with_port(server: &Uri) -> Result<Uri, Failure> {
    if server.port().is_some() {
        return Ok(server.clone());
    }
    let port = default_port(server);
    let mut parts = server.clone().into_parts();
    parts.authority = format!("{}:{port}", server.host().unwrap_or_default()).parse().ok();
    Uri::from_parts(parts).map_err(|error| Failure::new(Phase::Url, error.to_string()))
}

#[cfg(feature = "tls")]
async fn encrypt(config: &Config, stream: Stream, address: &Uri, is_server: bool) -> Result<Stream, Failure> {
    use tokio_rustls::rustls::pki_types::ServerName;

    let host = certified_host(address);
    let name = match config.tls.server_name.clone().filter(|_| is_server) {
        Some(name) => name,
        None => ServerName::try_from(host.clone())
            .map_err(|_| Failure::new(Phase::Tls, format!("{host:?} is no name for a certificate")))?,
    };
    let connector = if is_server { config.tls.connector() } else { config.tls.proxy_connector() };
    let connector = connector.map_err(|error| Failure::of(Phase::Tls, error))?;
    match connector.connect(name, stream).await {
        Ok(stream) => Ok(Stream::tls(stream)),
        Err(error) => Err(Failure::of(Phase::Tls, error)),
    }
}

#[cfg(not(feature = "tls"))]
#[expect(clippy::unused_async, reason = "as with TLS")]
async fn encrypt(_: &Config, _: Stream, _: &Uri, _: bool) -> Result<Stream, Failure> {
    Err(Failure::new(
        Phase::Tls,
        "this program was built without TLS: enable the feature `tls` of `engineio`",
    ))
}
