//! Makes clients.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use engineio_proto::client::ClientConfig;
use engineio_proto::edge::is_token;
use engineio_proto::{Message, Overflow, Transport, ws};
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncRead, AsyncWrite};

use super::config::{BuildError, Config, Cookies};
use super::connector::Connector;
use super::cookies::CookieJar;
use super::dialer::Dialer;
use super::handlers::Handlers;
use super::proxy::Proxy;
use super::target::basic;
#[cfg(feature = "tls")]
use super::tls::TlsOptions;
use super::{Client, ConnectError, Disconnect, Event, Events, Reconnect};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Settings of a [`Client`]. Everything has a default; [`build`](Self::build) checks what was set.
///
/// ```no_run
/// use std::time::Duration;
/// use engineio::{Client, Transport};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let (client, events) = Client::builder()
///     .bearer_auth("token")
///     .query("room", "lobby")
///     .transports([Transport::WebSocket, Transport::Polling])
///     .connect_timeout(Duration::from_secs(5))
///     .connect("https://example.com")
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until `connect` or `build`"]
pub struct ClientBuilder {
    session: ClientConfig,
    path: Option<String>,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    transports: Vec<Transport>,
    fall_through: bool,
    remember_upgrade: bool,
    connect_timeout: Duration,
    request_timeout: Duration,
    timestamp: Option<String>,
    protocols: Vec<String>,
    local_address: Option<IpAddr>,
    dialer: Option<Dialer>,
    compression: bool,
    max_fragments: u32,
    proxy: Proxy,
    #[cfg(feature = "tls")]
    tls: TlsOptions,
    cookies: Cookies,
    reconnect: Option<Reconnect>,
    handlers: Handlers,
    /// What a setter could not take; the first one counts.
    error: Option<BuildError>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            session: ClientConfig { connect_timeout: Duration::from_secs(20), ..ClientConfig::default() },
            path: None,
            query: Vec::new(),
            headers: HeaderMap::new(),
            transports: vec![Transport::Polling, Transport::WebSocket],
            fall_through: true,
            remember_upgrade: false,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            timestamp: Some("t".to_owned()),
            protocols: Vec::new(),
            local_address: None,
            dialer: None,
            compression: true,
            max_fragments: ws::Limits::default().max_fragments,
            proxy: Proxy::environment(),
            #[cfg(feature = "tls")]
            tls: TlsOptions::default(),
            cookies: Cookies::Own,
            reconnect: None,
            handlers: Handlers::default(),
            error: None,
        }
    }
}

/// What the requests say.
impl ClientBuilder {
    /// The server's path, instead of the URL's, with or without a slash at its end; text in any script is percent-encoded.
    /// Without either it is `/engine.io/`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Adds a pair to the query of every request; it is percent-encoded.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Adds a header to every request of both transports.
    ///
    /// `Host` names another virtual host than the URL does; TLS goes on asking for the URL's. Headers that the connection
    /// itself needs (`Connection`, `Upgrade`, `Content-Length`, `Sec-WebSocket-*` and the like) cannot be set.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match (name.try_into(), value.try_into()) {
            // A request has one.
            (Ok(name), Ok(value)) if name == HOST => {
                self.headers.insert(name, value);
            }
            (Ok(name), Ok(value)) if !is_reserved(&name) => {
                self.headers.append(name, value);
            }
            (Ok(name), Ok(_)) => {
                self.refuse("header", format_args!("`{name}`"), "a header that is not the connection's own");
            }
            (Ok(name), Err(_)) => {
                let expected = "a value of visible characters, without line ends";
                self.refuse("header", format_args!("`{name}` with another value"), expected);
            }
            (Err(_), _) => self.refuse("header", "something else", "the name of a header"),
        }
        self
    }

    /// Sends user and password with every request (basic authentication). Those of the URL come first.
    pub fn basic_auth(mut self, user: &str, password: &str) -> Self {
        self.headers.insert(AUTHORIZATION, basic(user, password));
        self
    }

    /// Sends a token with every request (bearer authentication).
    pub fn bearer_auth(mut self, token: &str) -> Self {
        match HeaderValue::try_from(format!("Bearer {token}")) {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.headers.insert(AUTHORIZATION, value);
            }
            Err(_) => self.refuse("bearer_auth", "unusable", "a token of visible characters"),
        }
        self
    }

    /// The query parameter that makes each URL a new one, so that no cache answers for the server; `None` leaves it
    /// out. Default `t`.
    pub fn timestamp(mut self, name: Option<&str>) -> Self {
        self.timestamp = name.map(str::to_owned);
        self
    }

    /// WebSocket sub-protocols to offer, best first. What the server chose is
    /// [`Client::protocol`](Client::protocol).
    pub fn protocols<S: Into<String>>(mut self, protocols: impl IntoIterator<Item = S>) -> Self {
        self.protocols = protocols.into_iter().map(Into::into).collect();
        self
    }

    /// Keeps cookies in this jar. By default each client has one of its own; see [`CookieJar`].
    pub fn cookie_jar(mut self, jar: CookieJar) -> Self {
        self.cookies = Cookies::Given(jar);
        self
    }

    /// Ignores cookies.
    pub fn without_cookies(mut self) -> Self {
        self.cookies = Cookies::Off;
        self
    }

    /// Whether responses of polls may be compressed (gzip, deflate). Default yes. What they hold, inflated, is limited
    /// by [`max_payload`](Self::max_payload).
    pub fn compression(mut self, on: bool) -> Self {
        self.compression = on;
        self
    }
}

