//! Redirects of the handshake: which are followed, and what is said of the others.

use engineio::Transport;
use engineio::client::{ConnectError, Phase};

use crate::support::{Network, Raw, Request, frame, network, page, soon, switch};

const OPEN: &str =
    r#"0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000}"#;

/// A server that leads handshakes to `/engine.io/` elsewhere, and has sessions at `/v2/`.
fn moved(
    status: &'static str,
    location: impl Fn(&Request) -> String + Send + Sync + 'static,
) -> (Network, Raw) {
    let (network, memory) = network();
    let raw = Raw::on(memory, move |request| match () {
        () if request.is_post() => Some(page("200 OK", "", "ok")),
        () if request.has_sid() => None,
        () if !request.head.starts_with("GET /v2/") => {
            Some(page(status, &format!("location: {}\r\n", location(request)), ""))
        }
        () => match switch(request) {
            Some(head) => Some([head, frame(OPEN)].concat()),
            None => Some(page("200 OK", "set-cookie: lb=1\r\n", OPEN)),
        },
    });
    (network, raw)
}

#[tokio::test(start_paused = true)]
async fn the_session_lives_where_the_handshake_was_led() {
    for status in ["301 X", "302 X", "303 X", "307 X", "308 X"] {
        let (network, raw) = moved(status, |_| "/v2/?EIO=4&transport=x&t=1&node=7".to_owned());
        let builder = network.client().upgrade(false).header("x-token", "secret");
        let (client, _events) = soon(builder.connect("http://me:pw@h")).await.unwrap();
        client.send("hello").await.unwrap();
        soon(client.flush()).await.unwrap();
        let requests = raw.requests();
        assert!(requests.iter().any(|request| request.body == "4hello"), "{requests:?}");
        for request in requests.iter().skip(1) {
            let line = request.head.lines().next().unwrap();
            assert!(line.contains(" /v2/?EIO=4&transport=polling") && line.contains("&node=7&t="), "{line}");
            assert_eq!(line.matches("transport").count(), 1, "{line}");
            assert_eq!(request.header("x-token"), Some("secret"));
            assert!(request.header("authorization").is_some());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_websocket_is_led_too() {
    let (network, raw) = moved("307 X", |_| "ws://h/v2/".to_owned());
    let builder = network.client().transports([Transport::WebSocket]);
    let (client, _events) = soon(builder.connect("http://h/?token=x")).await.unwrap();
    assert_eq!(client.transport(), Transport::WebSocket);
    let requests = raw.requests();
    let [first, second] = &requests[..] else { panic!("{requests:?}") };
    assert!(first.head.starts_with("GET /engine.io/?"), "{first:?}");
    assert!(second.head.starts_with("GET /v2/?EIO=4&transport=websocket&token=x"), "{second:?}");
}

/// Every handshake asks anew where the server is: that may have changed.
#[tokio::test(start_paused = true)]
async fn the_next_session_begins_at_the_url_that_was_named() {
    let (network, raw) = moved("302 X", |_| "/v2/".to_owned());
    let connector = network.client().transports([Transport::Polling]).build().unwrap();
    for _ in 0..2 {
        let (client, _events) = soon(connector.connect("http://h")).await.unwrap();
        soon(client.close()).await;
    }
    let handshakes =
        raw.requests().iter().filter(|request| request.head.starts_with("GET /engine.io/")).count();
    assert_eq!(handshakes, 2);
}

async fn refused(status: &'static str, location: &'static str) -> (ConnectError, usize) {
    let (network, raw) = moved(status, move |_| location.to_owned());
    let error = soon(network.client().connect("http://h")).await.unwrap_err();
    (error, raw.requests().len())
}

#[tokio::test(start_paused = true)]
async fn no_other_server_is_asked() {
    for location in ["http://other/v2/", "//other/v2/", "http://h:81/v2/", "http://h@other/", "ftp://h/"] {
        let (error, requests) = refused("302 Found", location).await;
        assert_eq!((error.phase(), error.location(), requests), (Phase::Handshake, Some(location), 1));
        let line = error.to_string();
        assert!(line.contains(location) && line.contains("which is ") && error.is_permanent(), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn other_answers_of_that_kind_are_no_redirects() {
    for status in ["300 X", "304 X", "305 X"] {
        let (error, requests) = refused(status, "/v2/").await;
        assert_eq!((error.location(), requests), (Some("/v2/"), 1), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_circle_ends() {
    for transport in [Transport::Polling, Transport::WebSocket] {
        let (network, raw) = moved("302 X", |_| "/engine.io/".to_owned());
        let builder = network.client().transports([transport]);
        let error = soon(builder.connect("http://h")).await.unwrap_err();
        assert_eq!(raw.requests().len(), 6, "{transport}");
        assert!(error.to_string().contains("after five others"), "{error}");
    }
}

/// A POST is not sent a second time: it may have been taken.
#[tokio::test(start_paused = true)]
async fn requests_of_a_session_are_not_led() {
    let (network, memory) = network();
    let raw = Raw::on(memory, |request| match () {
        () if request.is_post() => Some(page("307 X", "location: /v2/\r\n", "")),
        () if request.has_sid() => None,
        () => Some(page("200 OK", "", OPEN.replace("\"websocket\"", ""))),
    });
    let (client, _events) = soon(network.client().connect("http://h")).await.unwrap();
    client.send("hello").await.unwrap();
    soon(client.closed()).await;
    assert!(raw.requests().iter().all(|request| !request.head.contains("/v2/")));
}
