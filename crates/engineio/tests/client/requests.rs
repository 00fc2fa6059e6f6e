//! What the requests of a client carry.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use engineio::client::{BuildError, ClientBuilder, CookieJar, Event, Phase, Proxy, Reconnect};
use engineio::{Client, Server, Transport};

use crate::support::{Host, Raw, Way, network, next, page, soon, switch, text};

const OPEN: &str = r#"0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000}"#;

#[tokio::test]
async fn headers_query_and_cookies_are_on_every_request_of_both_transports() {
    let raw = Raw::start(|request| match () {
        () if request.header("upgrade").is_some() => Some(page("400 Bad Request", "", "")),
        () if request.is_post() => Some(page("200 OK", "", "ok")),
        () if request.has_sid() => None,
        () => Some(page("200 OK", "set-cookie: lb=node1; Path=/\r\n", OPEN)),
    })
    .await;
    let builder = Client::builder()
        .path("/chat/")
        .query("room", "a b")
        .header("x-key", "value")
        .header("cookie", "own=1")
        .bearer_auth("secret");
    let (client, mut events) = soon(builder.connect(&raw.url())).await.unwrap();
    client.send("hello").await.unwrap();
    soon(client.flush()).await.unwrap();
    let _ = (next(&mut events).await, next(&mut events).await);
    let requests = raw.requests();
    assert!(requests.iter().any(|request| request.header("upgrade").is_some()), "{requests:?}");
    assert!(requests.iter().any(|request| request.is_post() && request.body == "4hello"), "{requests:?}");
    for (number, request) in requests.iter().enumerate() {
        assert!(request.head.contains(" /chat/?EIO=4&transport="), "{request:?}");
        assert!(request.head.contains("&room=a%20b&t="), "{request:?}");
        assert_eq!(request.header("x-key"), Some("value"), "{request:?}");
        assert_eq!(request.header("authorization"), Some("Bearer secret"), "{request:?}");
        let cookies = if number == 0 { "own=1" } else { "own=1; lb=node1" };
        assert_eq!(request.header("cookie"), Some(cookies), "{request:?}");
    }
}

#[tokio::test]
async fn a_transport_that_is_refused_gives_way_to_the_next_one() {
    let raw = Raw::start(|request| match () {
        () if request.header("upgrade").is_some() => Some(page("400 Bad Request", "", "")),
        () if request.has_sid() => None,
        () => Some(page("200 OK", "", OPEN)),
    })
    .await;
    let order = [Transport::WebSocket, Transport::Polling];
    let (client, _events) = soon(Client::builder().transports(order).connect(&raw.url())).await.unwrap();
    assert_eq!(client.transport(), Transport::Polling);
    let builder = Client::builder().transports(order).fall_through(false);
    assert_eq!(soon(builder.connect(&raw.url())).await.unwrap_err().status().unwrap().as_u16(), 400);
}

