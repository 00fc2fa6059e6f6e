//! Makes a [`Server`].

use std::future::Future;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use engineio_proto::edge::{
    AllowedOrigins, EdgeConfig, EdgePath, Rejection, ReplyStyle, SessionCookie, TrustedProxies,
};
use engineio_proto::server::Disconnect;
use engineio_proto::{ClientPings, Message, Overflow, SessionConfig, Sid, TransportSet, ws};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::config::{BuildError, ChooseProtocol, GenerateId, ServerConfig};
use super::driver::timers::Timers;
use super::handler::{AsyncFn, Handlers, SyncFn};
use super::rarely::Rarely;
use super::registry::{Limits, Registry};
use super::response::Granted;
use super::shared::{Closing, ServerShared};
use super::{ConnectRequest, ConnectionError, Server, Socket};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Settings and handlers of a [`Server`]. Everything has a default; [`build`](Self::build) checks what was set.
#[derive(Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct ServerBuilder {
    session: SessionConfig,
    edge: EdgeConfig,
    path: String,
    proxies: TrustedProxies,
    limits: Limits,
    http_compression: bool,
    compression_threshold: usize,
    handler_concurrency: usize,
    body_timeout: Duration,
    max_fragments: u32,
    generate_id: Option<GenerateId>,
    choose_protocol: Option<ChooseProtocol>,
    handlers: Handlers,
}

impl Default for ServerBuilder {
    fn default() -> Self {
        Self {
            session: SessionConfig::default(),
            edge: EdgeConfig::default(),
            path: "/engine.io/".to_owned(),
            proxies: TrustedProxies::default(),
            limits: Limits::default(),
            http_compression: true,
            compression_threshold: 1024,
            handler_concurrency: 1,
            body_timeout: Duration::from_secs(10),
            max_fragments: ws::Limits::default().max_fragments,
            generate_id: None,
            choose_protocol: None,
            handlers: Handlers::default(),
        }
    }
}

/// Handlers.
impl ServerBuilder {
    /// Decides about new clients, before their session exists for them and before the 101 of a WebSocket.
    ///
    /// Messages sent to the socket here are in the handshake's reply. An error rejects the client: with 403 and a
    /// message, or with the status and JSON of the [`Rejection`]. Without this handler everybody is accepted.
    ///
    /// ```
    /// use engineio::server::{ConnectRequest, Rejection};
    /// use engineio::{Server, Socket};
    /// use http::StatusCode;
    ///
    /// async fn log_in(socket: Socket, request: ConnectRequest) -> Result<(), Rejection> {
    ///     if !request.headers().contains_key("authorization") {
    ///         return Err(Rejection::new().with_status(StatusCode::UNAUTHORIZED).with_message("log in first"));
    ///     }
    ///     let _ = socket.send("welcome").await;
    ///     Ok(())
    /// }
    /// let server = Server::builder().on_connect(log_in).build().unwrap();
    /// ```
    pub fn on_connect<F, Fut, E>(mut self, handler: F) -> Self
    where
        F: Fn(Socket, ConnectRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Rejection>,
    {
        self.handlers.connect = Some(Box::new(move |socket, request| {
            let deciding = handler(socket, request);
            Box::pin(async move { deciding.await.map_err(Into::into) })
        }));
        self
    }

    /// Handles messages: in order and one at a time for each client, clients in parallel.
    ///
    /// While a handler's future is pending the connection goes on reading and answering pings. A handler that
    /// blocks its thread belongs into [`blocking::Server`](crate::blocking::Server).
    ///
    /// What all clients share is captured, and cloned for each call; what belongs to one client is kept with its
    /// [`Socket`]:
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    ///
    /// use engineio::{Message, Server, Socket};
    ///
    /// let total = Arc::new(AtomicUsize::new(0));
    /// let server = Server::builder().on_message(move |socket: Socket, message: Message| {
    ///     let total = Arc::clone(&total);
    ///     async move {
    ///         let all = total.fetch_add(1, Ordering::Relaxed) + 1;
    ///         let own = socket.update_session(|count: &mut usize| {
    ///             *count += 1;
    ///             *count
    ///         });
    ///         let _ = socket.send(format!("{message:?}: {own} of {all}")).await;
    ///     }
    /// });
    /// ```
    pub fn on_message<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Socket, Message) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.handlers.message = Some(Box::new(AsyncFn::new(handler)));
        self
    }

    /// Handles messages with a function that is done with each when it returns, in order as
    /// [`on_message`](Self::on_message). It is called on the connection's task and must not block. There is one
    /// message handler: the last one set.
    ///
    /// Without a future, and with a socket that is only borrowed, a message costs less.
    ///
    /// ```
    /// use engineio::{Message, Server, Socket};
    ///
    /// let server = Server::builder().on_message_sync(|socket: &Socket, message: Message| {
    ///     if let Err(error) = socket.try_send(message) {
    ///         eprintln!("{}: {error}", socket.sid().redacted());
    ///     }
    /// });
    /// ```
    pub fn on_message_sync(mut self, handler: impl Fn(&Socket, Message) + Send + Sync + 'static) -> Self {
        self.handlers.message = Some(Box::new(SyncFn(handler)));
        self
    }

    /// Is told the end of each accepted session: exactly once, after all of its messages.
    ///
    /// ```
    /// use engineio::server::Disconnect;
    /// use engineio::{DisconnectReason, Server, Socket};
    ///
    /// let server = Server::builder().on_disconnect(|socket: Socket, end: Disconnect| async move {
    ///     if end.reason != DisconnectReason::ClientDisconnect {
    ///         println!("{}: {}, {} messages may be missing", socket.sid().redacted(), end.reason, end.unconfirmed);
    ///     }
    /// });
    /// ```
    pub fn on_disconnect<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Socket, Disconnect) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.handlers.disconnect = Some(Box::new(move |socket, end| Box::pin(handler(socket, end))));
        self
    }

    /// Is told when a session has moved from polling to WebSocket.
    pub fn on_upgrade<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Socket) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.handlers.upgrade = Some(Box::new(move |socket, ()| Box::pin(handler(socket))));
        self
    }

    /// Is told when a session's outbound queue has become empty.
    pub fn on_drain<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Socket) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.session.drain_events = true;
        self.handlers.drain = Some(Box::new(move |socket, ()| Box::pin(handler(socket))));
        self
    }

    /// Is told about each request that is refused. It runs within the request: it must not block.
    ///
    /// ```
    /// use engineio::Server;
    /// use engineio::server::ConnectionError;
    ///
    /// let server = Server::builder().on_connection_error(|error: &ConnectionError| {
    ///     // Both are stable, for counters; the text says what to change.
    ///     println!("{} {}: {}", error.code, error.refusal.context(), error.refusal);
    /// });
    /// ```
    pub fn on_connection_error(mut self, hook: impl Fn(&ConnectionError) + Send + Sync + 'static) -> Self {
        self.handlers.connection_error = Some(Box::new(hook));
        self
    }
}