/// Transports.
impl ClientBuilder {
    /// The transports to use, in the order in which they are tried. Default polling, then WebSocket.
    ///
    /// A session that begins with polling moves to WebSocket when the server offers it, unless
    /// [`upgrade`](Self::upgrade) is off or WebSocket is not among these.
    pub fn transports(mut self, transports: impl IntoIterator<Item = Transport>) -> Self {
        self.transports = transports.into_iter().collect();
        self
    }

    /// Whether a session on polling moves to WebSocket. Default yes.
    pub fn upgrade(mut self, on: bool) -> Self {
        self.session.upgrade = on;
        self
    }

    /// Whether later sessions begin with WebSocket once one has reached the server that way, which saves the upgrade.
    /// Applies to reconnections, and to all clients of one [`Connector`]. Default no.
    pub fn remember_upgrade(mut self, on: bool) -> Self {
        self.remember_upgrade = on;
        self
    }

    /// Whether the next of the [`transports`](Self::transports) is tried where one fails at the handshake. Default
    /// yes. A server that cannot be reached, redirects or refuses access does so on any transport, and is not asked
    /// again.
    pub fn fall_through(mut self, on: bool) -> Self {
        self.fall_through = on;
        self
    }

    /// Through which proxies. Default [`Proxy::environment`].
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// The address of this machine to connect from.
    pub fn local_address(mut self, address: IpAddr) -> Self {
        self.local_address = Some(address);
        self
    }

    /// Makes connections with this function instead of TCP: over a Unix socket, through a tunnel of your own, or in
    /// memory for tests.
    ///
    /// It is given the host and the port to reach, those of the proxy where there is one. TLS, proxies and
    /// [`connect_timeout`](Self::connect_timeout) work above it as ever; [`local_address`](Self::local_address) is
    /// without effect. It is called from the client's task and must not block.
    ///
    /// ```no_run
    /// use engineio::Client;
    /// use tokio::net::UnixStream;
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = Client::builder().dial(|_host, _port| UnixStream::connect("/run/chat.sock"));
    /// let (client, events) = builder.connect("http://localhost/").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn dial<F, Fut, IO>(mut self, dial: F) -> Self
    where
        F: Fn(String, u16) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = io::Result<IO>> + Send + 'static,
        IO: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.dialer = Some(Dialer::new(dial));
        self
    }
}

