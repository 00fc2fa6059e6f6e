//! What the requests of a client carry.

use std::time::Duration;

use engineio::client::{BuildError, ClientBuilder, CookieJar, Proxy, Reconnect};
use engineio::{Client, Transport};

use crate::support::{Raw, next, page, soon};

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