/// The protocol.
impl ServerBuilder {
    /// Path of the endpoint, with and without the slash at its end. Default `/engine.io/`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Transports on offer. Default both.
    pub fn transports(mut self, transports: impl Into<TransportSet>) -> Self {
        self.edge.transports = transports.into();
        self
    }

    /// Whether a session may move from polling to WebSocket. Default yes.
    pub fn allow_upgrades(mut self, allow: bool) -> Self {
        self.edge.allow_upgrades = allow;
        self
    }

    /// Whether the HTTP server around this one can hand connections over to WebSocket. Default yes.
    pub fn host_can_upgrade(mut self, can: bool) -> Self {
        self.edge.host_can_upgrade = can;
        self
    }

    /// Time from one pong to the next ping, exact to the millisecond. Default 25 s.
    pub fn ping_interval(mut self, interval: Duration) -> Self {
        self.session.ping_interval = interval;
        self
    }

    /// Added to the interval that clients are told, for pings that are late. Default zero.
    pub fn ping_grace(mut self, grace: Duration) -> Self {
        self.session.ping_grace = grace;
        self
    }

    /// How long a pong may take. Default 20 s.
    pub fn ping_timeout(mut self, timeout: Duration) -> Self {
        self.session.ping_timeout = timeout;
        self
    }

    /// How long the first request after a handshake by polling may take. Default 10 s; then the session ends, reason
    /// `ping timeout`.
    pub fn first_poll_timeout(mut self, timeout: Duration) -> Self {
        self.session.first_poll_timeout = timeout;
        self
    }

    /// How long an upgrade may take. Default 10 s.
    pub fn upgrade_timeout(mut self, timeout: Duration) -> Self {
        self.session.upgrade_timeout = timeout;
        self
    }

