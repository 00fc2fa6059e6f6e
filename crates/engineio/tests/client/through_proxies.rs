//! Proxies: both transports go through the same one. The server's name is known to nobody else, so that a connection
//! that went around it would come to nothing.

use std::process::Command;

use engineio::client::{ClientBuilder, ConnectError, Event, Phase, Proxy as Setting, Reconnect};
use engineio::{Client, Transport};

use crate::api::ways;
use crate::support::proxy::{Manners, NAME, Proxy, Refusal};
use crate::support::{Host, next, soon, text};

/// `user:pass word` as HTTP's basic authentication has it.
const BASIC: &str = "dXNlcjpwYXNzIHdvcmQ=";

async fn converses(url: &str, settings: impl Fn(ClientBuilder) -> ClientBuilder) {
    for (way, builder) in ways() {
        let (client, mut events) = soon(settings(builder).connect(url)).await.expect(way);
        if way == "upgrade" {
            while !matches!(next(&mut events).await, Event::Upgraded) {}
        }
        client.send("hello").await.unwrap();
        assert_eq!(text(&mut events).await, "hello", "{way}");
        soon(client.close()).await;
    }
}

/// The error of each transport.
async fn refused(url: &str, proxy: &str) -> [ConnectError; 2] {
    let error = async |transport| {
        let builder = Client::builder().transports([transport]).proxy(Setting::url(proxy));
        soon(builder.connect(url)).await.unwrap_err()
    };
    [error(Transport::Polling).await, error(Transport::WebSocket).await]
}

#[tokio::test]
async fn both_transports_go_through_an_http_proxy() {
    let host = Host::echo().await;
    let proxy = Proxy::http(Manners::new(host.address())).await;
    let setting = Setting::url(format!("http://{}", proxy.address()));
    converses(&format!("http://{NAME}"), |builder| builder.proxy(setting.clone())).await;
    let asked = proxy.asked();
    assert!(asked.iter().any(|line| line.starts_with(&format!("CONNECT {NAME}:80 "))), "{asked:?}");
}

#[tokio::test]
async fn credentials_are_part_of_an_http_proxys_url() {
    let host = Host::echo().await;
    let manners = Manners { credentials: Some(BASIC), ..Manners::new(host.address()) };
    let proxy = Proxy::http(manners).await;
    let url = format!("http://{NAME}");
    let setting = Setting::url(format!("http://user:pass%20word@{}", proxy.address()));
    converses(&url, |builder| builder.proxy(setting.clone())).await;
    for credentials in ["", "user:wrong@"] {
        for error in refused(&url, &format!("http://{credentials}{}", proxy.address())).await {
            let line = error.to_string();
            assert!(error.is_permanent() && line.contains("the proxy wants credentials"), "{line}");
            assert!(!line.contains("wrong"), "{line}");
        }
    }
}

#[tokio::test]
async fn a_proxy_that_wants_credentials_is_not_asked_again_and_again() {
    let host = Host::echo().await;
    let proxy = Proxy::http(Manners { credentials: Some(BASIC), ..Manners::new(host.address()) }).await;
    let policy = Reconnect { first_connect: true, ..Reconnect::default() };
    let builder =
        Client::builder().proxy(Setting::url(format!("http://{}", proxy.address()))).reconnect(policy);
    soon(builder.connect(&format!("http://{NAME}"))).await.unwrap_err();
    assert_eq!(proxy.asked().len(), 1);
}

