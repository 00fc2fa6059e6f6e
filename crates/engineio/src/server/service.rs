//! The server as a `tower` service.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use engineio_proto::edge::{Checked, Excerpt, Refusal, Request as Wanted, RequestHead};
use http::request::Parts;
use http::{Request, Response, Version};
use tower_service::Service;

use super::driver::answering::Answering;
use super::driver::posting::Posting;
use super::driver::shared::SharedSession;
use super::driver::{connect, polling};
use super::head::{Asker, Head};
use super::registry::LastFound;
use super::shared::ServerShared;
use super::{Body, ConnectionError, Server, response};

/// When a client that finds no room may come again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The address of the peer, as an extension of the request. [`Server::serve`] adds it; other hosts may.
#[derive(Clone, Copy, Debug)]
pub struct RemoteAddr(pub SocketAddr);

/// What the host knows about the sender of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) remote: Option<SocketAddr>,
    /// It came over TLS that this process ended.
    pub(crate) secure: bool,
}

/// Any error of a request's body.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Server {
    /// Handles one HTTP request of any kind, whatever its path: routing is the caller's.
    ///
    /// A request of HTTP/1.1, as `http` makes them unless told otherwise, has to name its host: in its URI or in a
    /// `Host` field.
    ///
    /// ```
    /// use engineio::Server;
    /// use engineio::server::Body;
    /// use http::{Request, StatusCode};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = Server::builder().build().unwrap();
    /// let uri = "http://localhost/engine.io/?EIO=4&transport=polling";
    /// let request = Request::get(uri).body(Body::default()).unwrap();
    /// let response = server.handle_request(request).await;
    /// assert_eq!(response.status(), StatusCode::OK);
    /// assert_eq!(server.session_count(), 1);
    /// # }
    /// ```
    ///
    /// The future must be polled on a tokio runtime with timers. Dropped early, it tells the session that the
    /// client has gone away.
    pub async fn handle_request<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
    {
        let (mut head, body) = request.into_parts();
        let remote = head.extensions.get::<RemoteAddr>().map(|remote| remote.0);
        self.answer(&mut head, body, Peer { remote, secure: false }, None).await
    }

    /// Begins to answer a request of a peer about which the host knows more. What needs no wait is done here: the
    /// answer to most polls is known already. What is needed of the head is taken out of it.
    pub(crate) fn answer<B>(
        &self,
        request: &mut Parts,
        body: B,
        peer: Peer,
        last: Option<&LastFound>,
    ) -> Answering<B>
    where
        B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
    {
        self.0.enter();
        let extended_connect = is_extended_connect(request);
        let Checked { request: wanted, sid, cors } = self.check(request, peer, extended_connect);
        let answering = match wanted {
            Err(refusal) => Err(sid.and_then(|sid| self.find(sid.as_str(), None).err()).unwrap_or(refusal)),
            Ok(Wanted::Preflight) => Ok(response::of_preflight(&self.0.config, &cors).into()),
            Ok(Wanted::Open { transport, .. }) => {
                let head = Head::new(request, peer, extended_connect, cors);
                return Answering::Long(Box::pin(connect::open(self.clone(), head, transport)));
            }
            Ok(Wanted::Upgrade { sid }) => match self.find(sid.as_str(), last) {
                Ok(session) => {
                    return connect::upgrade(&session, Head::new(request, peer, extended_connect, cors))
                        .into();
                }
                Err(refusal) => Err(refusal),
            },
            Ok(Wanted::Poll { sid, .. }) => self
                .find(sid.as_str(), last)
                .and_then(|session| polling::poll(session, &mut request.headers, &cors)),
            Ok(Wanted::Post { sid, head, .. }) => match self.find(sid.as_str(), last) {
                Ok(session) => {
                    let asker = Asker::new(&self.0, request, peer, cors);
                    return Answering::Post(Posting::new(
                        session,
                        head,
                        asker,
                        std::mem::take(&mut request.headers),
                        body,
                    ));
                }
                Err(refusal) => Err(refusal),
            },
        };
        answering
            .unwrap_or_else(|refusal| self.0.refuse(Asker::new(&self.0, request, peer, cors), refusal).into())
    }

    /// The server as a service, for hyper and `tower`.
    ///
    /// ```no_run
    /// use hyper::server::conn::http1;
    /// use hyper_util::rt::TokioIo;
    /// use hyper_util::service::TowerToHyperService;
    ///
    /// # async fn connection(stream: tokio::net::TcpStream) -> hyper::Result<()> {
    /// # let server = engineio::Server::builder().build().unwrap();
    /// let service = TowerToHyperService::new(server.service());
    /// // Without `with_upgrades` there is no WebSocket.
    /// http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades().await
    /// # }
    /// ```
    pub fn service(&self) -> EngineService {
        EngineService(self.clone())
    }

    /// The handshake is refused for now.
    pub(crate) const fn unavailable() -> Refusal {
        Refusal::Unavailable { retry_after: RETRY_AFTER }
    }

    fn check(&self, request: &Parts, peer: Peer, extended_connect: bool) -> Checked {
        let uri = &request.uri;
        let mut head = RequestHead::new(&request.method, uri.query().unwrap_or(""), &request.headers);
        head.authority = uri.authority().map(http::uri::Authority::as_str);
        head.needs_host = request.version == Version::HTTP_11;
        head.secure = peer.secure.then_some(true);
        head.extended_connect = extended_connect;
        head.forwarded_trusted =
            peer.remote.is_some_and(|remote| self.0.config.proxies.contains(remote.ip()));
        self.0.config.edge.check(&head)
    }

    fn find(&self, sid: &str, last: Option<&LastFound>) -> Result<Arc<SharedSession>, Refusal> {
        let registry = &self.0.registry;
        let found = last.map_or_else(|| registry.find(sid), |last| registry.find_again(last, sid));
        found.ok_or_else(|| Refusal::UnknownSid(Excerpt::new(sid)))
    }
}

