//! Plain requests, which our own HTTP server reads itself, and all others, which hyper does: nobody can tell who it was.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use engineio::server::{AllowedOrigins, ServerBuilder, SessionCookie};
use engineio::{DisconnectReason, Server};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tower_layer::Layer;

use crate::hosts::Inner;
use crate::support::conversation::echo;
use crate::support::http::{encode, get, post, text};
use crate::support::memory::{BUFFER, Network, network};
use crate::support::polling::OPEN;
use crate::support::{Dial, Host, Http, sid, soon};

/// How long nothing has to come until nothing more is expected.
const SILENCE: Duration = Duration::from_millis(300);

/// The id of the nth session of a server, as long as an id is.
fn id(count: u64) -> String {
    format!("session-{count:014}")
}

/// A server whose ids can be foreseen.
fn counting() -> ServerBuilder {
    let count = AtomicU64::new(0);
    echo().generate_id(move || sid(&id(count.fetch_add(1, Ordering::Relaxed))))
}

/// Two servers that are the same: one on our own HTTP server, and one on hyper alone.
struct Both {
    network: Network,
    ours: Server,
    hyper: Server,
}

impl Both {
    fn start(configure: impl Fn(ServerBuilder) -> ServerBuilder) -> Self {
        let (network, listener) = network();
        let [ours, hyper] = [(), ()].map(|()| configure(counting()).build().unwrap());
        let server = ours.clone();
        tokio::spawn(async move { server.serve_with(listener, Inner).await });
        Self { network, ours, hyper }
    }

    /// A connection to each.
    async fn dial(&self) -> [DuplexStream; 2] {
        let (client, stream) = duplex(BUFFER);
        let service = TowerToHyperService::new(self.hyper.layer().layer(Inner));
        let connection = http1::Builder::new()
            .max_buf_size(16 * 1024)
            .writev(false)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        tokio::spawn(connection);
        [self.network.dial().await, client]
    }

    /// What both say to the same bytes, piece by piece. A connection that was closed is made again.
    async fn say(self, pieces: &[Vec<u8>]) -> [String; 2] {
        let [mut ours, mut hyper] = self.dial().await;
        let mut said = [String::new(), String::new()];
        for piece in pieces {
            let [to_ours, to_hyper] = &mut said;
            let closed = tokio::join!(say(&mut ours, piece, to_ours), say(&mut hyper, piece, to_hyper));
            if closed.0 || closed.1 {
                [ours, hyper] = self.dial().await;
            }
        }
        // Sessions keep their server, and with it the runtime and its descriptors, until they are over.
        let grace = Duration::from_secs(30);
        tokio::join!(self.ours.shutdown(grace), self.hyper.shutdown(grace));
        tokio::time::sleep(grace).await;
        said
    }
}

/// Writes a piece and reads until nothing more comes. Returns whether the connection is closed.
async fn say(io: &mut DuplexStream, piece: &[u8], said: &mut String) -> bool {
    let _ = io.write_all(piece).await;
    let mut read = Vec::new();
    let mut closed = false;
    while !closed && let Ok(len) = tokio::time::timeout(SILENCE, io.read_buf(&mut read)).await {
        closed = len.unwrap_or(0) == 0;
    }
    let text = String::from_utf8_lossy(&read).into_owned();
    // hyper may announce that it closes, or just do so, depending on how far it was with the body.
    let differs = |line: &str| line.starts_with("date: ") || closed && line.starts_with("connection: ");
    said.extend(text.split_inclusive('\n').filter(|line| !differs(line)));
    said.push_str(if closed { "\n[closed]\n" } else { "\n[quiet]\n" });
    closed
}

/// Method, target and version of a request.
fn line() -> impl Strategy<Value = String> {
    let method = prop_oneof![
        4 => Just("GET"),
        4 => Just("POST"),
        1 => select(&["HEAD", "OPTIONS", "PUT", "get", "DELETE", "CONNECT", "G\u{e9}T"]),
    ];
    let target = prop_oneof![
        2 => Just(OPEN.to_owned()),
        6 => (0_u64..4).prop_map(|count| format!("{OPEN}&sid={}", id(count))),
        1 => select(&[
            "/engine.io?EIO=4&transport=polling",
            "/engine.io/?EIO=3&transport=polling",
            "/engine.io/?transport=websocket&EIO=4",
            "/engine.io/",
            "/engine.io/#?EIO=4&transport=polling",
            "/engine.io/?EIO=4&transport=polling#x",
            "/engine.io/?EIO=4&transport=polling&t=%",
            "/engine.io/?EIO=4&transport=polling&j=0",
            "/%65ngine.io/?EIO=4&transport=polling",
            "/other",
            "http://localhost/engine.io/?EIO=4&transport=polling",
            "//engine.io/?EIO=4&transport=polling",
            "/engine.io/?EIO=4&transport=polling&\u{e9}",
            "/engine.io/?EIO=4&transport=polling&\"<>{}|\\^`",
            "*",
            "localhost:80",
            "",
        ])
        .prop_map(str::to_owned),
    ];
    let version = prop_oneof![12 => Just("HTTP/1.1"), 1 => select(&["HTTP/1.0", "HTTP/2.0", ""])];
    (method, target, version).prop_map(|(method, target, version)| format!("{method} {target} {version}\r\n"))
}