/// Time.
impl ClientBuilder {
    /// How long a connection may take: name, TCP, proxy and TLS together. Default 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long it may take to the open packet, the connection included, for each of the
    /// [`transports`](Self::transports) that is tried: a server that answers the first one with silence leaves the
    /// second as much time. Default 20 s, so that connecting takes at most 40 s, or 20 s without
    /// [`fall_through`](Self::fall_through). For another limit to it all put a timeout around
    /// [`connect`](Self::connect), which ends the attempt when it is dropped.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.session.connect_timeout = timeout;
        self
    }

    /// How long a POST may wait for its answer, and the body of any response for its end. Default 30 s. How long a
    /// poll may wait is the server's to say, with its ping interval and timeout.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// How long an upgrade may take; the session stays on polling where it fails. Default 8 s.
    pub fn upgrade_timeout(mut self, timeout: Duration) -> Self {
        self.session.upgrade_timeout = timeout;
        self
    }

    /// Whether messages wait while an upgrade is under way, so that the server gets all of them over the transport that
    /// the session stays on. Default no: they leave by polling meanwhile.
    pub fn hold_for_upgrade(mut self, on: bool) -> Self {
        self.session.hold_for_upgrade = on;
        self
    }

    /// How long what is queued may take to leave when the client is closed. Default 10 s.
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.session.close_timeout = timeout;
        self
    }

    /// How long a WebSocket message may stay incomplete. Default 30 s.
    pub fn message_timeout(mut self, timeout: Duration) -> Self {
        self.session.message_timeout = timeout;
        self
    }

    /// Connects again when a session was lost. Default off.
    ///
    /// ```
    /// use std::time::Duration;
    /// use engineio::Client;
    /// use engineio::client::Reconnect;
    ///
    /// let builder = Client::builder().reconnect(Reconnect {
    ///     max_attempts: Some(10),
    ///     max_delay: Duration::from_secs(30),
    ///     ..Reconnect::default()
    /// });
    /// ```
    pub fn reconnect(mut self, policy: Reconnect) -> Self {
        self.reconnect = Some(policy);
        self
    }
}

/// Limits.
impl ClientBuilder {
    /// Largest response of a poll and largest WebSocket message that is taken, in bytes. Default 16 MiB. What may be
    /// sent is the server's to say: its `maxPayload`.
    pub fn max_payload(mut self, bytes: usize) -> Self {
        self.session.max_payload = bytes;
        self
    }

    /// Most fragments of one WebSocket message. Default 1 024.
    pub fn max_fragments(mut self, fragments: u32) -> Self {
        self.max_fragments = fragments;
        self
    }

    /// A message is taken for sending while fewer bytes than this are queued. Default 4 MiB.
    pub fn max_queued_bytes(mut self, bytes: usize) -> Self {
        self.session.max_queued_bytes = bytes;
        self
    }

    /// A message is taken for sending while fewer packets than this are queued. Default 16 384.
    pub fn max_queued_packets(mut self, packets: usize) -> Self {
        self.session.max_queued_packets = packets;
        self
    }

    /// What happens to a message that finds the queue full. Default [`Overflow::Wait`].
    pub fn overflow(mut self, policy: Overflow) -> Self {
        self.session.overflow = policy;
        self
    }

    /// Messages that may wait for the application or be handled by it; past it, reading stops. Default 256.
    ///
    /// A response to a poll counts as one, since it may hold any number of messages, which are decoded as they are
    /// taken. It stops as well once the responses that wait are as large as [`max_payload`](Self::max_payload).
    pub fn max_inbound(mut self, messages: usize) -> Self {
        self.session.max_inbound = messages;
        self
    }

    /// Bytes of messages and responses that may wait for the application or be handled by it; past it, reading stops.
    /// Default `None`: twice [`max_payload`](Self::max_payload).
    pub fn max_inbound_bytes(mut self, bytes: impl Into<Option<usize>>) -> Self {
        self.session.max_inbound_bytes = bytes.into();
        self
    }

    /// Whether [`Event::Drained`](super::Event::Drained) is wanted. Default no.
    pub fn drain_events(mut self, on: bool) -> Self {
        self.session.drain_events = on;
        self
    }
}

