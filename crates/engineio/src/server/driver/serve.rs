//! Our own HTTP server: HTTP/1.1 on any listener.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tower_service::Service;

use super::clock;
use super::guarded::Guarded;
use super::listener::{Accepted, Listener};
use super::plain::{After, Plain};
use super::quiet::QuietWaker;
use super::requests::{Connection, Requests};
use super::turn::Turn;
use crate::server::service::{BoxError, Peer};
use crate::server::{Body, Server, response};

/// Largest head of a request, in bytes.
pub(super) const MAX_HEAD: usize = 16 * 1024;

/// How long a connection is kept between requests, at least.
const IDLE: Duration = Duration::from_secs(75);

/// First wait after the system had no descriptor left for a connection.
const BACK_OFF: Duration = Duration::from_millis(10);

/// Longest such wait.
const MAX_BACK_OFF: Duration = Duration::from_secs(1);

impl Server {
    /// Serves HTTP/1.1 on a listener until [`shutdown`](Self::shutdown), during which clients can still fetch what
    /// is queued for them. Other paths than the server's get 404.
    ///
    /// TCP, Unix sockets and, with the feature `tls`, [`TlsListener`](super::TlsListener) are listeners;
    /// [`bind`](crate::server::bind) makes one of an address. Heads of requests are limited to 16 KiB, 100 fields
    /// and ten seconds; connections may be idle for 75 s, or longer where the ping interval is.
    ///
    /// # Errors
    ///
    /// None at present: what fails in accepting is logged and tried again.
    pub async fn serve<L: Listener>(&self, listener: L) -> io::Result<()> {
        self.serve_with(listener, NotFound).await
    }

    /// As [`serve`](Self::serve), with another service for all other paths.
    ///
    /// # Errors
    ///
    /// None at present: what fails in accepting is logged and tried again.
    pub async fn serve_with<L, S, R>(&self, mut listener: L, other: S) -> io::Result<()>
    where
        L: Listener,
        S: Service<Request<Incoming>, Response = Response<R>, Error = Infallible, Future: Send>,
        S: Clone + Send + Sync + 'static,
        R: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        self.0.enter();
        let mut back_off = BACK_OFF;
        let mut stop = pin!(self.0.drained());
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut stop => return Ok(()),
            };
            match accepted {
                Ok(Accepted { io, remote }) => {
                    back_off = BACK_OFF;
                    let peer = Peer { remote, secure: L::SECURE };
                    self.start_connection(listener.prepare(io), peer, other.clone());
                }
                Err(error) if is_of_connection(&error) => tracing::debug!(%error, "a connection was lost"),
                Err(error) => {
                    tracing::warn!(%error, ?back_off, "cannot accept connections; trying again");
                    tokio::select! {
                        () = tokio::time::sleep(back_off) => {}
                        () = &mut stop => return Ok(()),
                    }
                    back_off = (back_off * 2).min(MAX_BACK_OFF);
                }
            }
        }
    }

    fn start_connection<IO, S, R>(
        &self,
        prepare: impl Future<Output = io::Result<IO>> + Send + 'static,
        peer: Peer,
        other: S,
    ) where
        IO: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
        S: Service<Request<Incoming>, Response = Response<R>, Error = Infallible, Future: Send>,
        S: Clone + Send + Sync + 'static,
        R: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let server = self.clone();
        self.0.spawn_connection(async move {
            match prepare.await {
                Ok(io) => server.connection(io, peer, other).await,
                Err(error) => tracing::debug!(%error, ?peer, "the connection was not established"),
            }
        });
    }

    /// Serves one connection until it is closed or upgraded.
    async fn connection<IO, S, R>(self, io: IO, peer: Peer, other: S)
    where
        IO: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
        S: Service<Request<Incoming>, Response = Response<R>, Error = Infallible, Future: Send>,
        S: Clone + Send + Sync + 'static,
        R: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let connection = Connection::new(self.clone());
        let idle = IDLE.max(self.0.config.session.ping_interval + Duration::from_secs(5));
        let io = Guarded::new(io, Arc::clone(&connection), idle);
        let mut plain = Plain::new(io, Arc::clone(&connection), peer);
        match self.to_the_end(&mut plain, Plain::poll, Plain::close).await {
            None | Some(Ok(After::Closed)) => {}
            // Most connections of polling clients never get here, and need no room for it.
            Some(Ok(After::Other)) => {
                let service = Requests::new(connection, other, peer);
                Box::pin(self.other(plain.into_io(), service, peer)).await;
            }
            Some(Err(error)) => tracing::debug!(%error, ?peer, "connection ended"),
        }
    }

    /// Serves a connection with all that HTTP/1.1 has.
    async fn other<IO, S, R>(self, io: Guarded<IO>, service: Requests<S>, peer: Peer)
    where
        IO: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
        S: Service<Request<Incoming>, Response = Response<R>, Error = Infallible, Future: Send>,
        S: Clone + Send + Sync + 'static,
        R: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let connection = http1::Builder::new()
            .max_buf_size(MAX_HEAD)
            .half_close(false)
            // Nearly all responses are small: one buffer and one plain write are cheaper than a vector of pieces.
            .writev(false)
            .serve_connection(TokioIo::new(io), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        let mut quiet = QuietWaker::default();
        let closed = self.to_the_end(
            &mut connection,
            |connection, cx| connection.as_mut().poll(&mut Context::from_waker(quiet.of(cx))),
            |connection| connection.as_mut().graceful_shutdown(),
        );
        if let Some(Err(error)) = closed.await {
            tracing::debug!(%error, ?peer, "connection ended");
        }
    }

    /// Polls a connection to its end, and closes it when the server is drained. `None` if it was cut off.
    async fn to_the_end<C, T>(
        &self,
        connection: &mut C,
        mut poll: impl FnMut(&mut C, &mut Context<'_>) -> Poll<T>,
        close: impl FnOnce(&mut C),
    ) -> Option<T> {
        let mut poll = |connection: &mut C, cx: &mut Context<'_>| {
            clock::forget();
            let _turn = Turn::begin();
            poll(connection, cx)
        };
        let mut drained = pin!(self.0.drained());
        let served = poll_fn(|cx| poll(connection, cx));
        let ended = unless(pin!(served), drained.as_mut(), || self.is_shutting_down()).await;
        if ended.is_some() {
            return ended;
        }
        close(connection);
        self.0.killed.run_until_cancelled(poll_fn(|cx| poll(connection, cx))).await
    }
}

/// Polls `main` to its end, unless `other` ends first. As long as `other` cannot have ended it is polled only once,
/// which is enough to be woken: a connection is polled for every request.
async fn unless<T>(
    mut main: Pin<&mut impl Future<Output = T>>,
    mut other: Pin<&mut impl Future<Output = ()>>,
    may_have_ended: impl Fn() -> bool,
) -> Option<T> {
    let mut listed = false;
    poll_fn(|cx| {
        if let Poll::Ready(done) = main.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        if std::mem::replace(&mut listed, true) && !may_have_ended() {
            return Poll::Pending;
        }
        other.as_mut().poll(cx).map(|()| None)
    })
    .await
}

/// Whether accepting failed because of that one connection.
fn is_of_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

/// What is served where the application serves nothing else.
#[derive(Clone, Copy, Debug)]
struct NotFound;

impl<B> Service<Request<B>> for NotFound {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        std::future::ready(Ok(response::not_found()))
    }
}