/// Header fields.
fn fields() -> impl Strategy<Value = String> {
    let some = prop::collection::vec(
        select(&[
            "connection: keep-alive",
            "Connection: Keep-Alive",
            "connection: close",
            "connection: keep-alive, upgrade",
            "Upgrade: websocket",
            "Upgrade: h2c",
            "content-type: text/plain;charset=UTF-8",
            "accept-encoding: gzip, deflate",
            "Origin: http://localhost",
            "origin: http://elsewhere.example",
            "COOKIE: a=b",
            "cookie: c=d",
            "host: elsewhere",
            "content-length: 1",
            "content-length: +1",
            "content-length: 1, 1",
            "content-length: 99999999999999999999",
            "content-length: ",
            "transfer-encoding: chunked",
            "transfer-encoding: gzip",
            "expect: 100-continue",
            "expect: anything",
            "x-empty:",
            "x-spaced :  v",
            "x-tab: \ta\t",
            "x-high: \u{e9}",
            "x-control: \u{1}",
            " x-folded: a",
            "x folded",
            ": no name",
            "x-fine: a\r\n b",
            "x-lf: a\nx-next: b",
        ]),
        0..4,
    );
    let many = prop_oneof![
        20 => Just(String::new()),
        1 => (30_usize..40).prop_map(|count| "a: b\r\n".repeat(count)),
        1 => (95_usize..110).prop_map(|count| "a: b\r\n".repeat(count)),
        1 => (1000_usize..7000).prop_map(|len| format!("long: {}\r\n", "x".repeat(len))),
    ];
    let host = prop_oneof![20 => Just("Host: localhost\r\n"), 1 => Just("")];
    (host, many, some).prop_map(|(host, many, some)| {
        let some: String = some.into_iter().flat_map(|field| [field, "\r\n"]).collect();
        format!("{host}{many}{some}")
    })
}

/// Bytes that a client might send, and some that none should.
fn request() -> impl Strategy<Value = Vec<u8>> {
    let body = prop_oneof![
        3 => Just(String::new()),
        6 => "[a-z\u{e9}]{0,9}".prop_map(|text| format!("4{text}")),
        1 => select(&["1", "2probe", "3", "4a\u{1e}4b", "4a\u{1e}x", "bAAEC", "b!", "\u{1e}"]).prop_map(str::to_owned),
        1 => (100_usize..6000).prop_map(|len| format!("4{}", "y".repeat(len))),
    ];
    let mistake = prop_oneof![12 => Just(0_isize), 1 => -2_isize..5];
    (line(), fields(), body, mistake).prop_map(|(line, fields, body, mistake)| {
        let len = body.len().saturating_add_signed(mistake);
        let len = if body.is_empty() { String::new() } else { format!("Content-Length: {len}\r\n") };
        format!("{line}{fields}{len}\r\n{body}").into_bytes()
    })
}

fn select(from: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(from)
}

/// The bytes of a few requests, in pieces that need not be those of requests.
fn pieces() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let open = format!("GET {OPEN} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes();
    let cut = prop_oneof![7 => Just(None), 1 => any::<prop::sample::Index>().prop_map(Some)];
    let joined = prop::bool::weighted(0.15);
    prop::collection::vec((request(), cut, joined), 1..8)
        .prop_map(move |requests| {
            let mut pieces = vec![open.clone()];
            for (request, cut, joined) in requests {
                let rest = match cut {
                    Some(cut) => {
                        let (first, rest) = request.split_at(cut.index(request.len()));
                        pieces.push(first.to_vec());
                        rest.to_vec()
                    }
                    None => request,
                };
                match pieces.last_mut() {
                    Some(last) if joined => last.extend(rest),
                    _ => pieces.push(rest),
                }
            }
            pieces
        })
        // With more than hyper reads at a time it depends on its buffers whether it closes after an early answer.
        .prop_filter("too long", |pieces: &Vec<Vec<u8>>| pieces.iter().all(|piece| piece.len() < 8000))
}

/// Pieces that are not shown byte by byte.
struct Said(Vec<Vec<u8>>);

impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|piece| String::from_utf8_lossy(piece))).finish()
    }
}