/// TLS.
#[cfg(feature = "tls")]
impl ClientBuilder {
    /// Trusts these certificate authorities as well: one or more certificates as PEM.
    pub fn add_root_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.tls.roots.push(pem.as_ref().to_vec());
        self
    }

    /// Trusts only what [`add_root_certificate`](Self::add_root_certificate) adds, not the system's authorities.
    pub fn without_system_roots(mut self) -> Self {
        self.tls.without_system_roots = true;
        self
    }

    /// Presents a certificate to the server: the chain, the client's own first, and its private key, both as PEM.
    pub fn client_certificate(mut self, chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        self.tls.identity = Some((chain.as_ref().to_vec(), key.as_ref().to_vec()));
        self
    }

    /// The name that the server's certificate must have, and that is sent for it to choose one (SNI), instead of the
    /// URL's host.
    pub fn tls_server_name(mut self, name: impl Into<String>) -> Self {
        self.tls.server_name = Some(name.into());
        self
    }

    /// A whole configuration of rustls, instead of what the other options of TLS make. Its ALPN protocols are set to
    /// `http/1.1`.
    pub fn rustls_config(mut self, config: tokio_rustls::rustls::ClientConfig) -> Self {
        self.tls.custom = Some(config);
        self
    }

    /// Takes any certificate: **whoever is on the way to the server can read and change everything**. For tests;
    /// elsewhere [`add_root_certificate`](Self::add_root_certificate) is what you want.
    pub fn danger_accept_any_certificate(mut self) -> Self {
        self.tls.accept_any = true;
        self
    }
}

/// Callbacks, for those who prefer them to a stream of events.
///
/// They run one at a time and in order, in a task of their own: while one is pending the connection goes on, up to
/// [`max_inbound`](Self::max_inbound) messages. One that panics closes the client. Such a client begins with
/// [`run`](Self::run).
impl ClientBuilder {
    /// Is called when a session has begun: again with each reconnection.
    pub fn on_open<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Client) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.handlers.open = Some(Box::new(move |client, ()| Box::pin(handler(client))));
        self
    }

    /// Is called with each message.
    pub fn on_message<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Client, Message) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.handlers.message = Some(Box::new(move |client, message| Box::pin(handler(client, message))));
        self
    }

    /// Is called when a session has ended.
    pub fn on_disconnect<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Client, Disconnect) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.handlers.disconnect = Some(Box::new(move |client, end| Box::pin(handler(client, end))));
        self
    }

    /// Is called with every event that none of the other callbacks takes.
    pub fn on_event<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Client, Event) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.handlers.event = Some(Box::new(move |client, event| Box::pin(handler(client, event))));
        self
    }

    /// Checks the settings and connects a client whose events go to the callbacks. It lives until it is closed, even
    /// when its handles are dropped: the callbacks have one.
    ///
    /// ```no_run
    /// use engineio::{Client, Message};
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder()
    ///     .on_message(|client: Client, message: Message| async move {
    ///         let _ = client.send(message).await;
    ///     })
    ///     .run("http://localhost:3000")
    ///     .await?;
    /// client.closed().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect).
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn run(mut self, url: &str) -> Result<Client, ConnectError> {
        let handlers = std::mem::take(&mut self.handlers);
        let (client, events) = self.connect(url).await?;
        tokio::spawn(handlers.serve(client.clone(), events));
        Ok(client)
    }
}

/// From settings to clients.
impl ClientBuilder {
    /// Checks the settings and connects; see [`Connector::connect`].
    ///
    /// # Errors
    ///
    /// [`ConnectError`]; its phase is [`Phase::Settings`](super::Phase) for settings that cannot work.
    pub async fn connect(self, url: &str) -> Result<(Client, Events), ConnectError> {
        let connector = self.build().map_err(|error| ConnectError::unusable(url, &error))?;
        connector.connect(url).await
    }

