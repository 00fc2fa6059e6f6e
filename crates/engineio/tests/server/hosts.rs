//! The server inside of other HTTP servers.

use std::convert::Infallible;
use std::future::{poll_fn, ready};
use std::net::SocketAddr;

use axum::Router;
use bytes::Bytes;
use engineio::server::{Body, RemoteAddr};
use engineio::{DisconnectReason, Server, Transport};
use http::{Request, Response, Version};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower_layer::Layer;
use tower_service::Service;

use crate::support::conversation::{converse, echo};
use crate::support::http::{field, get, handed, post, text, with};
use crate::support::polling::OPEN;
use crate::support::{Calls, Dial, Host, Http, WebSocket, websocket};

/// Accepts TCP connections for as long as the test runs.
async fn listen<F: Future<Output: Send> + Send + 'static>(
    serve: impl Fn(tokio::net::TcpStream) -> F + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream));
        }
    });
    address
}

#[tokio::test]
async fn hyper_with_handle_request() {
    let server = echo().build().unwrap();
    let address = listen(move |stream| {
        let server = server.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let server = server.clone();
            async move { Ok::<_, Infallible>(server.handle_request(request).await) }
        });
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
    })
    .await;
    converse(&address).await;
}

#[tokio::test]
async fn hyper_with_the_service() {
    let server = echo().build().unwrap();
    let address = listen(move |stream| {
        let service = TowerToHyperService::new(server.service());
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
    })
    .await;
    converse(&address).await;
}

#[tokio::test]
async fn hyper_util_for_any_version_of_http() {
    let server = echo().build().unwrap();
    let address = listen(move |stream| {
        let service = TowerToHyperService::new(server.service());
        async move {
            auto::Builder::new(TokioExecutor::new())
                .serve_connection_with_upgrades(TokioIo::new(stream), service)
                .await
        }
    })
    .await;
    converse(&address).await;
}

async fn axum(server: &Server) -> SocketAddr {
    let state = String::from("the router's own state");
    let index =
        axum::routing::get(|axum::extract::State(state): axum::extract::State<String>| async { state });
    let app = Router::new().route("/", index).with_state(state).layer(server.layer());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

#[tokio::test]
async fn axum_with_the_layer() {
    let server = echo().build().unwrap();
    let address = axum(&server).await;
    converse(&address).await;
    let mut http = Http::new(address.dial().await);
    let index = http.exchange(&get("/")).await;
    assert_eq!((index.status().as_u16(), text(&index)), (200, "the router's own state"));
    assert_eq!(http.exchange(&get("/engine.io.html")).await.status(), 404, "axum's own");
}

#[tokio::test]
async fn axum_tells_of_clients_that_go_away() {
    let (builder, mut calls) = Calls::of(Server::builder());
    let server = builder.build().unwrap();
    let address = axum(&server).await;
    let (websocket, _) = WebSocket::open(&address).await;
    drop(websocket);
    assert_eq!(calls.reason().await, DisconnectReason::TransportClose);
    let mut polling = crate::support::Polling::open(&address).await;
    polling.start_poll().await;
    polling.post("4waiting").await;
    assert_eq!(calls.message().await, "waiting".into());
    drop(polling);
    assert_eq!(calls.reason().await, DisconnectReason::TransportError);
}

#[tokio::test]
async fn a_route_of_axum_with_the_service() {
    let server = echo().build().unwrap();
    let app: Router = Router::new().route_service("/engine.io/", server.service());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    converse(&address).await;
}

/// A service that says which path it was asked for.
#[derive(Clone)]
pub(crate) struct Inner;

impl<B> Service<Request<B>> for Inner {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(Response::new(request.uri().path().to_owned())))
    }
}

/// Sends a request to a service, and returns status and body.
async fn ask<S, R>(service: &mut S, request: Request<Bytes>) -> (u16, String)
where
    S: Service<Request<Body>, Response = Response<R>, Error = Infallible>,
    R: http_body::Body<Data = Bytes, Error = Infallible> + Unpin,
{
    poll_fn(|cx| service.poll_ready(cx)).await.unwrap();
    content(service.call(handed(request)).await.unwrap()).await
}

async fn content<R>(response: Response<R>) -> (u16, String)
where
    R: http_body::Body<Data = Bytes, Error = Infallible> + Unpin,
{
    let (status, mut body, mut content) = (response.status().as_u16(), response.into_body(), Vec::new());
    while let Some(frame) = poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx)).await {
        content.extend_from_slice(&frame.unwrap().into_data().unwrap());
    }
    (status, String::from_utf8(content).unwrap())
}

