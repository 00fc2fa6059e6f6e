//! The requests of one connection of our own HTTP server.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tower_service::Service;

use super::answering::Answering;
use crate::server::registry::LastFound;
use crate::server::service::{BoxError, Peer, RemoteAddr};
use crate::server::{Body, Server};

/// What the stream of a connection and its requests share.
pub(super) struct Connection {
    server: Server,
    busy: AtomicBool,
}

impl Connection {
    pub(super) fn new(server: Server) -> Arc<Self> {
        Arc::new(Self { server, busy: AtomicBool::new(false) })
    }

    pub(super) const fn server(&self) -> &Server {
        &self.server
    }

    /// Says in the head of a response that it is the last one, if the server is shutting down.
    pub(super) fn announce_end(&self, headers: &mut HeaderMap) {
        if self.server.is_shutting_down() {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }

    /// Whether a request is being answered: from its head to the end of the response's body.
    pub(super) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }
}

/// Marks the connection as busy for as long as a request is being answered.
pub(super) struct Busy {
    connection: Arc<Connection>,
    for_ever: bool,
}

impl Busy {
    pub(super) fn new(connection: &Arc<Connection>) -> Self {
        connection.busy.store(true, Ordering::Relaxed);
        Self { connection: Arc::clone(connection), for_ever: false }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if !self.for_ever {
            self.connection.busy.store(false, Ordering::Relaxed);
        }
    }
}

/// Answers requests of the server's path, and passes others on.
pub(super) struct Requests<S> {
    connection: Arc<Connection>,
    other: S,
    peer: Peer,
    last: LastFound,
}

impl<S> Requests<S> {
    pub(super) fn new(connection: Arc<Connection>, other: S, peer: Peer) -> Self {
        Self { connection, other, peer, last: LastFound::default() }
    }
}

impl<S, R> hyper::service::Service<Request<Incoming>> for Requests<S>
where
    S: Service<Request<Incoming>, Response = Response<R>, Error = Infallible, Future: Send>,
    S: Clone + 'static,
{
    type Response = Response<Watched<R>>;
    type Error = Infallible;
    type Future = Serving<R>;

    fn call(&self, mut request: Request<Incoming>) -> Serving<R> {
        let busy = Some(Busy::new(&self.connection));
        let server = &self.connection.server;
        if server.0.config.edge.path.matches(request.uri().path()) {
            let (mut head, body) = request.into_parts();
            return Serving { by: By::Us(server.answer(&mut head, body, self.peer, Some(&self.last))), busy };
        }
        if let Some(remote) = self.peer.remote {
            request.extensions_mut().insert(RemoteAddr(remote));
        }
        Serving { by: By::Other(Box::pin(self.other.clone().call(request))), busy }
    }
}

/// A request that is being answered.
pub(super) struct Serving<R> {
    by: By<R>,
    /// Moves on to the response's body.
    busy: Option<Busy>,
}

enum By<R> {
    Us(Answering<Incoming>),
    Other(Pin<Box<dyn Future<Output = Result<Response<R>, Infallible>> + Send>>),
}

impl<R> Future for Serving<R> {
    type Output = Result<Response<Watched<R>>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.by {
            By::Us(answering) => {
                let response = ready!(Pin::new(answering).poll(cx));
                self.finish(response, Content::Ours)
            }
            By::Other(answering) => {
                let Ok(response) = ready!(answering.as_mut().poll(cx));
                self.finish(response, |body| Content::Other(Box::pin(body)))
            }
        }
    }
}

impl<R> Serving<R> {
    /// The answer is known: the request ends with its body.
    fn finish<B>(
        &mut self,
        mut response: Response<B>,
        content: impl FnOnce(B) -> Content<R>,
    ) -> Poll<Result<Response<Watched<R>>, Infallible>> {
        let Some(mut busy) = self.busy.take() else { return Poll::Pending };
        // What follows a switch is no request: the stream is without deadlines, whoever takes it over.
        busy.for_ever = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        if !busy.for_ever {
            busy.connection.announce_end(response.headers_mut());
        }
        Poll::Ready(Ok(response.map(|body| Watched { content: content(body), busy })))
    }
}

/// A response's body that ends its request with it.
pub(super) struct Watched<B> {
    content: Content<B>,
    #[expect(dead_code, reason = "its drop is what it is for")]
    busy: Busy,
}

/// Where a response comes from.
enum Content<B> {
    Ours(Body),
    Other(Pin<Box<B>>),
}

impl<B> HttpBody for Watched<B>
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.content {
            Content::Ours(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
            Content::Other(body) => body.as_mut().poll_frame(cx).map_err(Into::into),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Ours(body) => body.is_end_stream(),
            Content::Other(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Ours(body) => body.size_hint(),
            Content::Other(body) => body.size_hint(),
        }
    }
}
