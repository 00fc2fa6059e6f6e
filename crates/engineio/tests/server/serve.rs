//! Our own HTTP server: its listeners and limits.

use engineio::{DisconnectReason, Server};
use tokio::net::TcpListener;

use crate::support::conversation::{converse, echo};
use crate::support::http::{encode, get, with};
use crate::support::memory::network;
use crate::support::polling::OPEN;
use crate::support::{Calls, Dial, Host, Http, soon};

#[tokio::test]
async fn tcp() {
    let server = echo().build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = server.clone();
    tokio::spawn(async move { serving.serve(listener).await });
    converse(&address).await;
    let polling = crate::support::Polling::open(&address).await;
    let socket = server.socket(&crate::support::sid(&polling.sid)).unwrap();
    assert!(socket.remote_addr().unwrap().ip().is_loopback());
}

/// A WebSocket client that shares no code with the server.
#[tokio::test]
async fn a_client_of_another_make() {
    let server = echo().build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = server.clone();
    tokio::spawn(async move { serving.serve(listener).await });
    let client = tokio::task::spawn_blocking(move || {
        let url = format!("ws://{address}/engine.io/?EIO=4&transport=websocket");
        let stream = std::net::TcpStream::connect(address).unwrap();
        let (mut client, _) = tungstenite::client(url, stream).unwrap();
        assert!(client.read().unwrap().into_text().unwrap().starts_with("0{"));
        client.send(tungstenite::Message::text("4hello")).unwrap();
        assert_eq!(client.read().unwrap().into_text().unwrap(), "4hello");
        client.send(tungstenite::Message::binary(vec![1, 2, 3])).unwrap();
        assert_eq!(client.read().unwrap().into_data(), vec![1, 2, 3]);
        client.close(None).unwrap();
        while client.read().is_ok() {}
    });
    soon(client).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn unix() {
    #[derive(Clone, Debug)]
    struct Path(std::path::PathBuf);

    impl Dial for Path {
        type Io = tokio::net::UnixStream;

        async fn dial(&self) -> Self::Io {
            tokio::net::UnixStream::connect(&self.0).await.unwrap()
        }
    }

    let server = echo().build().unwrap();
    let path = Path(std::env::temp_dir().join(format!("engineio-test-{}.sock", std::process::id())));
    let listener = tokio::net::UnixListener::bind(&path.0).unwrap();
    let serving = server.clone();
    tokio::spawn(async move { serving.serve(listener).await });
    converse(&path).await;
    crate::support::Polling::open(&path).await;
    std::fs::remove_file(&path.0).unwrap();
    assert_eq!(server.sessions()[0].remote, None, "there is no address");
}

#[tokio::test(start_paused = true)]
async fn a_connection_serves_many_requests() {
    let host = Host::plain();
    let mut http = host.http().await;
    for _ in 0..100 {
        assert_eq!(http.exchange(&get("/nothing/here")).await.status(), 404);
    }
    // Two at once, the second before the first is answered.
    http.write(&[encode(&get("/a")), encode(&get(OPEN))].concat()).await;
    assert_eq!(http.receive().await.status(), 404);
    assert_eq!(http.receive().await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_head_holds_16_kib() {
    let host = Host::plain();
    let padded = |len: usize| {
        let bare = encode(&with(get("/nothing/here"), "x-padding", "")).len();
        with(get("/nothing/here"), "x-padding", &"x".repeat(len - bare))
    };
    assert_eq!(host.http().await.exchange(&padded(16 * 1024 - 1)).await.status(), 404);
    let mut http = host.http().await;
    let request = encode(&padded(17 * 1024));
    assert_eq!(request.len(), 17 * 1024);
    http.write(&request).await;
    assert_eq!(http.receive().await.status(), 431);
    http.closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_head_holds_100_fields() {
    let host = Host::plain();
    // One of them is `Host`.
    let fields = |count| (1..count).fold(get("/nothing/here"), |request, _| with(request, "x-field", ""));
    assert_eq!(host.http().await.exchange(&fields(100)).await.status(), 404);
    let mut http = host.http().await;
    http.send(&fields(101)).await;
    assert_eq!(http.receive().await.status(), 431);
    http.closed().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_no_http_is_refused() {
    let host = Host::plain();
    let mut http = host.http().await;
    http.write(b"\x16\x03\x01 hello\r\n\r\n").await;
    assert_eq!(http.receive().await.status(), 400);
    http.closed().await;
}

#[tokio::test(start_paused = true)]
async fn requests_that_two_readers_would_read_differently_are_refused() {
    let host = Host::plain();
    let polling = host.polling().await;
    let head = format!("POST {} HTTP/1.1\r\nhost: a\r\n", polling.uri());
    for fields in [
        "content-length: 1\r\ncontent-length: 2\r\n",
        "content-length: -1\r\n",
        "transfer-encoding: gzip\r\n",
    ] {
        let mut http = host.http().await;
        http.write(format!("{head}{fields}\r\n").as_bytes()).await;
        let response = http.receive().await;
        assert_eq!(response.status(), 400, "{fields}");
        assert!(response.headers().get("connection").is_some_and(|value| value == "close"), "{fields}");
    }
}

/// A client that writes first and reads afterwards still sees the answer, whether it says how much it sends or not.
#[tokio::test(start_paused = true)]
async fn a_body_that_is_refused_is_read_for_a_while() {
    const LEN: usize = 1_000_000;
    for framing in ["content-length: 1000000", "transfer-encoding: chunked"] {
        let (builder, mut calls) = Calls::of(Server::builder().max_payload(1000));
        let server = builder.build().unwrap();
        let (network, listener) = network();
        tokio::spawn(async move { server.serve(listener).await });
        let polling = crate::support::Polling::open(&network).await;
        let mut http = Http::new(network.connect("192.0.2.1:1000", 1000));
        http.write(format!("POST {} HTTP/1.1\r\nhost: a\r\n{framing}\r\n\r\n", polling.uri()).as_bytes())
            .await;
        if framing.ends_with("chunked") {
            http.write(format!("{LEN:x}\r\n").as_bytes()).await;
        }
        http.write(&vec![b'4'; LEN]).await;
        assert_eq!(http.receive().await.status(), 413, "{framing}");
        http.closed().await;
        assert_eq!(calls.reason().await, DisconnectReason::TooLarge);
    }
}