impl ServerShared {
    /// Answers a request that is refused, and tells whoever wants to know.
    #[cold]
    pub(crate) fn refuse(&self, asker: Asker, refusal: Refusal) -> Response<Body> {
        let Asker { remote, cors, target } = asker;
        self.log_refusal(remote, &refusal);
        let answer = response::of_refusal(&self.config, &cors, &refusal);
        if let (Some(hook), Some(target)) = (&self.handlers.connection_error, target) {
            let code = refusal.code();
            let (method, uri) = *target;
            hook(&ConnectionError { refusal, code, method, uri, remote });
        }
        answer
    }

    /// A page that may not connect is most often one of the application's own, which somebody looks for in the log: it
    /// is told at a level that everybody sees, once, as others can send such requests, too.
    fn log_refusal(&self, remote: Option<SocketAddr>, refusal: &Refusal) {
        let code = refusal.code();
        if !matches!(refusal, Refusal::ForeignOrigin { .. }) {
            tracing::info!(code, ?remote, "request refused: {refusal}");
        } else if !self.foreign_origin_seen.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                code,
                ?remote,
                "request refused: {refusal} (further requests from foreign origins are logged at level debug)"
            );
        } else {
            tracing::debug!(code, ?remote, "request refused: {refusal}");
        }
    }
}

/// WebSocket over HTTP/2 or 3 (RFC 8441): CONNECT with `:protocol: websocket`.
fn is_extended_connect(request: &Parts) -> bool {
    request.method == http::Method::CONNECT
        && request
            .extensions
            .get::<hyper::ext::Protocol>()
            .is_some_and(|protocol| protocol.as_str() == "websocket")
}

/// A [`Server`] as a `tower` service. Requests of every path are taken for Engine.IO; see [`Server::layer`] for a
/// service that passes others on.
#[derive(Clone, Debug)]
pub struct EngineService(Server);

impl<B> Service<Request<B>> for EngineService
where
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let server = self.0.clone();
        Box::pin(async move { Ok(server.handle_request(request).await) })
    }
}
