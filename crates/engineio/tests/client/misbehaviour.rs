//! Servers, and things in front of them, that do not behave.

use std::io::Write;
use std::time::Duration;

use engineio::client::{ConnectError, Event, Phase};
use engineio::{Client, DisconnectReason, Server, Transport};
use flate2::write::GzEncoder;

use crate::support::{Host, Raw, Request, echo, frame, network, next, page, soon, switch, text};

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

/// A client on WebSocket of a server that says these bytes after its open packet.
async fn after_open(bytes: &[u8]) -> (Client, engineio::client::Events) {
    let (network, memory) = network();
    let bytes = bytes.to_vec();
    let _raw = Raw::on(memory, move |request| {
        let open =
            r#"0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
        Some([&switch(request)?[..], &frame(open), &bytes].concat())
    });
    let builder = network.client().transports([Transport::WebSocket]).max_payload(1000);
    builder.connect("http://h").await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_is_no_frame_and_no_packet_ends_the_session() {
    use DisconnectReason::{ParseError, TooLarge, TransportClose};
    let mut long = vec![0x82, 127];
    long.extend((u64::MAX / 2).to_be_bytes());
    let cases: [(&str, &[u8], DisconnectReason); 10] = [
        ("a masked frame", &[0x81, 0x81, 1, 2, 3, 4, b'4'], ParseError),
        ("a compressed frame", &[0xc1, 1, b'4'], ParseError),
        ("a reserved opcode", &[0x83, 0], ParseError),
        ("a fragment of nothing", &[0x80, 0], ParseError),
        ("no UTF-8", &[0x81, 2, b'4', 0xff], ParseError),
        ("no packet", &[0x81, 1, b'9'], ParseError),
        ("an empty frame of text", &[0x81, 0], ParseError),
        ("a frame over the limit", &[0x81, 126, 0x03, 0xe9], TooLarge),
        ("a frame as long as can be", &long, TooLarge),
        ("a close frame", &[0x88, 2, 0x03, 0xe8], TransportClose),
    ];
    for (what, bytes, reason) in cases {
        // What came before it counts.
        let (client, mut events) = after_open(&[&frame("4before")[..], bytes].concat()).await;
        assert_eq!(text(&mut events).await, "before", "{what}");
        assert_eq!(client.closed().await.unwrap().reason, reason, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn packets_that_mean_nothing_here_are_ignored() {
    let frames = ["6", "3probe", "5", "0{}", "4after"].map(frame).concat();
    let (client, mut events) = after_open(&frames).await;
    assert_eq!(text(&mut events).await, "after");
    assert!(client.is_connected());
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_no_websocket_are_refused() {
    let switched = "HTTP/1.1 101 Switching Protocols\r\n";
    let right = "connection: Upgrade\r\nupgrade: websocket\r\n";
    for (what, head) in [
        ("no key", format!("{switched}{right}\r\n")),
        ("a wrong key", format!("{switched}{right}sec-websocket-accept: x\r\n\r\n")),
        ("another protocol", format!("{switched}connection: Upgrade\r\nupgrade: h2c\r\n\r\n")),
        ("no HTTP", "SSH-2.0-OpenSSH\r\n\r\n".to_owned()),
        ("nothing", String::new()),
        ("an endless head", format!("{switched}x: {}", "y".repeat(100_000))),
        ("a page", String::from_utf8(page("200 OK", "", "<html>")).unwrap()),
    ] {
        let (network, memory) = network();
        let _raw = Raw::on(memory, move |_| Some(head.clone().into()));
        let builder = network.client().transports([Transport::WebSocket]);
        let error = builder.connect("http://h").await.unwrap_err();
        assert_eq!(error.phase(), Phase::Handshake, "{what}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_answers_a_post_or_poll_instead_of_the_server_ends_the_session() {
    for (status, headers, body, reason) in [
        ("500 Internal Server Error", "", "<html>oops</html>", DisconnectReason::TransportError),
        (
            "502 Bad Gateway",
            "content-type: text/html\r\n",
            "<h1>nginx</h1>",
            DisconnectReason::TransportError,
        ),
        ("302 Found", "location: https://login.example/\r\n", "", DisconnectReason::TransportError),
        ("413 Content Too Large", "", "", DisconnectReason::TooLarge),
        ("204 No Content", "", "", DisconnectReason::TransportError),
    ] {
        for on_post in [true, false] {
            let (network, memory) = network();
            let answer = page(status, headers, body);
            let _raw = Raw::on(memory, move |request| match (request.has_sid(), request.is_post()) {
                (false, _) => Some(page("200 OK", "", OPEN)),
                (true, post) => (post == on_post).then(|| answer.clone()),
            });
            let (client, _events) = network.client().connect("http://h").await.unwrap();
            if on_post {
                client.send("x").await.unwrap();
            }
            let end = client.closed().await.unwrap();
            assert_eq!((end.reason, end.unconfirmed), (reason, u64::from(on_post)), "{status}: {end}");
            assert!(end.detail.contains(status.split(' ').next().unwrap()), "{status}: {end}");
        }
    }
}

/// python-engineio answers `OK`, and drops sessions that post more than 16 packets at once without telling.
#[tokio::test(start_paused = true)]
async fn posts_stay_small_until_the_server_shows_that_it_takes_more() {
    for (answer, most) in [("OK", 16), ("ok", 200)] {
        let (network, memory) = network();
        let raw = Raw::on(memory, move |request| match () {
            () if request.is_post() => Some(page("200 OK", "", answer)),
            () if request.has_sid() => None,
            () => Some(page("200 OK", "", OPEN)),
        });
        let (client, _events) = network.client().connect("http://h").await.unwrap();
        for _ in 0..2 {
            for _ in 0..200 {
                client.try_send("x").unwrap();
            }
            client.flush().await.unwrap();
        }
        let posts: Vec<_> = raw.requests().into_iter().filter(Request::is_post).collect();
        let packets: Vec<_> = posts.iter().map(|post| post.body.split('\u{1e}').count()).collect();
        assert_eq!((packets.iter().sum::<usize>(), packets.iter().max()), (400, Some(&most)), "{packets:?}");
        assert_eq!(packets[0], 16, "{packets:?}");
        assert!(posts.iter().all(|post| !post.body.contains('3')), "a pong that nobody asked for");
    }
}

/// One GET and one POST at a time, however much there is to say: servers end a session that overlaps them.
#[tokio::test(start_paused = true)]
async fn requests_never_overlap() {
    let (network, memory) = network();
    let host =
        Host::on(memory, echo(Server::builder().max_payload(100).ping_interval(Duration::from_millis(50))));
    let (client, mut events) = network.client().upgrade(false).connect("http://h").await.unwrap();
    let sender = client.clone();
    let sending = tokio::spawn(async move {
        for number in 0..500 {
            sender.send(number.to_string()).await.unwrap();
        }
    });
    for number in 0..500 {
        assert_eq!(text(&mut events).await, number.to_string());
    }
    sending.await.unwrap();
    assert!(network.most_open() <= 2, "{} connections", network.most_open());
    assert_eq!(host.server.sessions().len(), 1);
}

/// Where HTTP cuts a body has nothing to do with packets.
#[tokio::test(start_paused = true)]
async fn packets_may_be_cut_anywhere_by_chunks() {
    let body = "4first\u{1e}4zw\u{f6}lf\u{1e}bAQID".as_bytes();
    for cut in 1..body.len() {
        let (start, end) = body.split_at(cut);
        let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let answer = [&head[..], &chunk(start), &chunk(end), b"0\r\n\r\n"].concat();
        let (network, memory) = network();
        let _raw = Raw::on(memory, once(OPEN, answer));
        let (_client, mut events) = network.client().connect("http://h").await.unwrap();
        assert_eq!(text(&mut events).await, "first");
        assert_eq!(text(&mut events).await, "zw\u{f6}lf");
        assert_eq!(events.next_message().await, Some(vec![1, 2, 3].into()));
    }
}

/// Servers that do not say what they accept get the usual limit, and only the client's own queue bounds a message.
#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_say_what_it_accepts_is_sent_anything() {
    let (network, memory) = network();
    let raw = Raw::on(memory, |request| match () {
        () if request.is_post() => Some(page("200 OK", "", "ok")),
        () if request.has_sid() => None,
        () => {
            Some(page("200 OK", "", r#"0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#))
        }
    });
    let (client, _events) = network.client().connect("http://h").await.unwrap();
    assert_eq!(client.open_packet().unwrap().max_payload, 0);
    client.send("x".repeat(1_500_000)).await.unwrap();
    for _ in 0..5 {
        client.send("y".repeat(400_000)).await.unwrap();
    }
    client.flush().await.unwrap();
    let sizes: Vec<_> =
        raw.requests().iter().filter(|request| request.is_post()).map(|post| post.body.len()).collect();
    assert_eq!(sizes[0], 1_500_001);
    assert!(sizes.iter().skip(1).all(|size| *size <= 1_000_000), "{sizes:?}");
}