#[test]
fn options_that_cannot_work_are_refused_with_their_names() {
    let cases: [(&str, ClientBuilder); 12] = [
        ("transports", Client::builder().transports([])),
        ("transports", Client::builder().transports([Transport::Polling, Transport::Polling])),
        ("path", Client::builder().path("no-slash")),
        ("header", Client::builder().header("bad name", "x")),
        ("header", Client::builder().header("x", "line\nend")),
        ("header", Client::builder().header("Sec-WebSocket-Key", "x")),
        ("connect_timeout", Client::builder().connect_timeout(Duration::ZERO)),
        ("max_payload", Client::builder().max_payload(0)),
        ("protocols", Client::builder().protocols(["a b"])),
        ("proxy", Client::builder().proxy(Proxy::url("ftp://user:secret@proxy"))),
        ("reconnect.jitter", Client::builder().reconnect(Reconnect { jitter: 2.0, ..Reconnect::default() })),
        ("on_*", Client::builder().on_open(|_| async {})),
    ];
    for (option, builder) in cases {
        let error: BuildError = builder.build().unwrap_err();
        assert_eq!(error.option(), option, "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    assert!(Client::builder().cookie_jar(CookieJar::new()).build().is_ok());
}

const STAYS: &str = r#"0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;

/// The first request of a client of each transport.
async fn first(settings: impl Fn(ClientBuilder) -> ClientBuilder, url: &str) -> [crate::support::Request; 2] {
    let request = async |transport| {
        let (network, memory) = network();
        let raw = Raw::on(memory, |_| Some(page("404 Not Found", "", "")));
        let builder = settings(network.client()).transports([transport]);
        builder.connect(url).await.unwrap_err();
        raw.requests().swap_remove(0)
    };
    [request(Transport::Polling).await, request(Transport::WebSocket).await]
}

#[tokio::test(start_paused = true)]
async fn credentials_of_the_url_and_of_the_builder_are_sent() {
    let url = "http://us%65r:pass@h";
    for request in first(|builder| builder.basic_auth("other", "x"), url).await {
        assert_eq!(request.header("authorization"), Some("Basic dXNlcjpwYXNz"), "{request:?}");
        assert_eq!(request.header("host"), Some("h"), "{request:?}");
    }
    for request in first(|builder| builder.basic_auth("user", "pass"), "http://h:81").await {
        assert_eq!(request.header("authorization"), Some("Basic dXNlcjpwYXNz"), "{request:?}");
        assert_eq!(request.header("host"), Some("h:81"), "{request:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_timestamp_can_be_named_and_left_out() {
    for request in first(|builder| builder.timestamp(Some("now")), "http://h/?t=mine").await {
        let line = request.head.lines().next().unwrap();
        assert!(line.contains("&t=mine&now=") && !line.contains("sid"), "{line}");
    }
    for request in first(|builder| builder.timestamp(None), "http://h").await {
        let line = request.head.lines().next().unwrap();
        assert!(
            line.ends_with("transport=polling HTTP/1.1") || line.ends_with("transport=websocket HTTP/1.1")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn no_two_requests_have_the_same_url() {
    let (network, memory) = network();
    let raw = Raw::on(memory, |request| match () {
        () if request.is_post() => Some(page("200 OK", "", "ok")),
        () if request.has_sid() => Some(page("200 OK", "", "2")),
        () => Some(page("200 OK", "", STAYS)),
    });
    let (client, _events) = network.client().connect("http://h").await.unwrap();
    while raw.requests().len() < 50 {
        client.send("x").await.unwrap();
        client.flush().await.unwrap();
    }
    let mut urls: Vec<_> =
        raw.requests().iter().map(|request| request.head.lines().next().unwrap().to_owned()).collect();
    let all = urls.len();
    urls.sort();
    urls.dedup();
    assert_eq!(urls.len(), all);
}

/// The path is taken as it is: some servers want the slash at its end, others want none.
#[tokio::test(start_paused = true)]
async fn the_path_is_taken_as_it_is() {
    for (url, option, path) in [
        ("http://h", None, "/engine.io/"),
        ("http://h/", None, "/engine.io/"),
        ("http://h/chat", None, "/chat"),
        ("http://h/chat/", None, "/chat/"),
        ("http://h/chat/", Some("/other"), "/other"),
    ] {
        let settings = |builder: ClientBuilder| match option {
            Some(path) => builder.path(path),
            None => builder,
        };
        for request in first(settings, url).await {
            assert!(request.head.starts_with(&format!("GET {path}?EIO=4&")), "{url}: {request:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn cookies_can_be_shared_and_left_out() {
    let jar = CookieJar::new();
    for (jar, expected) in [(Some(jar.clone()), None), (Some(jar), Some("lb=node1")), (None, None)] {
        let (network, memory) = network();
        let raw = Raw::on(memory, |_| Some(page("503 Service Unavailable", "set-cookie: lb=node1\r\n", "")));
        let builder = network.client().transports([Transport::Polling]);
        let off = jar.is_none();
        let builder = match jar {
            Some(jar) => builder.cookie_jar(jar),
            None => builder.without_cookies(),
        };
        let connector = builder.build().unwrap();
        connector.connect("http://h").await.unwrap_err();
        assert_eq!(raw.requests()[0].header("cookie"), expected);
        connector.connect("http://h").await.unwrap_err();
        assert_eq!(raw.requests()[1].header("cookie"), if off { None } else { Some("lb=node1") });
    }
}

#[tokio::test(start_paused = true)]
async fn a_websockets_handshake_sets_cookies_too() {
    let (network, memory) = network();
    let raw = Raw::on(memory, |request| match request.header("cookie") {
        None => switch(request).map(|head| {
            let head = String::from_utf8(head).unwrap();
            head.replace("\r\n\r\n", "\r\nset-cookie: lb=node1\r\n\r\n").into()
        }),
        Some(_) => Some(page("404 Not Found", "", "")),
    });
    let builder =
        network.client().transports([Transport::WebSocket]).handshake_timeout(Duration::from_secs(1));
    let connector =
        builder.reconnect(Reconnect { first_connect: true, max_attempts: Some(1), ..Reconnect::default() });
    connector.connect("http://h").await.unwrap_err();
    let cookies: Vec<_> =
        raw.requests().iter().map(|request| request.header("cookie").map(str::to_owned)).collect();
    assert_eq!(cookies, [None, Some("lb=node1".to_owned())]);
}

#[tokio::test]
async fn a_client_can_come_from_a_given_address() {
    let (told, mut addresses) = tokio::sync::mpsc::unbounded_channel();
    let host = Host::start(Server::builder().on_connect(move |socket, _| {
        let _ = told.send(socket.remote_addr().unwrap().ip());
        async { Ok::<(), engineio::server::Rejection>(()) }
    }))
    .await;
    for transport in [Transport::Polling, Transport::WebSocket] {
        let builder = Client::builder().transports([transport]).local_address([127, 0, 0, 9].into());
        soon(builder.connect(&host.url())).await.unwrap();
        assert_eq!(addresses.recv().await.unwrap().to_string(), "127.0.0.9");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dialer_is_told_host_and_port_and_its_errors_are_told() {
    for (url, expected) in [
        ("http://example.com", ("example.com", 80)),
        ("ws://example.com:8080", ("example.com", 8080)),
        ("https://example.com", ("example.com", 443)),
        ("http://[::1]:3000", ("::1", 3000)),
        ("http://[fe80::1%25eth0]:3000", ("fe80::1%eth0", 3000)),
        ("http://bücher.example", ("xn--bcher-kva.example", 80)),
    ] {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let builder = Client::builder().dial(move |host, port| {
            seen.lock().unwrap().push((host, port));
            async { Err::<tokio::io::DuplexStream, _>(std::io::Error::other("no way out")) }
        });
        let error = builder.connect(url).await.unwrap_err();
        assert_eq!(error.phase(), Phase::Connect, "{error}");
        assert!(error.to_string().contains("no way out"), "{error}");
        assert_eq!(*asked.lock().unwrap(), [(expected.0.to_owned(), expected.1)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dialer_reaches_the_proxy_where_there_is_one() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let builder =
        Client::builder().proxy(Proxy::url("socks5h://proxy.example:1080")).dial(move |host, port| {
            seen.lock().unwrap().push((host, port));
            async { Err::<tokio::io::DuplexStream, _>(std::io::Error::other("no way out")) }
        });
    let error = builder.connect("http://example.com").await.unwrap_err();
    assert_eq!(error.phase(), Phase::Proxy, "{error}");
    assert_eq!(*asked.lock().unwrap(), [("proxy.example".to_owned(), 1080)]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_on_a_unix_socket_can_be_dialled() {
    let directory = std::env::temp_dir().join(format!("engineio-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("socket");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let server = crate::support::echo(Server::builder()).build().unwrap();
    tokio::spawn(async move { server.serve(listener).await });
    let target = path.clone();
    let builder = Client::builder().dial(move |_, _| tokio::net::UnixStream::connect(target.clone()));
    let (client, mut events) = soon(builder.connect("http://localhost")).await.unwrap();
    client.send("hello").await.unwrap();
    assert_eq!(text(&mut events).await, "hello");
    std::fs::remove_dir_all(&directory).unwrap();
}

/// A connector remembers at once that WebSocket works, not only when the session that found out is over.
#[tokio::test(start_paused = true)]
async fn an_upgrade_is_remembered_while_its_session_lives() {
    let (network, memory) = network();
    let _host = Host::on(memory, Server::builder());
    let connector = network.client().remember_upgrade(true).build().unwrap();
    let (_first, mut events) = connector.connect("http://h").await.unwrap();
    while !matches!(events.next().await, Some(Event::Upgraded)) {}
    let (second, _events) = connector.connect("http://h").await.unwrap();
    assert_eq!(second.transport(), Transport::WebSocket);
    // An attempt that fails forgets it.
    network.set(Way::Down);
    connector.connect("http://h").await.unwrap_err();
    network.set(Way::Open);
    let (third, _events) = connector.connect("http://h").await.unwrap();
    assert!(third.open_packet().unwrap().upgrades.contains(&Transport::WebSocket));
}

#[tokio::test(start_paused = true)]
async fn another_virtual_host_can_be_named() {
    for request in
        first(|builder| builder.header("Host", "x").header("Host", "app.example:81"), "http://h:82").await
    {
        assert_eq!(request.head.to_lowercase().matches("host:").count(), 1, "{request:?}");
        assert_eq!(request.header("host"), Some("app.example:81"), "{request:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn text_in_any_script_is_encoded_as_browsers_do() {
    let settings = |builder: ClientBuilder| builder.path("/ä b/%C3%B6/").query("q", "é");
    for request in first(settings, "http://bücher.example:3000/?name=José X&done=%C3%A9+").await {
        assert!(request.head.starts_with("GET /%C3%A4%20b/%C3%B6/?EIO=4&"), "{request:?}");
        assert!(request.head.contains("&name=Jos%C3%A9%20X&done=%C3%A9+&q=%C3%A9&t="), "{request:?}");
        assert_eq!(request.header("host"), Some("xn--bcher-kva.example:3000"), "{request:?}");
    }
}