fn assert_same(pieces: &[Vec<u8>], configure: impl Fn(ServerBuilder) -> ServerBuilder) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let [ours, hyper] = runtime.block_on(async { soon(Both::start(configure).say(pieces)).await });
    assert!(ours == hyper, "ours:\n{ours}\nhyper:\n{hyper}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_say_the_same(said in pieces().prop_map(Said)) {
        assert_same(&said.0, |builder| builder);
    }

    #[test]
    fn both_say_the_same_with_options(said in pieces().prop_map(Said)) {
        assert_same(&said.0, |builder| {
            let cookie = SessionCookie::builder("io").build().unwrap();
            let origins = AllowedOrigins::list(["http://elsewhere.example"]).unwrap();
            builder.cookie(cookie).cors(origins).max_payload(20_000).compression_threshold(8)
        });
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_a_poll_waits_is_answered_after_it() {
    let host = Host::start(|_| echo());
    let mut polling = host.polling().await;
    let mut http = host.http().await;
    http.send(&get(&polling.uri())).await;
    http.send(&get("/engine.io/?EIO=4")).await;
    http.send(&get("/nothing/here")).await;
    polling.post("4waiting").await;
    assert_eq!(text(&http.receive().await), "4waiting");
    assert_eq!(http.receive().await.status(), 400);
    assert_eq!(http.receive().await.status(), 404);
    assert_eq!(http.exchange(&post(&polling.uri(), "4more")).await.status(), 200);
    assert_eq!(polling.poll().await, ["4more"]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_a_poll_is_noticed_at_once() {
    let mut host = Host::plain();
    let mut polling = host.polling().await;
    polling.start_poll().await;
    polling.post("4waiting").await;
    host.calls.message().await;
    let before = tokio::time::Instant::now();
    drop(polling);
    assert_eq!(host.calls.reason().await, DisconnectReason::TransportError);
    assert!(before.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_fit_is_written_as_it_is_read() {
    let host = Host::start(|_| echo());
    let polling = host.polling().await;
    let mut http = Http::new(host.network.connect("192.0.2.1:1000", 1000));
    for len in [10, 3000, 4095, 4096, 100_000] {
        let message = format!("4{}", "x".repeat(len));
        assert_eq!(http.exchange(&post(&polling.uri(), message.clone())).await.status(), 200);
        let answer = http.exchange(&get(&polling.uri())).await;
        assert!(text(&answer) == message, "{len}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_goes_on_with_hyper_keeps_its_deadlines() {
    let host = Host::plain();
    let mut http = host.http().await;
    assert_eq!(http.exchange(&get(OPEN)).await.status(), 200);
    let before = tokio::time::Instant::now();
    http.write(b"GET /engine.io/ HTTP/1.1\r\nhost: loc").await;
    http.closed().await;
    assert_eq!(before.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn packets_for_a_client_that_has_gone_are_lost_and_its_session_knows() {
    for close in [true, false] {
        let mut host = Host::plain();
        let polling = host.polling().await;
        host.server.send(&sid(&polling.sid), "lost").await.unwrap();
        // The connection is made, and has its end, before the server looks at it.
        let mut io = host.network.dial().await;
        io.write_all(&encode(&get(&polling.uri()))).await.unwrap();
        if close {
            drop(io);
        } else {
            io.shutdown().await.unwrap();
        }
        let before = tokio::time::Instant::now();
        assert_eq!(host.calls.reason().await, DisconnectReason::TransportError);
        assert!(before.elapsed() < Duration::from_secs(1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_has_gone_gets_no_session() {
    let host = Host::plain();
    let mut io = host.network.dial().await;
    io.write_all(&encode(&get(OPEN))).await.unwrap();
    drop(io);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(host.server.session_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_messages_of_a_client_that_has_gone_are_delivered() {
    let mut host = Host::plain();
    let polling = host.polling().await;
    let mut io = host.network.dial().await;
    io.write_all(&encode(&post(&polling.uri(), "4last words"))).await.unwrap();
    drop(io);
    assert_eq!(host.calls.message().await, "last words".into());
}

#[tokio::test(start_paused = true)]
async fn an_answer_under_way_at_a_shutdown_is_the_last() {
    let host = Host::start(|_| echo());
    let mut polling = host.polling().await;
    polling.post(&format!("4{}", "x".repeat(100_000))).await;
    let mut http = Http::new(host.network.connect("192.0.2.1:1000", 1000));
    http.send(&get(&polling.uri())).await;
    http.io_readable().await;
    polling.post("1").await;
    let server = host.server.clone();
    let began = tokio::time::Instant::now();
    let shutdown = tokio::spawn(async move { server.shutdown(Duration::from_secs(60)).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(text(&http.receive().await).len(), 100_001);
    http.closed().await;
    drop(polling);
    soon(shutdown).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 1);
}
