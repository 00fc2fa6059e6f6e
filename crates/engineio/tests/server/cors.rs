//! Which pages may connect.

use engineio::server::{AllowedOrigins, ServerBuilder, TrustedProxies};
use http::{Request, Response};

use crate::support::http::{field, get, post, text, with};
use crate::support::polling::OPEN;
use crate::support::{Dial, Host, WebSocket, websocket};

type Answer = Response<bytes::Bytes>;

/// The answer to a handshake from a page of `origin`.
async fn handshake(host: &Host, origin: &str) -> Answer {
    host.http().await.exchange(&with(get(OPEN), "origin", origin)).await
}

fn listed(builder: ServerBuilder) -> ServerBuilder {
    builder.cors(AllowedOrigins::list(["https://app.example", "http://localhost:3000"]).unwrap())
}

#[tokio::test(start_paused = true)]
async fn the_servers_own_pages_by_default() {
    let host = Host::plain();
    let response = handshake(&host, "http://localhost").await;
    assert_eq!(response.status(), 200);
    assert_eq!(field(&response, "access-control-allow-origin"), "http://localhost");
    assert_eq!(field(&response, "access-control-allow-credentials"), "true");
    for foreign in ["http://localhost:81", "http://evil.example", "null", "nonsense"] {
        let response = handshake(&host, foreign).await;
        assert_eq!(text(&response), r#"{"code":4,"message":"Forbidden"}"#, "{foreign}");
        assert_eq!(response.status(), 403);
        assert_eq!(field(&response, "access-control-allow-origin"), "");
    }
    assert_eq!(host.server.session_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_page_is_refused_everywhere_before_any_handler() {
    let host = Host::start(|builder| {
        builder.on_connect(|_, _| async {
            panic!("not before the check");
            #[expect(unreachable_code, reason = "it tells the type of the error")]
            Ok::<_, engineio::server::Rejection>(())
        })
    });
    let evil = |request| with(request, "origin", "https://evil.example");
    let uri = format!("{OPEN}&sid=x");
    let options = Request::options(OPEN).body(bytes::Bytes::new()).unwrap();
    for request in [get(OPEN), get(&uri), post(&uri, "4"), options] {
        let response = host.http().await.exchange(&evil(request)).await;
        assert_eq!(response.status(), 403);
    }
    let io = host.network.dial().await;
    let refused = WebSocket::try_connect(io, &evil(get(websocket::OPEN))).await.unwrap_err();
    assert_eq!(refused.status(), 403);
}

#[tokio::test(start_paused = true)]
async fn the_pages_of_a_list() {
    let host = Host::start(listed);
    for origin in ["https://app.example", "http://localhost:3000"] {
        let response = handshake(&host, origin).await;
        assert_eq!(response.status(), 200);
        assert_eq!(field(&response, "access-control-allow-origin"), origin);
        assert_eq!(field(&response, "vary"), "Accept-Encoding, Origin");
    }
    assert_eq!(handshake(&host, "http://localhost").await.status(), 403, "not even its own");
    let no_page = host.http().await.exchange(&get(OPEN)).await;
    assert_eq!(no_page.status(), 200);
    assert_eq!(field(&no_page, "vary"), "Accept-Encoding");
    assert_eq!(field(&no_page, "cache-control"), "no-store", "so that no cache answers a page with it");
}

#[tokio::test(start_paused = true)]
async fn any_page_without_credentials() {
    let host = Host::start(|builder| builder.cors(AllowedOrigins::Any).cors_credentials(false));
    let response = handshake(&host, "https://anybody.example").await;
    assert_eq!(field(&response, "access-control-allow-origin"), "*");
    assert_eq!(field(&response, "access-control-allow-credentials"), "");
    assert_eq!(handshake(&host, "null").await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn listed_pages_without_credentials() {
    let host = Host::start(|builder| listed(builder).cors_credentials(false));
    let response = handshake(&host, "https://app.example").await;
    assert_eq!(field(&response, "access-control-allow-origin"), "https://app.example");
    assert_eq!(field(&response, "access-control-allow-credentials"), "");
}

#[tokio::test(start_paused = true)]
async fn pages_that_a_function_accepts() {
    let host =
        Host::start(|builder| builder.cors(AllowedOrigins::predicate(|origin| origin.ends_with(".example"))));
    assert_eq!(handshake(&host, "https://a.example").await.status(), 200);
    assert_eq!(handshake(&host, "https://a.test").await.status(), 403);
}

#[tokio::test(start_paused = true)]
async fn cors_can_be_left_to_others() {
    let host = Host::start(|builder| builder.cors(AllowedOrigins::Off));
    let response = handshake(&host, "https://anybody.example").await;
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains_key("access-control-allow-origin"));
    let options = Request::options(OPEN).body(bytes::Bytes::new()).unwrap();
    assert_eq!(host.http().await.exchange(&options).await.status(), 400);
}

#[tokio::test(start_paused = true)]
async fn preflights_are_answered() {
    let host = Host::start(listed);
    let request = Request::options(OPEN).body(bytes::Bytes::new()).unwrap();
    let request = with(request, "origin", "https://app.example");
    let request = with(request, "access-control-request-method", "POST");
    let request = with(request, "access-control-request-headers", "authorization, x-mine");
    let response = host.http().await.exchange(&request).await;
    assert_eq!(response.status(), 204);
    assert_eq!(field(&response, "access-control-allow-origin"), "https://app.example");
    assert_eq!(field(&response, "access-control-allow-credentials"), "true");
    assert_eq!(field(&response, "access-control-allow-methods"), "GET, POST, OPTIONS");
    assert_eq!(field(&response, "access-control-allow-headers"), "authorization, x-mine");
    assert_eq!(field(&response, "access-control-max-age"), "7200");
}

#[tokio::test(start_paused = true)]
async fn errors_can_be_read_by_pages_as_well() {
    let host = Host::start(listed);
    let request = with(get(&format!("{OPEN}&sid=x")), "origin", "https://app.example");
    let response = host.http().await.exchange(&request).await;
    assert_eq!(response.status(), 400);
    assert_eq!(field(&response, "access-control-allow-origin"), "https://app.example");
}

#[tokio::test(start_paused = true)]
async fn what_a_trusted_proxy_says_is_believed() {
    let trusting =
        Host::start(|builder| builder.trusted_proxies("192.0.2.0/24".parse::<TrustedProxies>().unwrap()));
    let wary = Host::plain();
    let request = with(get(OPEN), "origin", "https://public.example");
    let request = with(request, "x-forwarded-host", "public.example");
    let request = with(request, "x-forwarded-proto", "https");
    for (host, status) in [(&trusting, 200), (&wary, 403)] {
        assert_eq!(host.http().await.exchange(&request).await.status(), status);
    }
    let stranger = trusting.network.connect("203.0.113.1:1", 1000);
    assert_eq!(crate::support::Http::new(stranger).exchange(&request).await.status(), 403);
}