    /// How long a closed session waits for its client to fetch the last packets. Default 30 s.
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.session.close_timeout = timeout;
        self
    }

    /// How long a session that [`shutdown`](Server::shutdown) ends is still read, for what its client has sent already.
    /// Default 5 s.
    pub fn leave_timeout(mut self, timeout: Duration) -> Self {
        self.session.leave_timeout = timeout;
        self
    }

    /// How long a fragmented or partial WebSocket message may stay unfinished. Default 30 s.
    pub fn message_timeout(mut self, timeout: Duration) -> Self {
        self.session.message_timeout = timeout;
        self
    }

    /// Largest polling body and WebSocket message, in bytes. Default 1 000 000. One client can make the server
    /// hold four times this much.
    pub fn max_payload(mut self, bytes: usize) -> Self {
        self.session.max_payload = bytes;
        self
    }

    /// Most packets in one poll's response. Default no limit; python-engineio's clients take 16.
    pub fn max_packets_per_poll(mut self, packets: impl Into<Option<usize>>) -> Self {
        self.session.max_packets_per_poll = packets.into();
        self
    }

    /// What a client's ping does. Default: it ends the session.
    pub fn client_pings(mut self, pings: ClientPings) -> Self {
        self.session.client_pings = pings;
        self
    }

    /// Chooses among the subprotocols that a WebSocket offers. Default: the first.
    ///
    /// ```
    /// let server = engineio::Server::builder()
    ///     .choose_protocol(|offered| offered.contains(&"v2.chat").then(|| "v2.chat".to_owned()));
    /// ```
    pub fn choose_protocol(
        mut self,
        choose: impl Fn(&[&str]) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.choose_protocol = Some(ChooseProtocol(Arc::new(choose)));
        self
    }

    /// Makes session ids. Default: 128 bits of the operating system's generator. An id must not be guessable;
    /// one that is in use is refused with 503.
    ///
    /// ```
    /// use engineio::{Server, Sid};
    ///
    /// # fn uuid() -> String { "7f0c2a52-6a5e-4a35-93a0-0d4f3a3f5b1e".to_owned() }
    /// let server = Server::builder().generate_id(|| Sid::parse(&uuid()).expect("letters, digits and dashes"));
    /// ```
    pub fn generate_id(mut self, generate: impl Fn() -> Sid + Send + Sync + 'static) -> Self {
        self.generate_id = Some(GenerateId(Arc::new(generate)));
        self
    }
}

/// Queues and limits.
impl ServerBuilder {
    /// A message is accepted while fewer bytes than this wait for its client. Default 4 MiB.
    pub fn max_queued_bytes(mut self, bytes: usize) -> Self {
        self.session.max_queued_bytes = bytes;
        self
    }

    /// A message is accepted while fewer packets than this wait for its client. Default 16 384.
    pub fn max_queued_packets(mut self, packets: usize) -> Self {
        self.session.max_queued_packets = packets;
        self
    }

    /// What happens to a message that finds the queue full. Default [`Overflow::Close`].
    ///
    /// ```
    /// use engineio::Server;
    /// use engineio::server::Overflow;
    ///
    /// // The latest prices are what matters: a client that is behind misses the oldest.
    /// let server = Server::builder().overflow(Overflow::DropOldest).max_queued_packets(100);
    /// ```
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.session.overflow = overflow;
        self
    }

    /// Messages of one client that may wait for its handlers or be handled; past it, its connection is not read. Default 256.
    pub fn max_inbound(mut self, messages: usize) -> Self {
        self.session.max_inbound = messages;
        self
    }

    /// Bytes of one client's messages and bodies that may wait for its handlers or be handled; past it, its connection
    /// is not read, and a POST is answered later. Default `None`: twice [`max_payload`](Self::max_payload).
    pub fn max_inbound_bytes(mut self, bytes: impl Into<Option<usize>>) -> Self {
        self.session.max_inbound_bytes = bytes.into();
        self
    }

    /// Message handlers of one client that may run at a time. Default 1, which keeps the order.
    pub fn handler_concurrency(mut self, handlers: usize) -> Self {
        self.handler_concurrency = handlers;
        self
    }

    /// Most sessions in total; further handshakes get 503 with `Retry-After`, which is logged once a minute. Default
    /// 100 000; `None` for no limit.
    pub fn max_sessions(mut self, sessions: impl Into<Option<usize>>) -> Self {
        self.limits.sessions = sessions.into();
        self
    }

    /// Most sessions of one remote address, or of one network of 64 bits in IPv6; further handshakes get 503. Default no
    /// limit: behind a proxy, all clients have the same address.
    pub fn max_sessions_per_peer(mut self, sessions: impl Into<Option<usize>>) -> Self {
        self.limits.sessions_per_peer = sessions.into();
        self
    }

    /// Most fragments of one WebSocket message. Default 1024. A message of more ends its session.
    pub fn max_fragments(mut self, fragments: u32) -> Self {
        self.max_fragments = fragments;
        self
    }

    /// How long the body of a POST may take. Default 10 s.
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.body_timeout = timeout;
        self
    }
}

/// HTTP.
impl ServerBuilder {
    /// Whether responses to polls are compressed for clients that accept it. Default yes.
    pub fn http_compression(mut self, compress: bool) -> Self {
        self.http_compression = compress;
        self
    }

    /// Responses of at least this many bytes are compressed. Default 1024.
    pub fn compression_threshold(mut self, bytes: usize) -> Self {
        self.compression_threshold = bytes;
        self
    }

