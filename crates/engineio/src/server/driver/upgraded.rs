//! From an upgraded HTTP connection to the socket underneath it.
//!
//! hyper hands over a boxed stream together with bytes it read too many. Where the stream is one that we know, the
//! box and everything of the HTTP server is dropped, so that an idle session costs a socket and its task.

use std::sync::Arc;

use bytes::Bytes;
use engineio_proto::{Closed, LinkId};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::clock;
use super::guarded::Guarded;
use super::rewound::Rewound;
use super::shared::SharedSession;
use super::websocket::Connection;

/// Waits until the connection is handed over, and gives it a task of the size that it needs.
pub(super) async fn run(session: Arc<SharedSession>, link: LinkId, on_upgrade: OnUpgrade) {
    match on_upgrade.await {
        Ok(upgraded) => recover(session, link, upgraded),
        Err(error) => {
            tracing::debug!(sid = %session.sid.redacted(), %error, "the connection was not handed over");
            session.with(|session| session.handle_closed(clock::now(), link, Closed::Eof));
        }
    }
}

/// Tries the streams that we know, ours first.
fn recover(session: Arc<SharedSession>, link: LinkId, upgraded: Upgraded) {
    let upgraded = match upgraded.downcast::<TokioIo<Guarded<TcpStream>>>() {
        Ok(parts) => return unguard(session, link, parts.io, parts.read_buf),
        Err(upgraded) => upgraded,
    };
    #[cfg(unix)]
    let upgraded = match upgraded.downcast::<TokioIo<Guarded<tokio::net::UnixStream>>>() {
        Ok(parts) => return unguard(session, link, parts.io, parts.read_buf),
        Err(upgraded) => upgraded,
    };
    #[cfg(feature = "tls")]
    let upgraded = match upgraded.downcast::<TokioIo<Guarded<tokio_rustls::server::TlsStream<TcpStream>>>>() {
        Ok(parts) => return unguard(session, link, parts.io, parts.read_buf),
        Err(upgraded) => upgraded,
    };
    let upgraded = match upgraded.downcast::<TokioIo<TcpStream>>() {
        Ok(parts) => return start(session, link, undelayed(parts.io), parts.read_buf),
        Err(upgraded) => upgraded,
    };
    match auto::upgrade::downcast::<TokioIo<TcpStream>>(upgraded) {
        Ok(parts) => start(session, link, undelayed(parts.io), parts.read_buf),
        Err(upgraded) => start(session, link, TokioIo::new(upgraded), Bytes::new()),
    }
}

/// A stream of our own HTTP server, of which hyper has had `early` and not used it.
fn unguard<IO>(session: Arc<SharedSession>, link: LinkId, io: TokioIo<Guarded<IO>>, early: Bytes)
where
    IO: AsyncRead + AsyncWrite + Send + 'static,
{
    let (io, rest) = io.into_inner().into_parts();
    let early = if rest.is_empty() { early } else { Bytes::from([early, rest].concat()) };
    start(session, link, io, early);
}

/// A stream that another HTTP server accepted, which seldom asks for small packets to leave at once.
fn undelayed(io: TokioIo<TcpStream>) -> TcpStream {
    let stream = io.into_inner();
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY cannot be set");
    }
    stream
}

fn start<IO>(session: Arc<SharedSession>, link: LinkId, io: IO, early: Bytes)
where
    IO: AsyncRead + AsyncWrite + Send + 'static,
{
    let server = Arc::clone(&session.server);
    if early.is_empty() {
        server.spawn_connection(Connection::new(io, session, link));
    } else {
        server.spawn_connection(Connection::new(Rewound::new(io, early), session, link));
    }
}
