//! What the handshake says, and where it is answered.

use std::time::Duration;

use engineio::server::{ReplyStyle, SessionCookie};
use engineio::{Transport, TransportSet};
use serde_json::json;

use crate::support::http::{field, get, post, text, with};
use crate::support::polling::OPEN;
use crate::support::{Dial, Frame, Host, WebSocket, sid, until, websocket};

#[tokio::test(start_paused = true)]
async fn the_open_packet_holds_the_defaults() {
    let open = Host::plain().polling().await.open;
    let sid = open["sid"].as_str().unwrap();
    assert!(sid.len() >= 20 && sid.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)), "{sid}");
    let wanted = json!({
        "sid": sid, "upgrades": ["websocket"], "pingInterval": 25_000, "pingTimeout": 20_000,
        "maxPayload": 1_000_000,
    });
    assert_eq!(open, wanted);
}

#[tokio::test(start_paused = true)]
async fn the_open_packet_holds_what_was_configured() {
    let host = Host::start(|builder| {
        builder
            .ping_interval(Duration::from_millis(1500))
            .ping_grace(Duration::from_millis(250))
            .ping_timeout(Duration::from_millis(333))
            .max_payload(5000)
            .allow_upgrades(false)
    });
    let open = host.polling().await.open;
    assert_eq!(open["pingInterval"], 1750);
    assert_eq!(open["pingTimeout"], 333);
    assert_eq!(open["maxPayload"], 5000);
    assert_eq!(open["upgrades"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn the_path_is_exact_with_and_without_the_slash() {
    for (path, right, wrong) in [
        ("/engine.io", ["/engine.io", "/engine.io/"], ["/engine.iox", "/engine.io//"]),
        ("a/b/", ["/a/b", "/a/b/"], ["/a", "/a/b/c"]),
        ("/", ["/", "/"], ["/engine.io/", "/index.html"]),
    ] {
        let host = Host::start(|builder| builder.path(path));
        let mut http = host.http().await;
        for (uri, status) in right.map(|uri| (uri, 200)).into_iter().chain(wrong.map(|uri| (uri, 404))) {
            let response = http.exchange(&get(&format!("{uri}?EIO=4&transport=polling"))).await;
            assert_eq!(response.status(), status, "{uri}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn other_paths_are_not_found() {
    let response = Host::plain().http().await.exchange(&get("/")).await;
    assert_eq!((response.status().as_u16(), text(&response)), (404, "Not Found"));
}

#[tokio::test(start_paused = true)]
async fn transports_can_be_left_out() {
    for (only, refused) in
        [(Transport::Polling, Transport::WebSocket), (Transport::WebSocket, Transport::Polling)]
    {
        let host = Host::start(|builder| builder.transports(only));
        let mut http = host.http().await;
        let uri = format!("/engine.io/?EIO=4&transport={refused}");
        let response = http.exchange(&get(&uri)).await;
        assert_eq!(text(&response), r#"{"code":0,"message":"Transport unknown"}"#);
        assert_eq!(response.status(), 400);
    }
    let host = Host::start(|builder| builder.transports(Transport::Polling));
    assert_eq!(host.polling().await.open["upgrades"], json!([]));
    let host = Host::start(|builder| builder.transports(Transport::WebSocket));
    let (_, sid) = host.websocket().await;
    assert!(!sid.is_empty());
    let host = Host::start(|builder| builder.transports(TransportSet::ALL));
    assert_eq!(host.polling().await.open["upgrades"], json!(["websocket"]));
}

#[tokio::test(start_paused = true)]
async fn upgrades_can_be_off() {
    let host = Host::start(|builder| builder.allow_upgrades(false));
    let polling = host.polling().await;
    let uri = format!("{}&sid={}", websocket::OPEN, polling.sid);
    let refused = WebSocket::try_connect(host.network.dial().await, &get(&uri)).await.unwrap_err();
    assert_eq!(text(&refused), r#"{"code":3,"message":"Bad request"}"#);
    let (_, sid) = host.websocket().await;
    assert!(!sid.is_empty(), "a session may still begin on WebSocket");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_cannot_upgrade_offers_and_takes_none() {
    let host = Host::start(|builder| builder.host_can_upgrade(false));
    assert_eq!(host.polling().await.open["upgrades"], json!([]));
    let refused = WebSocket::try_connect(host.network.dial().await, &get(websocket::OPEN)).await.unwrap_err();
    assert_eq!(refused.status(), 400);
}

#[tokio::test(start_paused = true)]
async fn the_cookie_is_set_on_both_transports() {
    let cookie = SessionCookie::builder("io").path("/chat").build().unwrap();
    let host = Host::start(|builder| builder.cookie(cookie));
    let response = host.http().await.exchange(&get(OPEN)).await;
    let sid = host.server.sessions()[0].sid.clone();
    assert_eq!(field(&response, "set-cookie"), format!("io={sid}; Path=/chat; HttpOnly; SameSite=Lax"));
    let (mut websocket, response) =
        WebSocket::try_connect(host.network.dial().await, &get(websocket::OPEN)).await.unwrap();
    let sid = websocket.opened().await;
    assert!(field(&response, "set-cookie").starts_with(&format!("io={sid};")));
}

#[tokio::test(start_paused = true)]
async fn there_is_no_cookie_unless_asked_for() {
    let response = Host::plain().http().await.exchange(&get(OPEN)).await;
    assert_eq!(field(&response, "set-cookie"), "");
}

#[tokio::test(start_paused = true)]
async fn the_first_subprotocol_is_echoed() {
    let host = Host::plain();
    let request = with(get(websocket::OPEN), "sec-websocket-protocol", "soap, wamp");
    let (_, response) = WebSocket::try_connect(host.network.dial().await, &request).await.unwrap();
    assert_eq!(field(&response, "sec-websocket-protocol"), "soap");
    let (_, response) =
        WebSocket::try_connect(host.network.dial().await, &get(websocket::OPEN)).await.unwrap();
    assert!(!response.headers().contains_key("sec-websocket-protocol"));
}

#[tokio::test(start_paused = true)]
async fn the_application_may_choose_the_subprotocol() {
    let host = Host::start(|builder| {
        builder.choose_protocol(|offered| (offered != ["soap"]).then(|| "wamp".to_owned()))
    });
    // What was not offered cannot be agreed on, whatever the application says.
    for (offered, chosen) in [("soap, wamp", "wamp"), ("soap", ""), ("mqtt, soap", "")] {
        let request = with(get(websocket::OPEN), "sec-websocket-protocol", offered);
        let (_, response) = WebSocket::try_connect(host.network.dial().await, &request).await.unwrap();
        assert_eq!(field(&response, "sec-websocket-protocol"), chosen);
    }
}

#[tokio::test(start_paused = true)]
async fn replies_can_be_those_of_python_engineio() {
    let host = Host::start(|builder| builder.reply_style(ReplyStyle::Python));
    let mut http = host.http().await;
    let response = http.exchange(&get("/engine.io/?EIO=4&transport=polling&sid=x")).await;
    assert_eq!((response.status().as_u16(), text(&response)), (400, "\"Invalid session x\""));
    let response = http.exchange(&get("/engine.io/?EIO=4")).await;
    assert_eq!(response.status(), 200, "polling is what a missing transport means");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_session_is_never_created() {
    let host = Host::plain();
    let mut http = host.http().await;
    let uri = format!("{OPEN}&sid=AAAAAAAAAAAAAAAAAAAAAA");
    for request in [get(&uri), post(&uri, "4hello")] {
        let response = http.exchange(&request).await;
        assert_eq!(text(&response), r#"{"code":1,"message":"Session ID unknown"}"#);
    }
    assert_eq!(host.server.session_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_session_moves_from_polling_to_websocket() {
    let mut host = Host::plain();
    let polling = host.polling().await;
    let sid = sid(&polling.sid);
    assert_eq!(host.server.transport(&sid), Some(Transport::Polling));
    let mut websocket = polling.upgrade().await;
    let upgraded = host.calls.next().await;
    assert!(matches!(upgraded, crate::support::Call::Upgrade(socket) if *socket.sid() == sid));
    assert_eq!(host.server.transport(&sid), Some(Transport::WebSocket));
    websocket.send("4over").await;
    assert_eq!(host.calls.message().await.as_text(), Some("over"));
    host.server.send(&sid, vec![1, 2]).await.unwrap();
    assert_eq!(websocket.next().await, Frame::Binary(vec![1, 2].into()));
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_that_is_not_completed_leaves_the_session_on_polling() {
    let mut host = Host::start(|builder| {
        builder.upgrade_timeout(Duration::from_secs(3)).ping_interval(Duration::from_secs(60))
    });
    let mut polling = host.polling().await;
    let mut websocket = polling.start_upgrade().await;
    websocket.send("2probe").await;
    assert_eq!(websocket.text().await, "3probe");
    let begun = tokio::time::Instant::now();
    websocket.close_code().await;
    assert_eq!(begun.elapsed().as_secs(), 3);
    polling.post("4still here").await;
    assert_eq!(host.calls.message().await.as_text(), Some("still here"));
}

#[tokio::test(start_paused = true)]
async fn a_connection_may_speak_for_several_sessions() {
    let host =
        Host::start(|builder| builder.on_message_sync(|socket, message| drop(socket.try_send(message))));
    let (one, other) = (host.polling().await, host.polling().await);
    let mut http = host.http().await;
    for (session, message) in [(&one, "4a"), (&other, "4b"), (&other, "4c"), (&one, "4d")] {
        assert_eq!(text(&http.exchange(&post(&session.uri(), message)).await), "ok");
        assert_eq!(text(&http.exchange(&get(&session.uri())).await), message);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_does_not_keep_to_a_session_that_is_over() {
    let host = Host::start(|builder| builder.generate_id(|| sid("again")));
    let old = host.polling().await;
    let mut http = host.http().await;
    assert_eq!(text(&http.exchange(&post(&old.uri(), "4a")).await), "ok");
    let kept = host.server.socket(&sid("again")).unwrap();
    kept.disconnect();
    assert_eq!(text(&http.exchange(&get(&old.uri())).await), "1");
    until(|| host.server.session_count() == 0).await;
    let late = http.exchange(&get(&old.uri())).await;
    assert_eq!(text(&late), r#"{"code":1,"message":"Session ID unknown"}"#);

    let new = host.polling().await;
    assert_eq!(text(&http.exchange(&post(&new.uri(), "4b")).await), "ok");
    assert!(!kept.is_connected(), "the application still has the old one");
}
