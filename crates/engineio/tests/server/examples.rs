//! The examples do what they say. Their files are compiled into this test, so that no process has to be started.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::support::conversation::converse;
use crate::support::http::{get, text};
use crate::support::polling::OPEN;
use crate::support::{Dial, Http, Polling, WebSocket, soon, websocket};

#[expect(dead_code, reason = "its main is not called")]
#[path = "../../examples/axum.rs"]
mod axum;
#[expect(dead_code, reason = "its main is not called")]
#[path = "../../examples/chat.rs"]
mod chat;
#[expect(dead_code, reason = "its main is not called")]
#[path = "../../examples/echo.rs"]
mod echo;
#[expect(dead_code, reason = "its main is not called")]
#[path = "../../examples/graceful_shutdown.rs"]
mod graceful_shutdown;
#[expect(dead_code, reason = "its main is not called")]
#[path = "../../examples/hyper.rs"]
mod hyper;
#[cfg(feature = "tls")]
#[expect(dead_code, reason = "its main is not called")]
#[path = "../../examples/tls.rs"]
mod tls;

async fn bind() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

#[tokio::test]
async fn the_echo() {
    let (listener, address) = bind().await;
    tokio::spawn(async move { echo::server().unwrap().serve(listener).await });
    converse(&address).await;
}

#[tokio::test]
async fn the_axum_application() {
    let (listener, address) = bind().await;
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let server = axum::server().unwrap();
    let serving = tokio::spawn(axum::serve(listener, server, async { stopped.await.unwrap() }));
    converse(&address).await;
    let mut polling = Polling::open(&address).await;
    let index = Http::new(address.dial().await).exchange(&get("/")).await;
    assert_eq!(text(&index), "1 clients know\n");
    assert_eq!(polling.poll().await, ["4somebody looked at the page"]);
    polling.start_poll().await;
    stop.send(()).unwrap();
    assert_eq!(polling.polled().await, ["1"]);
    soon(serving).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_service_under_hyper() {
    let (listener, address) = bind().await;
    let server = engineio::Server::builder().on_message(hyper::echo).build().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(hyper::serve(server.clone(), stream));
        }
    });
    converse(&address).await;
}

#[tokio::test]
async fn the_chat() {
    let (listener, address) = bind().await;
    tokio::spawn(async move { chat::server().unwrap().serve(listener).await });
    let nameless = Http::new(address.dial().await).exchange(&get(OPEN)).await;
    assert_eq!(text(&nameless), r#"{"code":4,"message":"name=... is missing"}"#);
    let join = async |name: &str| {
        let request = get(&format!("{}&name={name}", websocket::OPEN));
        let mut client = WebSocket::connect(address.dial().await, &request).await;
        client.opened().await;
        assert_eq!(client.text().await, format!("4hello {name}, say /quit to leave"));
        client
    };
    let (mut ada, mut bob) = (join("ada").await, join("bob").await);
    assert_eq!(ada.text().await, "4bob is here");
    bob.send("4good morning").await;
    for client in [&mut ada, &mut bob] {
        assert_eq!(client.text().await, "4bob: good morning");
    }
    bob.send("4/quit").await;
    assert_eq!(bob.text().await, "1");
    assert_eq!(ada.text().await, "4bob has left (server disconnect)");
}

#[tokio::test]
async fn the_graceful_shutdown() {
    let (listener, address) = bind().await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(async move {
        graceful_shutdown::run(listener, async { drop(stopped.await) }).await.unwrap();
    });
    let (mut websocket, _) = WebSocket::open(&address).await;
    assert_eq!(websocket.text().await, "4tick");
    stop.send(()).unwrap();
    let mut last = websocket.text().await;
    while last == "4tick" {
        last = websocket.text().await;
    }
    assert_eq!(last, "1");
    assert_eq!(websocket.close_code().await, 1001);
    soon(running).await.unwrap();
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn the_tls_server() {
    let (certificate, key) = tls::self_signed().unwrap();
    let config = tls::config(certificate.clone(), key).unwrap();
    let server = engineio::Server::builder().on_message(tls::echo).build().unwrap();
    converse(&crate::tls::serve(server, config, certificate).await).await;
}