#[tokio::test]
async fn a_proxy_that_refuses_or_is_not_there_is_named_as_the_cause() {
    let host = Host::echo().await;
    for (status, words, advice) in
        [(403, "403 Forbidden", "stay on polling"), (502, "502 Bad Gateway", "does not reach the server")]
    {
        let refusal = Some(Refusal::Http(words));
        let proxy = Proxy::http(Manners { refusal, ..Manners::new(host.address()) }).await;
        let [_, websocket] = refused(&format!("http://{NAME}"), &format!("http://{}", proxy.address())).await;
        assert_eq!(websocket.phase(), Phase::Proxy, "{websocket}");
        assert_eq!(websocket.status().map(|status| status.as_u16()), Some(status));
        assert_eq!(websocket.is_permanent(), status == 403);
        assert_eq!(websocket.body().unwrap(), "no <way>!");
        let line = websocket.to_string();
        assert!(line.contains("the proxy answered") && line.contains(advice), "{line}");
    }
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for scheme in ["http", "socks5h"] {
        for error in refused(&format!("http://{NAME}"), &format!("{scheme}://{nobody}")).await {
            assert_eq!(error.phase(), Phase::Proxy, "{error}");
            assert!(error.to_string().contains("refused"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_proxy_that_opens_no_tunnels_still_forwards_polling() {
    let host = Host::echo().await;
    let refusal = Some(Refusal::Tunnels("403 Forbidden"));
    let proxy = Proxy::http(Manners { refusal, ..Manners::new(host.address()) }).await;
    let setting = Setting::url(format!("http://{}", proxy.address()));
    let url = format!("http://{NAME}");
    for first in [Transport::Polling, Transport::WebSocket] {
        let second = if first == Transport::Polling { Transport::WebSocket } else { Transport::Polling };
        let builder = Client::builder().transports([first, second]).proxy(setting.clone());
        let (client, mut events) = soon(builder.connect(&url)).await.unwrap();
        loop {
            match next(&mut events).await {
                Event::UpgradeFailed(why) => break assert!(why.contains("the proxy answered 403"), "{why}"),
                other => assert!(matches!(other, Event::Open(_)), "{other:?}"),
            }
        }
        client.send("hello").await.unwrap();
        assert_eq!(text(&mut events).await, "hello");
        assert_eq!(client.transport(), Transport::Polling);
        soon(client.close()).await;
        let end = client.closed().await.unwrap();
        assert!(!end.detail.contains("403"), "the upgrade is not why it ended: {end}");
    }
}

/// What is no answer of a proxy is told as such, and bounded.
#[tokio::test]
async fn a_proxy_that_makes_no_sense_is_named_as_the_cause() {
    let endless = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(100_000));
    for answer in ["SSH-2.0-OpenSSH_9.2\r\n", "", "HTTP/1.1 200 OK\r\n\r\nunasked", &endless] {
        let proxy = Proxy::saying(answer).await;
        let [_, websocket] = refused(&format!("http://{NAME}"), &format!("http://{}", proxy.address())).await;
        assert_eq!(websocket.phase(), Phase::Proxy, "{websocket}");
        assert!(websocket.status().is_none() && !websocket.is_permanent(), "{websocket}");
    }
}

#[tokio::test]
async fn socks5_resolves_names_where_it_is_told_to() {
    let host = Host::echo().await;
    let proxy = Proxy::socks5(Manners::new(host.address())).await;
    let setting = Setting::url(format!("socks5h://{}", proxy.address()));
    converses(&format!("http://{NAME}"), |builder| builder.proxy(setting.clone())).await;
    assert!(proxy.asked().iter().all(|line| *line == format!("3 {NAME}")), "{:?}", proxy.asked());

    let proxy = Proxy::socks5(Manners::new(host.address())).await;
    let setting = Setting::url(format!("socks5://{}", proxy.address()));
    let url = host.url().replace("127.0.0.1", "localhost");
    converses(&url, |builder| builder.proxy(setting.clone())).await;
    let asked = proxy.asked();
    assert!(asked.len() >= 4 && asked.iter().all(|line| line == "1 127.0.0.1"), "{asked:?}");
}

#[tokio::test]
async fn socks5_is_told_ipv6_addresses_as_such() {
    let host = Host::echo().await;
    let manners = Manners { refusal: Some(Refusal::Socks(4)), ..Manners::new(host.address()) };
    let proxy = Proxy::socks5(manners).await;
    for scheme in ["socks5", "socks5h"] {
        refused("http://[2001:db8::1]:3000", &format!("{scheme}://{}", proxy.address())).await;
    }
    assert_eq!(proxy.asked(), ["4 2001:db8::1"; 4]);
}

#[tokio::test]
async fn socks5_asks_for_user_and_password() {
    let host = Host::echo().await;
    let manners = Manners { credentials: Some("user:pass word"), ..Manners::new(host.address()) };
    let proxy = Proxy::socks5(manners).await;
    let url = format!("http://{NAME}");
    let setting = Setting::url(format!("socks5h://user:pass%20word@{}", proxy.address()));
    converses(&url, |builder| builder.proxy(setting.clone())).await;
    for credentials in ["", "user:wrong@"] {
        for error in refused(&url, &format!("socks5h://{credentials}{}", proxy.address())).await {
            assert_eq!(error.phase(), Phase::Proxy, "{error}");
            let line = error.to_string();
            assert!(error.is_permanent() && line.contains("the proxy wants credentials"), "{line}");
            assert!(!line.contains("wrong"), "{line}");
        }
    }
}

#[tokio::test]
async fn what_a_socks5_proxy_says_is_told() {
    let host = Host::echo().await;
    for (code, words) in [(2, "not allowed"), (4, "unreachable"), (5, "refused")] {
        let manners = Manners { refusal: Some(Refusal::Socks(code)), ..Manners::new(host.address()) };
        let proxy = Proxy::socks5(manners).await;
        for error in refused(&format!("http://{NAME}"), &format!("socks5h://{}", proxy.address())).await {
            assert_eq!(error.phase(), Phase::Proxy, "{error}");
            assert!(error.to_string().contains(words), "{code}: {error}");
        }
    }
}

#[tokio::test]
async fn hosts_that_are_left_out_are_reached_directly() {
    let host = Host::echo().await;
    let proxy = Proxy::http(Manners::new(host.address())).await;
    let url = format!("http://{}", proxy.address());
    for except in ["127.0.0.1", "example.com, 127.0.0.0/8", "*"] {
        converses(&host.url(), |builder| builder.proxy(Setting::url(&url).except(except))).await;
    }
    converses(&host.url(), |builder| builder.proxy(Setting::none())).await;
    assert_eq!(proxy.asked(), [""; 0]);
    converses(&host.url(), |builder| builder.proxy(Setting::url(&url).except("example.com"))).await;
    assert!(!proxy.asked().is_empty());
}

/// A process has one environment: the test runs another one of itself.
#[tokio::test]
async fn the_environment_names_proxies_and_exceptions() {
    let host = Host::echo().await;
    let http = Proxy::http(Manners::new(host.address())).await;
    let (proxy, named) = (format!("http://{}", http.address()), format!("http://{NAME}"));
    for (variables, url, through) in [
        (vec![("HTTP_PROXY", &*proxy)], &named, true),
        (vec![("http_proxy", &*proxy)], &named, true),
        (vec![("ALL_PROXY", &*proxy)], &named, true),
        (vec![("HTTP_PROXY", &*proxy), ("NO_PROXY", "127.0.0.1")], &host.url(), false),
        (vec![("HTTPS_PROXY", &*proxy)], &host.url(), false),
    ] {
        let before = http.asked().len();
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "through_proxies::in_an_environment", "--ignored"]);
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
            child.env_remove(name).env_remove(name.to_ascii_lowercase());
        }
        child.envs(variables.clone()).env("ENGINEIO_TEST_URL", url);
        let output = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
        let words = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && words.contains("1 passed"), "{variables:?}: {words}");
        assert_eq!(http.asked().len() > before, through, "{variables:?}");
    }
}