    /// A cookie with the session id, for load balancers that look at cookies. Default none.
    ///
    /// ```
    /// use engineio::Server;
    /// use engineio::server::SessionCookie;
    ///
    /// let cookie = SessionCookie::builder("io").secure(true).build().unwrap();
    /// let server = Server::builder().cookie(cookie);
    /// ```
    pub fn cookie(mut self, cookie: impl Into<Option<SessionCookie>>) -> Self {
        self.edge.cookie = cookie.into();
        self
    }

    /// Which pages may connect. Default: those of the same origin.
    ///
    /// ```
    /// use engineio::Server;
    /// use engineio::server::AllowedOrigins;
    ///
    /// let server = Server::builder().cors(AllowedOrigins::list(["https://app.example"]).unwrap()).build();
    /// assert!(server.is_ok());
    /// let unsafe_one = Server::builder().cors(AllowedOrigins::Any).build();
    /// assert!(unsafe_one.is_err(), "any page could act as the user who visits it");
    /// ```
    pub fn cors(mut self, origins: AllowedOrigins) -> Self {
        self.edge.cors.origins = origins;
        self
    }

    /// Whether pages of other origins may send cookies. Default yes.
    pub fn cors_credentials(mut self, credentials: bool) -> Self {
        self.edge.cors.credentials = credentials;
        self
    }

    /// Proxies whose `X-Forwarded-Host` and `X-Forwarded-Proto` are believed. Default none.
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// Whose replies refused requests get. Default the specification's.
    pub fn reply_style(mut self, style: ReplyStyle) -> Self {
        self.edge.style = style;
        self
    }
}

impl ServerBuilder {
    /// Checks the settings and makes the server.
    ///
    /// # Errors
    ///
    /// The first option that cannot work, with its name and what is accepted.
    ///
    /// ```
    /// let error = engineio::Server::builder().max_payload(0).build().unwrap_err();
    /// assert_eq!(error.to_string(), "`max_payload` is 0; expected at least 1");
    /// ```
    pub fn build(self) -> Result<Server, BuildError> {
        self.check()?;
        let edge = EdgeConfig { path: EdgePath::new(&self.path)?, ..self.edge };
        edge.validate()?;
        let config = ServerConfig {
            session: Arc::new(self.session),
            granted: Granted::new(self.http_compression),
            edge,
            proxies: self.proxies,
            limits: self.limits,
            compress_from: self.http_compression.then_some(self.compression_threshold),
            handler_concurrency: self.handler_concurrency,
            body_timeout: self.body_timeout,
            max_fragments: self.max_fragments,
            generate_id: self.generate_id,
            choose_protocol: self.choose_protocol,
        };
        Ok(Server::new(Arc::new_cyclic(|weak| ServerShared {
            registry: Registry::new(config.limits),
            full: Rarely::default(),
            config,
            handlers: self.handlers,
            timers: Timers::default(),
            background: TaskTracker::new(),
            connections: TaskTracker::new(),
            closing: Closing::default(),
            killed: CancellationToken::new(),
            foreign_origin_seen: AtomicBool::new(false),
            weak: weak.clone(),
            runtime: OnceLock::new(),
            gone: CancellationToken::new().drop_guard(),
        })))
    }

    fn check(&self) -> Result<(), BuildError> {
        let session = &self.session;
        let durations = [
            ("ping_interval", session.ping_interval),
            ("ping_timeout", session.ping_timeout),
            ("first_poll_timeout", session.first_poll_timeout),
            ("upgrade_timeout", session.upgrade_timeout),
            ("close_timeout", session.close_timeout),
            ("leave_timeout", session.leave_timeout),
            ("message_timeout", session.message_timeout),
            ("body_timeout", self.body_timeout),
        ];
        for (option, value) in durations {
            if value.is_zero() || value > DAY {
                let expected = "more than zero and at most 24 hours";
                return Err(BuildError::Duration { option, value, expected });
            }
        }
        if session.ping_grace > DAY {
            let (option, value) = ("ping_grace", session.ping_grace);
            return Err(BuildError::Duration { option, value, expected: "at most 24 hours" });
        }
        let numbers = [
            ("max_payload", session.max_payload),
            ("max_queued_bytes", session.max_queued_bytes),
            ("max_queued_packets", session.max_queued_packets),
            ("max_inbound", session.max_inbound),
            ("max_inbound_bytes", session.max_inbound_bytes.unwrap_or(1)),
            ("handler_concurrency", self.handler_concurrency),
            ("max_fragments", self.max_fragments as usize),
            ("max_packets_per_poll", session.max_packets_per_poll.unwrap_or(1)),
            ("max_sessions", self.limits.sessions.unwrap_or(1)),
            ("max_sessions_per_peer", self.limits.sessions_per_peer.unwrap_or(1)),
        ];
        match numbers.into_iter().find(|(_, value)| *value == 0) {
            Some((option, value)) => Err(BuildError::Number { option, value, expected: "at least 1" }),
            None => Ok(()),
        }
    }
}