    /// Checks the settings, for one client or many: they share TLS, and are cheap to make.
    ///
    /// # Errors
    ///
    /// [`BuildError`] names the option that cannot work and what it accepts.
    pub fn build(mut self) -> Result<Connector, BuildError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if !self.handlers.is_empty() {
            return Err(BuildError::new(
                "on_*",
                "set",
                "`run`, which begins an asynchronous client with callbacks; other clients have events",
            ));
        }
        self.check()?;
        self.session.upgrade &= self.transports.contains(&Transport::WebSocket);
        let config = Config {
            session: Arc::new(self.session),
            path: self.path,
            query: self.query,
            headers: self.headers,
            transports: self.transports,
            fall_through: self.fall_through,
            remember_upgrade: self.remember_upgrade,
            connect_timeout: self.connect_timeout,
            request_timeout: self.request_timeout,
            timestamp: self.timestamp,
            protocols: self.protocols,
            local_address: self.local_address,
            dialer: self.dialer,
            compression: self.compression,
            max_fragments: self.max_fragments,
            proxies: self.proxy.check()?,
            #[cfg(feature = "tls")]
            tls: self.tls.check()?,
            cookies: self.cookies,
            reconnect: self.reconnect,
        };
        Ok(Connector::new(config))
    }

    fn check(&self) -> Result<(), BuildError> {
        let session = &self.session;
        for (option, value) in [
            ("connect_timeout", self.connect_timeout),
            ("handshake_timeout", session.connect_timeout),
            ("request_timeout", self.request_timeout),
            ("upgrade_timeout", session.upgrade_timeout),
            ("close_timeout", session.close_timeout),
            ("message_timeout", session.message_timeout),
        ] {
            check_duration(option, value)?;
        }
        for (option, value) in [
            ("max_payload", session.max_payload),
            ("max_fragments", self.max_fragments as usize),
            ("max_queued_bytes", session.max_queued_bytes),
            ("max_queued_packets", session.max_queued_packets),
            ("max_inbound", session.max_inbound),
            ("max_inbound_bytes", session.max_inbound_bytes.unwrap_or(1)),
        ] {
            if value == 0 {
                return Err(BuildError::new(option, value, "at least 1"));
            }
        }
        check_transports(&self.transports)?;
        check_path(self.path.as_deref())?;
        check_protocols(&self.protocols)?;
        self.reconnect.as_ref().map_or(Ok(()), check_reconnect)
    }

    fn refuse(&mut self, option: &'static str, value: impl std::fmt::Display, expected: &'static str) {
        self.error.get_or_insert_with(|| BuildError::new(option, value, expected));
    }
}

/// Headers that belong to the connection.
fn is_reserved(name: &HeaderName) -> bool {
    const OURS: [&str; 7] =
        ["connection", "upgrade", "content-length", "transfer-encoding", "te", "trailer", "accept-encoding"];
    OURS.contains(&name.as_str()) || name.as_str().starts_with("sec-websocket-")
}

fn check_duration(option: &'static str, value: Duration) -> Result<(), BuildError> {
    if value.is_zero() || value > DAY {
        return Err(BuildError::new(
            option,
            format_args!("{value:?}"),
            "more than zero and at most 24 hours",
        ));
    }
    Ok(())
}

fn check_transports(transports: &[Transport]) -> Result<(), BuildError> {
    let twice = transports.first().is_some_and(|first| transports.iter().skip(1).any(|other| other == first));
    if transports.is_empty() || transports.len() > 2 || twice {
        let names: Vec<&str> = transports.iter().map(|transport| transport.name()).collect();
        let expected = "`polling` and `websocket`, or one of them, each once";
        return Err(BuildError::new("transports", format_args!("{names:?}"), expected));
    }
    Ok(())
}

fn check_path(path: Option<&str>) -> Result<(), BuildError> {
    match path {
        Some(path) if !path.starts_with('/') || path.contains(['?', '#']) => {
            let expected = "a path that begins with `/`, without query";
            Err(BuildError::new("path", format_args!("{path:?}"), expected))
        }
        _ => Ok(()),
    }
}

fn check_protocols(protocols: &[String]) -> Result<(), BuildError> {
    match protocols.iter().find(|protocol| !is_token(protocol)) {
        Some(bad) => {
            let expected = "names of letters, digits, `-`, `.` and `_`";
            Err(BuildError::new("protocols", format_args!("{bad:?}"), expected))
        }
        None => Ok(()),
    }
}

fn check_reconnect(policy: &Reconnect) -> Result<(), BuildError> {
    check_duration("reconnect.initial_delay", policy.initial_delay)?;
    check_duration("reconnect.max_delay", policy.max_delay)?;
    if !(policy.factor.is_finite() && policy.factor >= 1.0) {
        return Err(BuildError::new("reconnect.factor", policy.factor, "a number of at least 1"));
    }
    if !(0.0..=1.0).contains(&policy.jitter) {
        return Err(BuildError::new("reconnect.jitter", policy.jitter, "a number from 0 to 1"));
    }
    Ok(())
}
