//! Our own HTTP server: its listeners, limits and deadlines.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engineio::server::{Accepted, Listener};
use engineio::{DisconnectReason, Server};
use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::support::conversation::{converse, echo};
use crate::support::http::{encode, get, post, text, with};
use crate::support::memory::{Memory, network};
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
async fn a_silent_connection_gets_ten_seconds() {
    let host = Host::plain();
    let begun = Instant::now();
    host.http().await.closed().await;
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_slow_head_gets_ten_seconds() {
    let host = Host::plain();
    let mut http = host.http().await;
    let begun = Instant::now();
    http.write(b"GET /engine.io/ HTTP/1.1\r\n").await;
    let dripping = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if http.io.write_all(b"x-drip: 1\r\n").await.is_err() {
                return;
            }
        }
    };
    soon(dripping).await;
    assert!((10..13).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_slow_head_of_a_later_request_gets_ten_seconds() {
    let host = Host::plain();
    let mut http = host.http().await;
    http.exchange(&get("/nothing/here")).await;
    tokio::time::sleep(Duration::from_secs(40)).await;
    let begun = Instant::now();
    http.write(b"GET /engine.io/ HTT").await;
    http.closed().await;
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn between_requests_it_may_be_idle_for_75_seconds() {
    let host = Host::plain();
    let polling = host.polling().await;
    for request in [get("/nothing/here"), get(OPEN), post(&polling.uri(), "4x")] {
        let mut http = host.http().await;
        for pause in [9, 11, 74] {
            http.exchange(&request).await;
            tokio::time::sleep(Duration::from_secs(pause)).await;
        }
        http.exchange(&request).await;
        let begun = Instant::now();
        http.closed().await;
        assert_eq!(begun.elapsed().as_secs(), 75, "{request:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_may_be_idle_for_longer_than_the_ping_interval() {
    let host = Host::start(|builder| builder.ping_interval(Duration::from_secs(100)));
    let mut http = host.http().await;
    http.exchange(&get(OPEN)).await;
    let begun = Instant::now();
    http.closed().await;
    assert_eq!(begun.elapsed().as_secs(), 105);
}

#[tokio::test(start_paused = true)]
async fn a_poll_may_wait_longer_than_any_deadline_of_http() {
    let host = Host::start(|builder| builder.ping_interval(Duration::from_secs(100)));
    let mut polling = host.polling().await;
    let begun = Instant::now();
    assert_eq!(polling.poll().await, ["2"]);
    assert_eq!(begun.elapsed().as_secs(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_idle_from_the_end_of_a_poll_that_waited() {
    let host = Host::start(|builder| builder.ping_interval(Duration::from_secs(65)));
    let mut polling = host.polling().await;
    polling.post("4x").await;
    for _ in 0..3 {
        assert_eq!(polling.poll().await, ["2"]);
        polling.post("3").await;
    }
    let begun = Instant::now();
    polling.gets.closed().await;
    assert_eq!(begun.elapsed().as_secs(), 75);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_its_response_is_cut_off() {
    let mut host = Host::start(|builder| builder.ping_interval(Duration::from_secs(60)));
    let polling = host.polling().await;
    host.server.broadcast("x".repeat(5000));
    let mut http = Http::new(host.network.connect("192.0.2.1:1000", 1000));
    http.send(&get(&polling.uri())).await;
    tokio::time::sleep(Duration::from_secs(31)).await;
    let mut part = String::new();
    soon(http.io.read_to_string(&mut part)).await.unwrap();
    assert!(part.len() < 5000, "the rest of the response is gone");
    assert_eq!(host.calls.reason().await, DisconnectReason::PingTimeout);
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

/// Fails some times, each time at once, and then accepts what comes.
struct Failing {
    errors: Vec<io::ErrorKind>,
    failed_at: Arc<Mutex<Vec<Instant>>>,
    then: Memory,
}

impl Listener for Failing {
    type Raw = DuplexStream;
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<Accepted<DuplexStream>> {
        let Some(kind) = self.errors.pop() else { return self.then.accept().await };
        self.failed_at.lock().unwrap().push(Instant::now());
        Err(match kind {
            io::ErrorKind::Other => io::Error::from_raw_os_error(24), // EMFILE
            kind => kind.into(),
        })
    }

    fn prepare(&self, raw: DuplexStream) -> impl Future<Output = io::Result<DuplexStream>> + Send + 'static {
        self.then.prepare(raw)
    }
}

/// Serves with a listener that fails, until a request was answered. Returns when it had failed.
async fn fail(errors: Vec<io::ErrorKind>) -> (Vec<Instant>, Duration) {
    let server = Server::builder().build().unwrap();
    let (network, then) = network();
    let failed_at = Arc::new(Mutex::new(Vec::new()));
    let listener = Failing { errors, failed_at: Arc::clone(&failed_at), then };
    let begun = Instant::now();
    tokio::spawn(async move { server.serve(listener).await });
    let response = Http::new(network.dial().await).exchange(&get("/")).await;
    assert_eq!(text(&response), "Not Found");
    let failed_at = failed_at.lock().unwrap().clone();
    (failed_at, begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn without_descriptors_it_waits_longer_and_longer() {
    let (failed_at, elapsed) = fail(vec![io::ErrorKind::Other; 12]).await;
    let waits: Vec<Duration> = failed_at.windows(2).map(|pair| pair[1].duration_since(pair[0])).collect();
    assert_eq!(waits.len(), 11);
    assert!(waits[0] >= Duration::from_millis(10), "{waits:?}");
    assert!(waits.windows(2).all(|pair| pair[1] >= pair[0]), "{waits:?}");
    assert!(waits[10] >= Duration::from_secs(1) && waits[10] < Duration::from_millis(1100), "{waits:?}");
    assert!(elapsed < Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_lost_before_it_was_accepted_costs_no_time() {
    let lost = [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset];
    let (failed_at, elapsed) = fail(lost.repeat(20)).await;
    assert_eq!(failed_at.len(), 40);
    assert_eq!(elapsed, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn shutting_down_does_not_wait_for_a_broken_listener() {
    let server = Server::builder().build().unwrap();
    let (_network, then) = network();
    let listener = Failing { errors: vec![io::ErrorKind::Other; 1000], failed_at: Arc::default(), then };
    let serving = server.clone();
    let serving = tokio::spawn(async move { serving.serve(listener).await });
    tokio::time::sleep(Duration::from_secs(20)).await;
    let begun = Instant::now();
    server.shutdown(Duration::ZERO).await;
    serving.await.unwrap().unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

/// Its connections are ready when their client has said `!`.
struct Demanding(Memory);

async fn shake_hands(mut raw: DuplexStream) -> io::Result<DuplexStream> {
    match raw.read_u8().await? {
        b'!' => Ok(raw),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

impl Listener for Demanding {
    type Raw = DuplexStream;
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<Accepted<DuplexStream>> {
        self.0.accept().await
    }

    fn prepare(&self, raw: DuplexStream) -> impl Future<Output = io::Result<DuplexStream>> + Send + 'static {
        shake_hands(raw)
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_not_ready_holds_up_no_other() {
    let server = Server::builder().build().unwrap();
    let (network, listener) = network();
    tokio::spawn(async move { server.serve(Demanding(listener)).await });
    let _silent = network.dial().await;
    let mut wrong = Http::new(network.dial().await);
    wrong.write(b"?").await;
    wrong.closed().await;
    let mut right = Http::new(network.dial().await);
    right.write(b"!").await;
    assert_eq!(right.exchange(&get("/")).await.status(), 404);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_refused_is_read_for_a_while() {
    let (builder, mut calls) = Calls::of(Server::builder().max_payload(1000));
    let server = builder.build().unwrap();
    let (network, listener) = network();
    tokio::spawn(async move { server.serve(listener).await });
    let polling = crate::support::Polling::open(&network).await;
    let mut http = Http::new(network.connect("192.0.2.1:1000", 1000));
    let body = vec![b'4'; 1_000_000];
    // A client that writes first and reads afterwards still sees the answer.
    let request = Request::post(polling.uri()).body(body.into()).unwrap();
    http.send(&request).await;
    assert_eq!(http.receive().await.status(), 413);
    http.closed().await;
    assert_eq!(calls.reason().await, DisconnectReason::TooLarge);
}
