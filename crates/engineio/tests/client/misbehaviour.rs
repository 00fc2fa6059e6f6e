//! Servers, and things in front of them, that do not behave.

use std::io::Write;

use engineio::client::{ConnectError, Event, Phase};
use engineio::{Client, DisconnectReason, Transport};
use flate2::write::GzEncoder;

use crate::support::{Raw, Request, next, page, soon, text};

const OPEN: &str =
    r#"0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100000}"#;

async fn refused(answer: Vec<u8>) -> ConnectError {
    let raw = Raw::start(move |_| Some(answer.clone())).await;
    soon(Client::connect(&raw.url())).await.unwrap_err()
}

/// Opens, answers the first poll with `body`, and keeps the second.
fn once(open: &str, body: Vec<u8>) -> impl Fn(&Request) -> Option<Vec<u8>> + Send + Sync + 'static {
    let (open, polled) = (open.to_owned(), std::sync::atomic::AtomicBool::new(false));
    move |request| match (request.has_sid(), request.is_post()) {
        (false, _) => Some(page("200 OK", "", &open)),
        (true, true) => Some(page("200 OK", "", "ok")),
        (true, false) if !polled.swap(true, std::sync::atomic::Ordering::SeqCst) => Some(body.clone()),
        (true, false) => None,
    }
}

#[tokio::test]
async fn the_page_of_a_proxy_is_recognised() {
    let error = refused(page("502 Bad Gateway", "", "<html>\n<h1>nginx says no</h1>")).await;
    assert_eq!((error.phase(), error.status().unwrap().as_u16()), (Phase::Handshake, 502));
    let line = error.to_string();
    assert!(line.contains("502 Bad Gateway") && line.contains("nginx says no"), "{line}");
    assert!(line.contains("a proxy or load balancer answered"), "{line}");
    assert!(!error.is_permanent());
}

#[tokio::test]
async fn redirects_are_told_and_not_followed() {
    let error = refused(page("302 Found", "location: https://elsewhere/x\r\n", "")).await;
    assert_eq!(error.location(), Some("https://elsewhere/x"));
    assert!(error.is_permanent() && error.to_string().contains("connect to that URL"), "{error}");
}

#[tokio::test]
async fn refusals_say_what_to_change() {
    for (status, words) in
        [("401 Unauthorized", "basic_auth"), ("404 Not Found", "path"), ("403 Forbidden", "Origin")]
    {
        let error = refused(page(status, "", "{}")).await;
        assert!(error.to_string().contains(words), "{error}");
    }
    let body = r#"{"code":5,"message":"Unsupported protocol version"}"#;
    let error = refused(page("400 Bad Request", "", body)).await;
    assert!(error.is_permanent() && error.to_string().contains("another version"), "{error}");
}

#[tokio::test]
async fn bad_open_packets_are_refused() {
    let bodies = [
        "",
        "0",
        "0{}",
        "0[]",
        "4hello",
        "x",
        "<html></html>",
        "0{\"sid\":1}",
        r#"0{"sid":"a b","pingInterval":1,"pingTimeout":1}"#,
        r#"0{"sid":"a","pingInterval":-1,"pingTimeout":1}"#,
        r#"0{"sid":"a","pingInterval":1,"pingTimeout":99999999999}"#,
    ];
    for body in bodies {
        let raw = Raw::start(move |_| Some(page("200 OK", "", body))).await;
        let builder = Client::builder().transports([Transport::Polling]);
        let error = soon(builder.connect(&raw.url())).await.unwrap_err();
        assert!(matches!(error.phase(), Phase::Open | Phase::Handshake), "{body:?}: {error}");
    }
}

#[tokio::test]
async fn nobody_listens() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = soon(Client::connect(&format!("http://{closed}"))).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Connect, "{error:?}");
    assert!(error.to_string().contains("nothing listens there"), "{error}");
}

#[tokio::test]
async fn very_many_packets_at_once_all_arrive() {
    let many = 16_384;
    let body = vec!["4x"; many].join("\u{1e}");
    let raw = Raw::start(once(OPEN, page("200 OK", "", body))).await;
    let (_client, mut events) = soon(Client::connect(&raw.url())).await.unwrap();
    for _ in 0..many {
        assert_eq!(text(&mut events).await, "x");
    }
}

#[tokio::test]
async fn responses_are_limited_also_when_inflated() {
    let mut bomb = GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![b'4'; 1_000_000]).unwrap();
    let bomb = page("200 OK", "content-encoding: gzip\r\n", bomb.finish().unwrap());
    let plain = page("200 OK", "", vec![b'4'; 1_000_000]);
    for answer in [bomb, plain] {
        let raw = Raw::start(once(OPEN, answer)).await;
        let (client, _events) =
            soon(Client::builder().max_payload(10_000).connect(&raw.url())).await.unwrap();
        let end = soon(client.closed()).await.unwrap();
        assert_eq!(end.reason, DisconnectReason::TooLarge, "{end}");
    }
}

#[tokio::test]
async fn compressed_responses_are_inflated() {
    let mut packed = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all("4hello\u{1e}4again".as_bytes()).unwrap();
    let answer = page("200 OK", "content-encoding: gzip\r\n", packed.finish().unwrap());
    let raw = Raw::start(once(OPEN, answer)).await;
    let (_client, mut events) = soon(Client::connect(&raw.url())).await.unwrap();
    assert_eq!(text(&mut events).await, "hello");
    assert_eq!(text(&mut events).await, "again");
}

#[tokio::test]
async fn nonsense_in_a_poll_ends_the_session() {
    for body in ["x", "4a\u{1e}", "", "0{}", "b!!"] {
        let raw = Raw::start(once(OPEN, page("200 OK", "", body))).await;
        let (client, _events) = soon(Client::connect(&raw.url())).await.unwrap();
        let end = soon(client.closed()).await.unwrap();
        assert_eq!(end.reason, DisconnectReason::ParseError, "{body:?}: {end}");
    }
}

#[tokio::test]
async fn a_refused_upgrade_leaves_the_session_on_polling() {
    let open = OPEN.replace("[]", "[\"websocket\"]");
    let raw = Raw::start(move |request| match () {
        () if request.header("upgrade").is_some() => Some(page("400 Bad Request", "", "no")),
        () if request.has_sid() => None,
        () => Some(page("200 OK", "", &open)),
    })
    .await;
    let (client, mut events) = soon(Client::connect(&raw.url())).await.unwrap();
    assert!(matches!(next(&mut events).await, Event::Open(_)));
    assert!(matches!(next(&mut events).await, Event::UpgradeFailed(_)));
    assert!(client.is_connected() && client.transport() == Transport::Polling);
}
