//! The options that this server shares with the one that it wraps.

use std::time::Duration;

use engineio_proto::edge::{AllowedOrigins, ReplyStyle, SessionCookie, TrustedProxies};
use engineio_proto::{ClientPings, Overflow, Sid, TransportSet};

use super::ServerBuilder;

/// Passes options on.
macro_rules! options {
    ($($(#[$doc:meta])* $option:ident($value:ident: $type:ty);)*) => {$(
        $(#[$doc])*
        pub fn $option(mut self, $value: $type) -> Self {
            self.inner = self.inner.$option($value);
            self
        }
    )*};
}

/// The protocol.
impl ServerBuilder {
    options! {
        /// Path of the endpoint, with and without the slash at its end. Default `/engine.io/`.
        path(path: impl Into<String>);
        /// Transports on offer. Default both.
        transports(transports: impl Into<TransportSet>);
        /// Whether a session may move from polling to WebSocket. Default yes.
        allow_upgrades(allow: bool);
        /// Whether the HTTP server around this one can hand connections over to WebSocket. Default yes.
        host_can_upgrade(can: bool);
        /// Time from one pong to the next ping, exact to the millisecond. Default 25 s.
        ping_interval(interval: Duration);
        /// Added to the interval that clients are told, for pings that are late. Default zero.
        ping_grace(grace: Duration);
        /// How long a pong may take. Default 20 s.
        ping_timeout(timeout: Duration);
        /// How long the first request after a handshake by polling may take. Default 10 s; then the session ends,
        /// reason `ping timeout`.
        first_poll_timeout(timeout: Duration);
        /// How long an upgrade may take. Default 10 s.
        upgrade_timeout(timeout: Duration);
        /// How long a closed session waits for its client to fetch the last packets. Default 30 s.
        close_timeout(timeout: Duration);
        /// How long a session that [`shutdown`](super::Server::shutdown) ends is still read, for what its client has
        /// sent already. Default 5 s.
        leave_timeout(timeout: Duration);
        /// How long a fragmented or partial WebSocket message may stay unfinished. Default 30 s.
        message_timeout(timeout: Duration);
        /// Largest polling body and WebSocket message, in bytes. Default 1 000 000. One client can make the server
        /// hold four times this much.
        max_payload(bytes: usize);
        /// Most packets in one poll's response. Default no limit; python-engineio's clients take 16.
        max_packets_per_poll(packets: impl Into<Option<usize>>);
        /// What a client's ping does. Default: it ends the session.
        client_pings(pings: ClientPings);
        /// Chooses among the subprotocols that a WebSocket offers. Default: the first. It is no handler: it runs on a
        /// thread that moves bytes, and must not block.
        choose_protocol(choose: impl Fn(&[&str]) -> Option<String> + Send + Sync + 'static);
        /// Makes session ids. Default: 128 bits of the operating system's generator. An id must not be guessable;
        /// one that is in use is refused with 503. It is no handler: it runs on a thread that moves bytes, and must
        /// not block.
        generate_id(generate: impl Fn() -> Sid + Send + Sync + 'static);
    }
}

/// Queues and limits.
impl ServerBuilder {
    options! {
        /// A message is accepted while fewer bytes than this wait for its client. Default 4 MiB.
        max_queued_bytes(bytes: usize);
        /// A message is accepted while fewer packets than this wait for its client. Default 16 384.
        max_queued_packets(packets: usize);
        /// What happens to a message that finds the queue full. Default [`Overflow::Close`].
        overflow(overflow: Overflow);
        /// Messages of one client that may wait for its handlers or be handled; past it, its connection is not read. Default 256.
        max_inbound(messages: usize);
        /// Bytes of one client's messages and bodies that may wait for its handlers or be handled; past it, its
        /// connection is not read, and a POST is answered later. Default `None`: twice
        /// [`max_payload`](Self::max_payload).
        max_inbound_bytes(bytes: impl Into<Option<usize>>);
        /// Message handlers of one client that may run at a time. Default 1, which keeps the order.
        handler_concurrency(handlers: usize);
        /// Most sessions in total; further handshakes get 503 with `Retry-After`, which is logged once a minute.
        /// Default 100 000; `None` for no limit.
        max_sessions(sessions: impl Into<Option<usize>>);
        /// Most sessions of one remote address, or of one network of 64 bits in IPv6; further handshakes get 503.
        /// Default no limit: behind a proxy, all clients have the same address.
        max_sessions_per_peer(sessions: impl Into<Option<usize>>);
        /// How long the body of a POST may take. Default 10 s.
        body_timeout(timeout: Duration);
        /// Most fragments of one WebSocket message. Default 1024. A message of more ends its session.
        max_fragments(fragments: u32);
    }
}

/// HTTP.
impl ServerBuilder {
    options! {
        /// Whether responses to polls are compressed for clients that accept it. Default yes.
        http_compression(compress: bool);
        /// Responses of at least this many bytes are compressed. Default 1024.
        compression_threshold(bytes: usize);
        /// A cookie with the session id, for load balancers that look at cookies. Default none.
        cookie(cookie: impl Into<Option<SessionCookie>>);
        /// Which pages may connect. Default: those of the same origin.
        cors(origins: AllowedOrigins);
        /// Whether pages of other origins may send cookies. Default yes.
        cors_credentials(credentials: bool);
        /// Proxies whose `X-Forwarded-Host` and `X-Forwarded-Proto` are believed. Default none.
        trusted_proxies(proxies: TrustedProxies);
        /// Whose replies refused requests get. Default the specification's.
        reply_style(style: ReplyStyle);
    }
}
