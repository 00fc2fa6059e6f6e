//! What a client asks of an HTTP proxy: to forward, or for a tunnel.

use engineio::client::{ConnectError, Phase, Proxy};
use engineio::{Client, Transport};

use crate::support::{Raw, Request, page, soon};

const OPEN: &str = r#"0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000}"#;

/// The base64 of `me:secret`.
const CREDENTIALS: &str = "Basic bWU6c2VjcmV0";

/// A proxy that answers for the server, and refuses tunnels as Squid does for ports other than 443.
async fn forwarder() -> Raw {
    Raw::start(|request: &Request| match () {
        () if request.head.starts_with("CONNECT") => Some(page("403 Forbidden", "", "")),
        () if request.is_post() => Some(page("200 OK", "", "ok")),
        () if request.has_sid() => None,
        () => Some(page("200 OK", "", OPEN)),
    })
    .await
}

fn with_login(proxy: &Raw) -> Proxy {
    Proxy::url(proxy.url().replace("http://", "http://me:secret@"))
}

#[tokio::test]
async fn an_http_proxy_forwards_what_is_not_encrypted() {
    let proxy = forwarder().await;
    let builder = Client::builder().upgrade(false).proxy(with_login(&proxy));
    let (client, _events) = soon(builder.connect("http://server.example:81")).await.unwrap();
    client.send("hello").await.unwrap();
    soon(client.flush()).await.unwrap();
    let requests = proxy.requests();
    assert!(requests.iter().any(|request| request.body == "4hello"), "{requests:?}");
    for request in requests {
        assert!(request.head.contains(" http://server.example:81/engine.io/?EIO=4&transport=polling"));
        assert_eq!(request.header("host"), Some("server.example:81"), "{request:?}");
        assert_eq!(request.header("proxy-authorization"), Some(CREDENTIALS), "{request:?}");
    }
}

#[tokio::test]
async fn a_session_stays_on_polling_where_the_proxy_allows_no_tunnel() {
    let proxy = forwarder().await;
    let builder = Client::builder().proxy(with_login(&proxy));
    let (client, mut events) = soon(builder.connect("http://server.example")).await.unwrap();
    while !matches!(soon(events.next()).await.unwrap(), engineio::client::Event::UpgradeFailed(_)) {}
    assert_eq!((client.transport(), client.is_connected()), (Transport::Polling, true));
    let tunnel = proxy.requests().into_iter().find(|request| request.head.starts_with("CONNECT")).unwrap();
    assert!(tunnel.head.starts_with("CONNECT server.example:80 HTTP/1.1"), "{tunnel:?}");
    assert_eq!(tunnel.header("proxy-authorization"), Some(CREDENTIALS), "{tunnel:?}");
}

#[tokio::test]
async fn what_is_encrypted_and_websocket_go_through_a_tunnel() {
    let proxy = forwarder().await;
    let through = |transport| Client::builder().proxy(with_login(&proxy)).transports([transport]);
    let error = soon(through(Transport::WebSocket).connect("ws://[::1]:3000")).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Proxy, "{error}");
    #[cfg(feature = "tls")]
    soon(through(Transport::Polling).connect("https://server.example")).await.unwrap_err();
    let lines: Vec<_> =
        proxy.requests().iter().map(|request| request.head.lines().next().unwrap().to_owned()).collect();
    #[cfg(feature = "tls")]
    assert_eq!(lines, ["CONNECT [::1]:3000 HTTP/1.1", "CONNECT server.example:443 HTTP/1.1"]);
    #[cfg(not(feature = "tls"))]
    assert_eq!(lines, ["CONNECT [::1]:3000 HTTP/1.1"]);
}

#[tokio::test]
async fn a_proxy_that_wants_credentials_is_named_and_not_tried_again() {
    let proxy = Raw::start(|_| Some(page("407 Proxy Authentication Required", "", "log in"))).await;
    let builder = Client::builder().proxy(Proxy::url(proxy.url()));
    let error: ConnectError = soon(builder.connect("http://server.example")).await.unwrap_err();
    assert_eq!((error.phase(), error.status().unwrap().as_u16()), (Phase::Proxy, 407));
    assert!(error.is_permanent());
    let line = error.to_string();
    assert!(line.contains("the proxy answered 407") && line.contains("put them into its URL"), "{line}");
}
