//! Handshakes: new sessions, and a `WebSocket` for a session that exists.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use engineio_proto::edge::{Refusal, offered_protocols};
use engineio_proto::server::Session;
use engineio_proto::{Link, LinkId, Transport, ws};
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{HeaderMap, HeaderValue, Response, StatusCode, Version};
use hyper::upgrade::OnUpgrade;
use tokio::sync::oneshot;
use tracing::Instrument;

use super::exchange::Exchange;
use super::polling::poll_body;
use super::shared::SharedSession;
use super::{clock, upgraded};
use crate::server::body::Body;
use crate::server::config::ServerConfig;
use crate::server::head::Head;
use crate::server::registry::Full;
use crate::server::shared::ServerShared;
use crate::server::{ConnectRequest, Server, Socket, response};

/// Opens a session.
pub(crate) async fn open(server: Server, mut head: Head, transport: Transport) -> Response<Body> {
    match accept(&server, &mut head, transport).await {
        Ok(answer) => answer,
        Err(refusal) => server.0.refuse(head.into_asker(), refusal),
    }
}

async fn accept(server: &Server, head: &mut Head, transport: Transport) -> Result<Response<Body>, Refusal> {
    if transport == Transport::WebSocket && head.on_upgrade.is_none() {
        return Err(NO_UPGRADE);
    }
    let (session, link) = start(server, head, transport)?;
    let mut exchange = Exchange::new(Arc::clone(&session), link);
    decide(&session, head, transport).await?;
    tracing::debug!(
        sid = %session.sid.redacted(), %transport, remote = ?session.remote, "session opened"
    );
    if transport == Transport::WebSocket
        && let Some(on_upgrade) = head.on_upgrade.take()
    {
        exchange.done();
        return Ok(switch(&session, link, head, on_upgrade, true));
    }
    let config = &server.0.config;
    let body = poll_fn(|cx| poll_body(&mut exchange, cx)).await;
    let mut answer = response::of_payload(config, &head.cors, body);
    response::set_cookie(config, &session.sid, answer.headers_mut());
    let encoding = response::encoding(config, &head.parts.headers, usize::MAX);
    match response::compressed(config, encoding, answer) {
        Ok(answer) => Ok(answer),
        Err(later) => Ok(later.await),
    }
}

/// Opens a WebSocket for a session on polling.
pub(crate) fn upgrade(session: &Arc<SharedSession>, mut head: Head) -> Response<Body> {
    let opened = match head.on_upgrade.take() {
        Some(on_upgrade) => session
            .with(|state| state.handle_link(clock::now(), Link::WebSocket))
            .map(|link| switch(session, link, &head, on_upgrade, false)),
        None => Err(NO_UPGRADE),
    };
    opened.unwrap_or_else(|refusal| session.server.refuse(head.into_asker(), refusal))
}

/// The host did not say how to take the connection over.
const NO_UPGRADE: Refusal = Refusal::InvalidUpgrade("the HTTP server does not hand connections over");

/// Makes a session and enters it into the registry.
fn start(
    server: &Server,
    head: &Head,
    transport: Transport,
) -> Result<(Arc<SharedSession>, LinkId), Refusal> {
    if server.is_shutting_down() {
        return Err(Server::unavailable());
    }
    let shared = &server.0;
    let first = match transport {
        Transport::Polling => Link::Poll,
        Transport::WebSocket => Link::WebSocket,
    };
    let sid = server.generate_id().map_err(|error| {
        tracing::error!(%error, "no random bits for a session id");
        Server::unavailable()
    })?;
    let upgrades = shared.config.edge.upgrades(transport);
    let (session, link) = Session::accept(&shared.config.session, sid, &upgrades, first, clock::now());
    let session = SharedSession::new(Arc::clone(shared), head.remote, session);
    shared.registry.insert(Arc::clone(&session)).map_err(|full| {
        tell(shared, full, head.remote);
        Server::unavailable()
    })?;
    Ok((session, link))
}

/// Says why there is no session: of a limit once a minute, however many come.
fn tell(shared: &ServerShared, full: Full, remote: Option<SocketAddr>) {
    if full == Full::Duplicate {
        tracing::error!("`generate_id` made an id that is in use");
        return;
    }
    let Some(more) = shared.full.passes(clock::now()) else { return };
    let limit = if full == Full::Total { "max_sessions" } else { "max_sessions_per_peer" };
    let peer = remote.map(|remote| remote.ip());
    tracing::warn!(
        limit,
        ?peer,
        sessions = shared.registry.len(),
        refused_before = more,
        "a handshake is refused with 503: there are as many sessions as may be"
    );
}