#[tokio::test(start_paused = true)]
async fn the_layer_passes_other_paths_on() {
    let server = echo().path("/live").build().unwrap();
    let mut service = server.layer().layer(Inner);
    for other in ["/", "/live/er", "/engine.io/", "/liv"] {
        assert_eq!(ask(&mut service, get(other)).await, (200, other.to_owned()));
    }
    for own in ["/live", "/live/"] {
        let (status, body) = ask(&mut service, get(own)).await;
        assert_eq!((status, &*body), (400, r#"{"code":0,"message":"Transport unknown"}"#));
    }
}

#[tokio::test(start_paused = true)]
async fn the_service_takes_every_path() {
    let server = echo().build().unwrap();
    let (status, body) = ask(&mut server.service(), get("/anything?EIO=4&transport=polling")).await;
    assert_eq!((status, &body[..1]), (200, "0"));
}

/// A session without any connection.
struct Direct {
    server: Server,
    calls: Calls,
    uri: String,
}

impl Direct {
    async fn open() -> Self {
        let (builder, calls) = Calls::of(Server::builder());
        let server = builder.build().unwrap();
        let (status, body) = content(server.handle_request(handed(get(OPEN))).await).await;
        let uri = format!("{OPEN}&sid={}", server.sessions()[0].sid);
        assert_eq!((status, &body[..1]), (200, "0"));
        Self { server, calls, uri }
    }

    async fn ask(&self, request: Request<Bytes>) -> Response<Body> {
        self.server.handle_request(handed(request)).await
    }
}

#[tokio::test(start_paused = true)]
async fn requests_can_be_handled_one_by_one() {
    let mut direct = Direct::open().await;
    let posted = direct.ask(post(&direct.uri, "4hello")).await;
    assert_eq!(content(posted).await, (200, "ok".to_owned()));
    assert_eq!(direct.calls.message().await, "hello".into());
    direct.server.broadcast("there");
    let polled = direct.ask(get(&direct.uri)).await;
    assert_eq!(content(polled).await, (200, "4there".to_owned()));
    assert_eq!(direct.server.sessions()[0].remote, None);
}

#[tokio::test(start_paused = true)]
async fn a_request_names_its_host() {
    let server = Server::builder().build().unwrap();
    let (absolute, twice) = (format!("http://localhost{OPEN}"), with(get(OPEN), "host", "localhost"));
    let of = |version, request: Request<Bytes>| {
        let mut request = request.map(Body::new);
        *request.version_mut() = version;
        request
    };
    for (request, status) in [
        (handed(get(OPEN)), 200),
        (of(Version::HTTP_11, get(OPEN)), 400),
        (of(Version::HTTP_11, get(&absolute)), 200),
        (of(Version::HTTP_10, get(OPEN)), 200),
        (of(Version::HTTP_2, get(OPEN)), 200),
        (handed(twice), 400),
        (handed(with(get(&absolute), "host", "localhost")), 400),
        (with(get(OPEN), "host", "a, b").map(Body::new), 400),
    ] {
        let what = format!("{request:?}");
        assert_eq!(server.handle_request(request).await.status(), status, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_host_may_tell_the_address() {
    let server = Server::builder().build().unwrap();
    let mut request = handed(get(OPEN));
    let address: SocketAddr = "198.51.100.7:1".parse().unwrap();
    request.extensions_mut().insert(RemoteAddr(address));
    assert_eq!(content(server.handle_request(request).await).await.0, 200);
    assert_eq!(server.sessions()[0].remote, Some(address));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_dropped_is_a_client_that_went_away() {
    let mut direct = Direct::open().await;
    let waiting = direct.ask(get(&direct.uri));
    assert!(tokio::time::timeout(std::time::Duration::from_secs(1), waiting).await.is_err());
    assert_eq!(direct.calls.reason().await, DisconnectReason::TransportError);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_nobody_took_is_a_client_that_went_away() {
    let mut direct = Direct::open().await;
    direct.server.broadcast("lost");
    drop(direct.ask(get(&direct.uri)).await);
    let end = direct.calls.disconnect().await;
    assert_eq!((end.reason, end.unconfirmed), (DisconnectReason::TransportError, 1));
}

#[tokio::test(start_paused = true)]
async fn a_host_that_hands_nothing_over_has_no_websocket() {
    let server = Server::builder().build().unwrap();
    let request = handed(websocket::handshake(&get(websocket::OPEN)));
    let (status, body) = content(server.handle_request(request).await).await;
    assert_eq!((status, &*body), (400, r#"{"code":3,"message":"Bad request"}"#));
    assert_eq!(server.session_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn responses_have_their_length() {
    let direct = Direct::open().await;
    direct.server.broadcast("12345");
    let response = direct.ask(get(&direct.uri)).await;
    assert_eq!(response.body().size_hint().exact(), Some(6));
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
}

#[tokio::test(start_paused = true)]
async fn our_own_server_serves_other_services_as_well() {
    let server = echo().build().unwrap();
    let (network, listener) = crate::support::memory::network();
    tokio::spawn(async move { server.serve_with(listener, Inner).await });
    converse(&network).await;
    let response = Http::new(network.dial().await).exchange(&with(get("/mine"), "accept", "*/*")).await;
    assert_eq!(text(&response), "/mine");
    assert_eq!(field(&response, "content-length"), "5");
}

#[tokio::test(start_paused = true)]
async fn a_listener_of_the_users_own_kind() {
    let host = Host::start(|_| echo());
    converse(&host.network).await;
    let (_websocket, id) = host.websocket().await;
    assert_eq!(host.server.transport(&crate::support::sid(&id)), Some(Transport::WebSocket));
}