#[tokio::test]
#[ignore = "run by the test above, which sets its environment"]
async fn in_an_environment() {
    converses(&std::env::var("ENGINEIO_TEST_URL").unwrap(), |builder| builder).await;
}

#[cfg(feature = "tls")]
mod tls {
    use super::*;
    use crate::support::pki::{Authority, secure};

    #[tokio::test]
    async fn tls_to_the_server_goes_through_any_proxy() {
        let authority = Authority::new("Private");
        let port = secure(authority.issue(&[NAME]).config()).await;
        let manners = Manners::new(([127, 0, 0, 1], port).into());
        let proxies =
            [("http", Proxy::http(manners.clone()).await), ("socks5h", Proxy::socks5(manners).await)];
        for (scheme, proxy) in proxies {
            let setting = Setting::url(format!("{scheme}://{}", proxy.address()));
            converses(&format!("https://{NAME}"), |builder| {
                builder.proxy(setting.clone()).add_root_certificate(authority.pem())
            })
            .await;
            assert!(proxy.asked().iter().all(|line| line.contains(NAME)), "{:?}", proxy.asked());
        }
    }

    #[tokio::test]
    async fn a_proxy_is_not_shown_the_clients_certificate() {
        let authority = Authority::new("Private");
        let port = secure(authority.issue(&[NAME]).config_asking(&authority)).await;
        let server = Manners::new(([127, 0, 0, 1], port).into());
        let client = authority.issue(&["client"]);
        let identity = authority.issue(&["localhost"]);
        for (config, passes) in [(identity.config(), true), (identity.config_asking(&authority), false)] {
            let proxy = Proxy::https(server.clone(), config).await;
            let setting = Setting::url(format!("https://localhost:{}", proxy.address().port()));
            let configure = |builder: ClientBuilder| {
                let builder = builder.proxy(setting.clone()).add_root_certificate(authority.pem());
                builder.client_certificate(&client.chain, &client.key)
            };
            let url = format!("https://{NAME}");
            if passes {
                // The server asks for it, and gets it.
                converses(&url, configure).await;
            } else {
                soon(configure(Client::builder()).connect(&url)).await.unwrap_err();
                assert!(proxy.asked().is_empty(), "{:?}", proxy.asked());
            }
        }
    }

    #[tokio::test]
    async fn the_way_to_the_proxy_can_be_tls_too() {
        let authority = Authority::new("Private");
        let host = Host::echo().await;
        let port = secure(authority.issue(&[NAME]).config()).await;
        for (scheme, server) in [("http", host.address()), ("https", ([127, 0, 0, 1], port).into())] {
            let identity = authority.issue(&["localhost"]);
            let proxy = Proxy::https(Manners::new(server), identity.config()).await;
            let setting = Setting::url(format!("https://localhost:{}", proxy.address().port()));
            converses(&format!("{scheme}://{NAME}"), |builder| {
                builder.proxy(setting.clone()).add_root_certificate(authority.pem())
            })
            .await;
            assert!(proxy.asked().len() >= 3, "{:?}", proxy.asked());
        }
    }
}