/// Asks the application. Its handler is polled here once; if it is pending it gets a task, because this future is
/// dropped when the client goes away, and a handler must not be.
async fn decide(session: &Arc<SharedSession>, head: &Head, transport: Transport) -> Result<(), Refusal> {
    let (send, receive) = oneshot::channel();
    let request = ConnectRequest { parts: head.parts.clone(), transport, remote: head.remote };
    let span = tracing::debug_span!("session", sid = %session.sid.redacted());
    let mut deciding: Pin<Box<dyn Future<Output = ()> + Send>> =
        Box::pin(connect(Arc::clone(session), request, send).instrument(span));
    // A panic is answered, not passed on: it would take the connection down without a response.
    let mut poll = |cx: &mut Context<'_>| catch_unwind(AssertUnwindSafe(|| deciding.as_mut().poll(cx)));
    let pending = poll_fn(|cx| Poll::Ready(poll(cx).is_ok_and(|poll| poll.is_pending()))).await;
    if pending {
        session.server.spawn(deciding);
    }
    // A client need not wait for a handler that outlasts the server.
    match session.server.killed.run_until_cancelled(receive).await {
        Some(decided) => decided.unwrap_or(Err(Refusal::HandlerPanicked)),
        None => Err(Server::unavailable()),
    }
}

/// Runs the connect handler and what follows from its answer.
async fn connect(
    session: Arc<SharedSession>,
    request: ConnectRequest,
    answer: oneshot::Sender<Result<(), Refusal>>,
) {
    let guard = Undecided(Some(Arc::clone(&session)));
    let outcome = match &session.server.handlers.connect {
        Some(handler) => handler(Socket::new(Arc::clone(&session)), request).await,
        None => Ok(()),
    };
    guard.decided();
    match outcome {
        Ok(()) => {
            session.with(|state| state.open(clock::now()));
            poll_fn(|cx| {
                session.release(cx);
                Poll::Ready(())
            })
            .await;
            let _ = answer.send(Ok(()));
        }
        Err(rejection) => {
            session.reject();
            let _ = answer.send(Err(Refusal::Forbidden(rejection)));
        }
    }
}

/// Rejects a session whose connect handler panics: its future is dropped without an answer.
struct Undecided(Option<Arc<SharedSession>>);

impl Undecided {
    fn decided(mut self) {
        self.0 = None;
    }
}

impl Drop for Undecided {
    fn drop(&mut self) {
        if let Some(session) = self.0.take() {
            tracing::error!(sid = %session.sid.redacted(), "the connect handler panicked; the client is rejected");
            session.reject();
        }
    }
}

/// Switches protocols: the answer, and the task that takes over once it is sent.
fn switch(
    session: &Arc<SharedSession>,
    link: LinkId,
    head: &Head,
    on_upgrade: OnUpgrade,
    first: bool,
) -> Response<Body> {
    let task = upgraded::run(Arc::clone(session), link, on_upgrade);
    session.server.spawn(task);
    let config = &session.server.config;
    let mut answer = Response::new(Body::default());
    *answer.status_mut() = StatusCode::OK;
    let headers = answer.headers_mut();
    if first {
        response::set_cookie(config, &session.sid, headers);
    }
    if let Some(protocol) = protocol(config, &head.parts.headers) {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    head.cors.write_to(headers);
    if !head.extended_connect && head.parts.version != Version::HTTP_2 {
        switching(&head.parts.headers, headers);
        *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    }
    answer
}

/// The headers of a 101.
fn switching(request: &HeaderMap, headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    let key = request.get(SEC_WEBSOCKET_KEY).map_or(&[][..], HeaderValue::as_bytes);
    if let Ok(accept) = HeaderValue::try_from(ws::accept_key(key)) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
}

/// The subprotocol to agree to: the application's choice, or the first on offer.
fn protocol(config: &ServerConfig, request: &HeaderMap) -> Option<HeaderValue> {
    let offered: Vec<&str> = offered_protocols(request).collect();
    let chosen = match &config.choose_protocol {
        Some(choose) if !offered.is_empty() => {
            (choose.0)(&offered).filter(|chosen| offered.contains(&chosen.as_str()))
        }
        Some(_) => None,
        None => offered.first().map(|first| (*first).to_owned()),
    };
    chosen.and_then(|name| HeaderValue::try_from(name).ok())
}
