//! The end of the server.

use std::convert::Infallible;
use std::future::{Pending, pending};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use engineio::server::Body;
use engineio::{DisconnectReason, Server, Transport};
use http::{Request, Response};
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::io::AsyncReadExt;
use tokio::time::Instant;
use tower_service::Service;

use crate::support::gate::gate;
use crate::support::http::{field, get, handed, post, text};
use crate::support::polling::OPEN;
use crate::support::{Calls, Dial, Frame, Host, Http, WebSocket, memory, sid, soon, websocket};

const GRACE: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn everybody_is_told_and_what_is_queued_leaves() {
    let mut host = Host::plain();
    let (mut websocket, id) = host.websocket().await;
    let mut polling = host.polling().await;
    polling.start_poll().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    host.server.send(&sid(&id), "last").await.unwrap();
    let begun = Instant::now();
    host.server.shutdown(GRACE).await;
    assert_eq!(begun.elapsed().as_secs(), 5, "the WebSocket that does not close as well is read for a while");
    assert!(host.server.is_shutting_down());
    assert_eq!(polling.polled().await, ["1"]);
    for text in ["4last", "1"] {
        assert_eq!(websocket.text().await, text);
    }
    assert_eq!(websocket.close_code().await, 1001);
    assert_eq!(websocket.next().await, Frame::End);
    for _ in 0..2 {
        assert_eq!(host.calls.reason().await, DisconnectReason::Shutdown);
    }
    assert_eq!(host.server.session_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn serving_ends_and_new_connections_are_not_taken() {
    let server = Server::builder().build().unwrap();
    let (network, listener) = memory::network();
    let serving = server.clone();
    let serving = tokio::spawn(async move { serving.serve(listener).await });
    crate::support::Polling::open(&network).await;
    assert!(!serving.is_finished());
    server.shutdown(Duration::ZERO).await;
    serving.await.unwrap().unwrap();
    Http::new(network.connect("192.0.2.1:1", 100)).closed().await;
}

#[tokio::test(start_paused = true)]
async fn after_the_grace_what_is_left_is_cut_off() {
    let mut host = Host::plain();
    let polling = host.polling().await;
    let socket = host.server.socket(&sid(&polling.sid)).unwrap();
    let begun = Instant::now();
    host.server.shutdown(GRACE).await;
    assert_eq!(begun.elapsed().as_secs(), 10, "the client never came for its end");
    assert_eq!(host.server.session_count(), 0);
    assert!(!socket.is_connected());
    assert_eq!(host.calls.reason().await, DisconnectReason::Shutdown);
    host.calls.none().await;
}

/// A service that never answers.
#[derive(Clone)]
struct Silent;

impl Service<Request<Incoming>> for Silent {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Pending<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Incoming>) -> Self::Future {
        pending()
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_never_answered_is_cut_off_after_the_grace() {
    let server = Server::builder().build().unwrap();
    let (network, listener) = memory::network();
    let serving = server.clone();
    tokio::spawn(async move { serving.serve_with(listener, Silent).await });
    let mut http = Http::new(network.dial().await);
    http.send(&get("/elsewhere")).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let (begun, closed) = (Instant::now(), tokio::spawn(async move { http.closed().await }));
    server.shutdown(GRACE).await;
    closed.await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_not_read_is_cut_off_after_the_grace() {
    let host = Host::plain();
    let polling = host.polling().await;
    host.server.send(&sid(&polling.sid), "x".repeat(5000)).await.unwrap();
    let mut http = Http::new(host.network.connect("192.0.2.1:1000", 1000));
    http.send(&get(&polling.uri())).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begun = Instant::now();
    host.server.shutdown(GRACE).await;
    assert_eq!(begun.elapsed().as_secs(), 10, "earlier than the deadline of writing");
    let mut part = String::new();
    soon(http.io.read_to_string(&mut part)).await.unwrap();
    assert!(part.len() < 5000, "the rest of the response is gone");
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_kept_for_a_session_until_the_grace_is_over() {
    let host = Host::plain();
    let mut polling = host.polling().await;
    let begun = Instant::now();
    tokio::join!(host.server.shutdown(GRACE), polling.gets.closed());
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_websocket_that_is_not_read_is_cut_off_after_the_grace() {
    let mut host = Host::plain();
    let io = host.network.connect("192.0.2.1:1000", 1000);
    let mut websocket = WebSocket::connect(io, &get(websocket::OPEN)).await;
    let id = websocket.opened().await;
    host.server.send(&sid(&id), "x".repeat(5000)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begun = Instant::now();
    host.server.shutdown(GRACE).await;
    assert_eq!(begun.elapsed().as_secs(), 10);
    // A moment is left to it for what the socket may still take.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(websocket.next().await, Frame::End, "the rest of the message is gone");
    assert_eq!(host.calls.reason().await, DisconnectReason::Shutdown);
}

#[tokio::test(start_paused = true)]
async fn background_tasks_are_waited_for() {
    let host = Host::plain();
    let short = host.server.start_background_task(tokio::time::sleep(Duration::from_secs(4)));
    let begun = Instant::now();
    host.server.shutdown(GRACE).await;
    assert_eq!(begun.elapsed().as_secs(), 4);
    assert_eq!(short.await.unwrap(), Some(()));
}

#[tokio::test(start_paused = true)]
async fn background_tasks_are_cut_off_after_the_grace() {
    let host = Host::plain();
    let endless = host.server.start_background_task(pending::<()>());
    let begun = Instant::now();
    host.server.shutdown(GRACE).await;
    assert_eq!(begun.elapsed().as_secs(), 10);
    assert_eq!(endless.await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn handlers_are_waited_for() {
    let (gate, mut log) = gate();
    let host = Host::start(|builder| {
        builder.on_disconnect(move |_, end| {
            let gate = gate.clone();
            async move {
                tokio::time::sleep(Duration::from_secs(2)).await;
                gate.note(end.reason.as_str());
            }
        })
    });
    let (mut early, _) = host.websocket().await;
    let (_websocket, _) = host.websocket().await;
    early.send("1").await;
    early.close_code().await;
    host.server.shutdown(GRACE).await;
    assert_eq!(log.so_far(), ["client disconnect", "shutdown"]);
}

#[tokio::test(start_paused = true)]
async fn it_may_be_called_twice() {
    let host = Host::plain();
    let polling = host.polling().await;
    let server = host.server.clone();
    let slow = tokio::spawn(async move { server.shutdown(Duration::from_secs(3600)).await });
    tokio::task::yield_now().await;
    let begun = Instant::now();
    host.server.shutdown(Duration::from_secs(1)).await;
    slow.await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 1, "whoever is less patient wins");
    drop(polling);
}

#[tokio::test(start_paused = true)]
async fn clients_between_two_polls_can_still_come_for_their_end() {
    let mut host = Host::plain();
    let polling = host.polling().await;
    host.server.send(&sid(&polling.sid), "last").await.unwrap();
    let server = host.server.clone();
    let stopped = tokio::spawn(async move { server.shutdown(GRACE).await });
    assert_eq!(host.calls.reason().await, DisconnectReason::Shutdown);
    let refused = host.http().await.exchange(&get(OPEN)).await;
    assert_eq!((refused.status().as_u16(), field(&refused, "retry-after")), (503, "5"));
    assert_eq!(field(&refused, "connection"), "close", "nobody can hold the shutdown up");
    assert!(!stopped.is_finished());
    let last = host.http().await.exchange(&get(&polling.uri())).await;
    assert_eq!(text(&last), "4last\u{1e}1");
    let begun = Instant::now();
    stopped.await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1), "nobody is left to wait for");
}

/// What a host that goes on serving sees of a server that shuts down.
#[tokio::test(start_paused = true)]
async fn others_are_turned_away_while_old_sessions_fetch_their_end() {
    let (builder, mut calls) = Calls::of(Server::builder());
    let server = builder.build().unwrap();
    let opened = content(server.handle_request(handed(get(OPEN))).await).await;
    let id = server.sessions()[0].sid.clone();
    assert!(opened.contains(id.as_str()));
    server.send(&id, "last").await.unwrap();
    let stopping = server.clone();
    let stopped = tokio::spawn(async move { stopping.shutdown(GRACE).await });
    assert_eq!(calls.reason().await, DisconnectReason::Shutdown);
    let refused = server.handle_request(handed(get(OPEN))).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "5");
    let uri = format!("{OPEN}&sid={id}");
    let late = server.handle_request(handed(post(&uri, "4late"))).await;
    assert_eq!(late.status(), 400);
    assert_eq!(server.transport(&id), Some(Transport::Polling));
    assert!(!stopped.is_finished());
    let last = server.handle_request(handed(get(&uri))).await;
    assert_eq!(content(last).await, "4last\u{1e}1");
    stopped.await.unwrap();
    assert_eq!(server.session_count(), 0);
}

async fn content(response: Response<Body>) -> String {
    let mut body = response.into_body();
    let frame = std::future::poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx)).await;
    String::from_utf8(frame.unwrap().unwrap().into_data().unwrap().to_vec()).unwrap()
}

/// Sessions keep their server, and it keeps the runtime's descriptors.
#[test]
fn the_end_of_the_runtime_ends_sessions_and_server() {
    for shut_down in [false, true] {
        let kept = Arc::new(());
        let of_server = Arc::clone(&kept);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let host = Host::start(|builder| {
                builder.on_message(move |_, _| {
                    let kept = Arc::clone(&of_server);
                    async move {
                        let () = pending().await;
                        drop(kept);
                    }
                })
            });
            let (mut websocket, _) = host.websocket().await;
            websocket.send("4never handled").await;
            host.polling().await;
            if shut_down {
                host.server.shutdown(Duration::ZERO).await;
            }
            assert_ne!(Arc::strong_count(&kept), 1);
        });
        drop(runtime);
        assert_eq!(Arc::strong_count(&kept), 1, "shut down: {shut_down}");
    }
}
