//! The hooks besides the three events.

use engineio::Socket;
use engineio::server::{AllowedOrigins, ConnectionError, Refusal, Rejection};
use tokio::sync::mpsc;

use crate::support::gate::gate;
use crate::support::http::{get, post, with};
use crate::support::polling::OPEN;
use crate::support::{Call, Dial, Host, WebSocket, sid, websocket};

#[tokio::test(start_paused = true)]
async fn an_upgrade_is_told_before_the_messages_that_follow() {
    let mut host = Host::plain();
    let mut polling = host.polling().await;
    let id = sid(&polling.sid);
    polling.post("4before").await;
    let mut websocket = polling.upgrade().await;
    websocket.send("4after").await;
    assert_eq!(host.calls.message().await, "before".into());
    match host.calls.next().await {
        Call::Upgrade(socket) => assert_eq!(*socket.sid(), id),
        other => panic!("{other:?}"),
    }
    assert_eq!(host.calls.message().await, "after".into());
}

#[tokio::test(start_paused = true)]
async fn a_session_that_begins_on_websocket_is_not_upgraded() {
    let mut host = Host::plain();
    let (mut websocket, _) = host.websocket().await;
    websocket.send("4first").await;
    assert_eq!(host.calls.message().await, "first".into());
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_handler_may_send() {
    let host = Host::start(|builder| {
        builder.on_upgrade(|socket: Socket| async move { socket.send("welcome over").await.unwrap() })
    });
    let mut websocket = host.polling().await.upgrade().await;
    assert_eq!(websocket.text().await, "4welcome over");
}

#[tokio::test(start_paused = true)]
async fn an_emptied_queue_is_told() {
    let (gate, mut log) = gate();
    let host = Host::start(|builder| {
        builder.on_drain(move |socket: Socket| {
            let gate = gate.clone();
            async move {
                assert_eq!(socket.buffered_bytes(), 0);
                gate.note(socket.transport().name());
            }
        })
    });
    let mut polling = host.polling().await;
    log.expect(["polling"]).await;
    let id = sid(&polling.sid);
    for text in ["a", "b"] {
        host.server.send(&id, text).await.unwrap();
    }
    log.assert_empty();
    assert_eq!(polling.poll().await, ["4a", "4b"]);
    log.expect(["polling"]).await;
    let mut websocket = polling.upgrade().await;
    websocket.sync().await;
    host.server.send(&id, "c").await.unwrap();
    assert_eq!(websocket.text().await, "4c");
    log.expect(["websocket"]).await;
    log.assert_empty();
}

#[tokio::test(start_paused = true)]
async fn a_drained_socket_can_be_filled_again() {
    let host = Host::start(|builder| {
        builder.on_drain(|socket: Socket| async move {
            let next = socket.update_session(|count: &mut u32| {
                *count += 1;
                *count
            });
            if next <= 3 {
                socket.send(format!("{next}")).await.unwrap();
            }
        })
    });
    let (mut websocket, _) = host.websocket().await;
    for text in ["41", "42", "43"] {
        assert_eq!(websocket.text().await, text);
    }
}

/// A host and what its hook is told: code, context, method, target.
fn hooked() -> (Host, mpsc::UnboundedReceiver<(u8, &'static str, String)>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let host = Host::start(|builder| {
        builder
            .cors(AllowedOrigins::list(["https://app.example"]).unwrap())
            .max_sessions(2)
            .on_connect(|_, request: engineio::server::ConnectRequest| async move {
                if request.query().contains("reject") { Err(Rejection::new()) } else { Ok(()) }
            })
            .on_connection_error(move |error: &ConnectionError| {
                assert_eq!(error.remote, Some("192.0.2.1:1000".parse().unwrap()));
                assert_eq!(error.code, error.refusal.code());
                let request = format!("{} {}", error.method, error.uri);
                let _ = sender.send((error.code, error.refusal.context(), request));
            })
    });
    (host, receiver)
}

#[tokio::test(start_paused = true)]
async fn each_refused_request_is_told_with_its_code() {
    let (host, mut errors) = hooked();
    for (request, code, context) in [
        (get("/engine.io/?EIO=4"), 0, "unknown transport"),
        (get("/engine.io/?EIO=4&transport=__proto__"), 0, "unknown transport"),
        (get("/engine.io/?EIO=4&transport=polling&sid=nobody"), 1, "unknown sid"),
        (post("/engine.io/?EIO=4&transport=polling", "4"), 2, "bad handshake method"),
        (http::Request::put(OPEN).body(bytes::Bytes::new()).unwrap(), 2, "bad method"),
        (get("/engine.io/?EIO=4&transport=websocket"), 3, "invalid upgrade"),
        (get("/engine.io/?EIO=4&transport=polling&sid=a&sid=b"), 3, "bad request"),
        (with(get(OPEN), "origin", "https://evil.example"), 4, "foreign origin"),
        (get("/engine.io/?EIO=4&transport=polling&reject"), 4, "forbidden"),
        (get("/engine.io/?EIO=3&transport=polling"), 5, "unsupported version"),
        (get("/engine.io/?transport=polling"), 5, "unsupported version"),
    ] {
        let response = host.http().await.exchange(&request).await;
        assert!(response.status().is_client_error(), "{context}");
        let told = errors.recv().await.unwrap();
        assert_eq!(told, (code, context, format!("{} {}", request.method(), request.uri())));
    }
    let mut polling = host.polling().await;
    polling.try_post("x").await;
    assert_eq!(errors.recv().await.unwrap().1, "bad packet");
    host.websocket().await;
    let (_websocket, _) = host.websocket().await;
    let (_websocket, _) = host.websocket().await;
    host.http().await.exchange(&get(OPEN)).await;
    assert_eq!(errors.recv().await.unwrap().1, "unavailable");
    assert!(errors.try_recv().is_err(), "what is accepted is no error");
}

#[tokio::test(start_paused = true)]
async fn a_rejection_reaches_the_hook_with_its_words() {
    let (sender, mut errors) = mpsc::unbounded_channel();
    let host = Host::start(|builder| {
        builder
            .on_connect(|_, _| async { Err(Rejection::new().with_message("who are you")) })
            .on_connection_error(move |error: &ConnectionError| {
                let _ = sender.send(error.refusal.clone());
            })
    });
    let io = host.network.dial().await;
    WebSocket::try_connect(io, &get(websocket::OPEN)).await.unwrap_err();
    let told = errors.recv().await.unwrap();
    assert_eq!(told, Refusal::Forbidden(Rejection::new().with_message("who are you")));
}
