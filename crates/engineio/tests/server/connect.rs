//! The connect handler: it judges before there is a session, and what it sends comes first.

use std::sync::Arc;

use engineio::server::{ConnectRequest, ConnectionError, Rejection};
use engineio::{DisconnectReason, Message, Socket, Transport};
use http::StatusCode;
use tokio::sync::{Notify, mpsc};

use crate::support::http::{get, post, text, with};
use crate::support::polling::OPEN;
use crate::support::{Call, Dial, Frame, Host, Http, WebSocket, soon, until, websocket};

async fn unauthorized(_: Socket, _: ConnectRequest) -> Result<(), Rejection> {
    Err(Rejection::new().with_status(StatusCode::UNAUTHORIZED).with_json(r#"{"login":"/login"}"#))
}

#[tokio::test(start_paused = true)]
async fn a_rejection_has_a_status_and_json_on_polling() {
    let mut host = Host::start(|builder| builder.on_connect(unauthorized));
    let response = host.http().await.exchange(&get(OPEN)).await;
    assert_eq!(response.status(), 401);
    assert_eq!(text(&response), r#"{"code":4,"message":{"login":"/login"}}"#);
    assert_eq!(host.server.session_count(), 0);
    host.calls.none().await;
}

#[tokio::test(start_paused = true)]
async fn a_rejection_comes_instead_of_the_101() {
    let mut host = Host::start(|builder| builder.on_connect(unauthorized));
    let refused = WebSocket::try_connect(host.network.dial().await, &get(websocket::OPEN)).await.unwrap_err();
    assert_eq!(refused.status(), 401);
    assert_eq!(text(&refused), r#"{"code":4,"message":{"login":"/login"}}"#);
    assert_eq!(host.server.session_count(), 0);
    host.calls.none().await;
}

#[tokio::test(start_paused = true)]
async fn a_rejection_without_words_is_forbidden() {
    let host = Host::start(|builder| builder.on_connect(|_, _| async { Err(Rejection::new()) }));
    let response = host.http().await.exchange(&get(OPEN)).await;
    assert_eq!((response.status().as_u16(), text(&response)), (403, r#"{"code":4,"message":"Forbidden"}"#));
}

#[tokio::test(start_paused = true)]
async fn the_request_can_be_seen() {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let host = Host::start(|builder| {
        builder.on_connect(move |socket: Socket, request: ConnectRequest| {
            let _ = sender.send((socket, request));
            async { Ok::<_, Rejection>(()) }
        })
    });
    let request = with(get(&format!("{OPEN}&token=a%20b")), "authorization", "Bearer x");
    let response = host.http().await.exchange(&request).await;
    let (socket, seen) = receiver.recv().await.unwrap();
    assert!(text(&response).contains(socket.sid().as_str()));
    assert_eq!(seen.headers()["authorization"], "Bearer x");
    assert_eq!(seen.query(), "EIO=4&transport=polling&token=a%20b");
    assert_eq!(seen.uri().path(), "/engine.io/");
    assert_eq!(seen.parts().method, http::Method::GET);
    assert_eq!(seen.transport(), Transport::Polling);
    assert_eq!(seen.remote_addr(), Some("192.0.2.1:1000".parse().unwrap()));
    host.websocket().await;
    assert_eq!(receiver.recv().await.unwrap().1.transport(), Transport::WebSocket);
}

async fn greet(socket: Socket, _: ConnectRequest) -> Result<(), Rejection> {
    socket.send("hello").await.unwrap();
    socket.send(vec![1, 2, 3]).await.unwrap();
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_it_sends_is_in_the_handshakes_reply() {
    let host = Host::start(|builder| builder.on_connect(greet));
    assert_eq!(host.polling().await.first, ["4hello", "bAQID"]);
    let (mut websocket, _) = host.websocket().await;
    assert_eq!(websocket.text().await, "4hello");
    assert_eq!(websocket.next().await, Frame::Binary(vec![1, 2, 3].into()));
}

#[tokio::test(start_paused = true)]
async fn it_may_take_its_time() {
    let go = Arc::new(Notify::new());
    let waiting = Arc::clone(&go);
    let host = Host::start(|builder| {
        builder.on_connect(move |socket: Socket, _| {
            let waiting = Arc::clone(&waiting);
            async move {
                waiting.notified().await;
                socket.send("at last").await.unwrap();
                Ok::<_, Rejection>(())
            }
        })
    });
    let mut http = host.http().await;
    http.send(&get(OPEN)).await;
    until(|| host.server.session_count() > 0).await;
    let sid = host.server.sessions()[0].sid.clone();
    let uri = format!("{OPEN}&sid={sid}");
    let upgrade = websocket::handshake(&get(&format!("{}&sid={sid}", websocket::OPEN)));
    for request in [post(&uri, "4early"), get(&uri), upgrade] {
        let early = host.http().await.exchange(&request).await;
        assert_eq!(early.status(), 400, "there is no session before it is accepted");
        assert_eq!(text(&early), r#"{"code":1,"message":"Session ID unknown"}"#);
    }
    go.notify_one();
    assert!(text(&http.receive().await).ends_with("\u{1e}4at last"));
}

#[tokio::test(start_paused = true)]
async fn it_runs_to_its_end_without_the_client() {
    let (go, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (waiting, finished) = (Arc::clone(&go), Arc::clone(&done));
    let mut host = Host::start(|builder| {
        builder.on_connect(move |socket: Socket, _| {
            let (waiting, finished) = (Arc::clone(&waiting), Arc::clone(&finished));
            async move {
                waiting.notified().await;
                assert!(!socket.is_connected());
                finished.notify_one();
                Ok::<_, Rejection>(())
            }
        })
    });
    for request in [get(OPEN), websocket::handshake(&get(websocket::OPEN))] {
        let mut http = host.http().await;
        http.send(&request).await;
        until(|| host.server.session_count() > 0).await;
        drop(http);
        until(|| host.server.sessions().is_empty()).await;
        go.notify_one();
        soon(done.notified()).await;
        assert_eq!(host.calls.reason().await, DisconnectReason::TransportClose);
        assert_eq!(host.server.session_count(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_an_internal_error() {
    let (sender, mut errors) = mpsc::unbounded_channel();
    let mut host = Host::start(|builder| {
        builder
            .on_connect(|_, request: ConnectRequest| {
                let late = request.query().contains("late");
                async move {
                    if late {
                        tokio::task::yield_now().await;
                    }
                    assert!(!request.query().contains("panic"), "on purpose");
                    Ok::<_, Rejection>(())
                }
            })
            .on_connection_error(move |error: &ConnectionError| {
                let _ = sender.send(error.refusal.context());
            })
    });
    for query in ["panic", "panic&late"] {
        for uri in [OPEN, websocket::OPEN] {
            let mut http = host.http().await;
            let request = get(&format!("{uri}&{query}"));
            let request = if uri == OPEN { request } else { websocket::handshake(&request) };
            let response = http.exchange(&request).await;
            assert_eq!(response.status(), 500, "{uri} {query}");
            assert_eq!(text(&response), r#"{"code":3,"message":"Internal server error"}"#);
            assert_eq!(errors.recv().await, Some("handler panicked"));
        }
    }
    assert_eq!(host.server.session_count(), 0);
    host.calls.none().await;
    let mut polling = host.polling().await;
    polling.post("4fine").await;
    assert!(matches!(host.calls.next().await, Call::Message(Message::Text(text)) if &*text == "fine"));
}

#[tokio::test(start_paused = true)]
async fn a_session_can_be_ended_at_once() {
    let mut host = Host::start(|builder| {
        builder.on_connect(|socket: Socket, _| async move {
            socket.send("bye").await.unwrap();
            socket.disconnect();
            Ok::<_, Rejection>(())
        })
    });
    let mut http: Http<_> = host.http().await;
    let response = http.exchange(&get(OPEN)).await;
    assert!(text(&response).ends_with("\u{1e}4bye\u{1e}1"), "{}", text(&response));
    assert_eq!(host.calls.reason().await, DisconnectReason::ServerDisconnect);
}
