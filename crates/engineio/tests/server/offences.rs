//! Clients that break the rules are told so, and their session ends: once, with its reason, after all of its messages.

use std::time::Duration;

use engineio::DisconnectReason::{ParseError, TooLarge, TransportError};
use engineio::server::ClientPings;
use engineio_proto::ws::OpCode;
use tokio::time::Instant;

use crate::disconnect::{assert_ended, polling, websocket};
use crate::support::Host;
use crate::support::http::{get, post, text, with};

#[tokio::test(start_paused = true)]
async fn two_polls_at_once() {
    let (host, mut polling) = polling().await;
    polling.start_poll().await;
    let mut other = host.http().await;
    other.exchange(&get("/not/found")).await;
    let second = other.exchange(&get(&polling.uri())).await;
    assert_eq!(second.status(), 400);
    assert_eq!(polling.polled().await, ["1"]);
    assert_ended(host, TransportError).await;
}

#[tokio::test(start_paused = true)]
async fn two_posts_at_once() {
    let (host, mut polling) = polling().await;
    let mut slow = host.http().await;
    slow.write(format!("POST {} HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n", polling.uri()).as_bytes())
        .await;
    slow.write(b"4").await;
    tokio::task::yield_now().await;
    assert_eq!(polling.try_post("4second").await.status(), 400);
    slow.write(b"a").await;
    assert_eq!(slow.receive().await.status(), 400);
    assert_ended(host, TransportError).await;
}

#[tokio::test(start_paused = true)]
async fn a_post_is_aborted() {
    let (host, polling) = polling().await;
    let mut slow = host.http().await;
    slow.write(
        format!("POST {} HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n4", polling.uri()).as_bytes(),
    )
    .await;
    tokio::task::yield_now().await;
    drop(slow);
    assert_ended(host, TransportError).await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_in_time() {
    let host = Host::start(|builder| builder.body_timeout(Duration::from_secs(4)));
    let mut polling = host.polling().await;
    polling.post("4before").await;
    let mut slow = host.http().await;
    let begun = Instant::now();
    slow.write(
        format!("POST {} HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n4", polling.uri()).as_bytes(),
    )
    .await;
    assert_eq!(slow.receive().await.status(), 408);
    assert_eq!(begun.elapsed().as_secs(), 4);
    assert_ended(host, TransportError).await;
}

#[tokio::test(start_paused = true)]
async fn a_ping_of_the_client() {
    let (host, mut polling) = polling().await;
    assert_eq!(polling.try_post("2").await.status(), 400);
    assert_ended(host, TransportError).await;
    let (host, mut websocket) = websocket().await;
    websocket.send("2").await;
    assert_eq!(websocket.close_code().await, 1008);
    assert_ended(host, TransportError).await;
}

#[tokio::test(start_paused = true)]
async fn a_ping_of_the_client_can_be_ignored() {
    let mut host = Host::start(|builder| builder.client_pings(ClientPings::Ignore));
    let mut polling = host.polling().await;
    polling.post("2\u{1e}4posted").await;
    assert_eq!(host.calls.message().await, "posted".into());
    let (mut websocket, _) = host.websocket().await;
    websocket.send("2").await;
    websocket.send("4framed").await;
    assert_eq!(host.calls.message().await, "framed".into());
}

#[tokio::test(start_paused = true)]
async fn what_is_no_packet_on_polling() {
    for body in [&b""[..], b"x", b"b!", b"4a\x1e", b"0", b"5", b"6", b"4\xff"] {
        let (mut host, mut polling) = polling().await;
        polling.start_poll().await;
        let response = host.http().await.exchange(&post(&polling.uri(), body)).await;
        assert_eq!(text(&response), r#"{"code":3,"message":"Bad request"}"#, "{body:?}");
        assert_eq!(polling.polled().await, ["1"]);
        assert_eq!(host.calls.message().await, "before".into());
        if body.starts_with(b"4a") {
            assert_eq!(host.calls.message().await, "a".into());
        }
        assert_eq!(host.calls.reason().await, ParseError, "{body:?}");
        host.calls.none().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_packet_on_websocket() {
    for (opcode, data, code) in [
        (OpCode::Text, &b""[..], 1008),
        (OpCode::Text, b"x", 1008),
        (OpCode::Text, b"b!", 1008),
        (OpCode::Text, b"4\xff", 1007),
        (OpCode::Continuation, b"4a", 1002),
    ] {
        let (host, mut websocket) = websocket().await;
        websocket.send_frame(opcode, true, data).await;
        assert_eq!(websocket.close_code().await, code, "{data:?}");
        assert_ended(host, ParseError).await;
    }
    let (host, mut websocket) = websocket().await;
    websocket.write(b"GET / HTTP/1.1\r\n\r\n").await;
    assert_eq!(websocket.close_code().await, 1002);
    assert_ended(host, ParseError).await;
}

#[tokio::test(start_paused = true)]
async fn too_large_on_polling() {
    let (host, mut declaring) = polling().await;
    let declared = declaring.try_post(&"4".repeat(101)).await;
    assert_eq!(
        (declared.status().as_u16(), declared.headers()["connection"].to_str().unwrap()),
        (413, "close")
    );
    assert_ended(host, TooLarge).await;
    let (host, polling) = polling().await;
    let mut chunked = host.http().await;
    chunked.write(format!("POST {} HTTP/1.1\r\nhost: a\r\n", polling.uri()).as_bytes()).await;
    chunked.write(b"transfer-encoding: chunked\r\n\r\n").await;
    for _ in 0..3 {
        chunked.write(format!("28\r\n{}\r\n", "4".repeat(40)).as_bytes()).await;
    }
    assert_eq!(chunked.receive().await.status(), 413);
    assert_ended(host, TooLarge).await;
}

#[tokio::test(start_paused = true)]
async fn just_not_too_large() {
    let (mut host, mut polling) = polling().await;
    polling.post(&"4".repeat(100)).await;
    let (mut websocket, _) = host.websocket().await;
    websocket.send(&"4".repeat(100)).await;
    assert_eq!(host.calls.message().await.len(), 6);
    assert_eq!(host.calls.message().await.len(), 99);
    assert_eq!(host.calls.message().await.len(), 99);
}

#[tokio::test(start_paused = true)]
async fn too_large_on_websocket() {
    let (host, mut whole) = websocket().await;
    whole.send(&"4".repeat(101)).await;
    assert_eq!(whole.close_code().await, 1009);
    assert_ended(host, TooLarge).await;
    let (host, mut fragmented) = websocket().await;
    fragmented.send_frame(OpCode::Text, false, &[b'4'; 60]).await;
    fragmented.send_frame(OpCode::Continuation, true, &[b'4'; 60]).await;
    assert_eq!(fragmented.close_code().await, 1009);
    assert_ended(host, TooLarge).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_never_completed() {
    let host = Host::start(|builder| builder.message_timeout(Duration::from_secs(5)));
    let (mut websocket, _) = host.websocket().await;
    websocket.send("4before").await;
    let begun = Instant::now();
    websocket.send_frame(OpCode::Text, false, b"4and").await;
    assert_eq!(websocket.close_code().await, 1008);
    assert_eq!(begun.elapsed().as_secs(), 5);
    assert_ended(host, TransportError).await;
}

#[tokio::test(start_paused = true)]
async fn bodies_in_forms_that_the_protocol_does_not_know() {
    for (name, value) in [("content-type", "application/octet-stream"), ("content-encoding", "gzip")] {
        let (host, polling) = polling().await;
        let response = host.http().await.exchange(&with(post(&polling.uri(), "4a"), name, value)).await;
        assert_eq!(response.status(), 400, "{name}");
        assert_ended(host, TransportError).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_in_too_many_pieces() {
    let host = Host::start(|builder| builder.max_fragments(3));
    let (mut websocket, _) = host.websocket().await;
    for (opcode, last) in [(OpCode::Text, false), (OpCode::Continuation, false), (OpCode::Continuation, true)]
    {
        websocket.send_frame(opcode, last, if opcode == OpCode::Text { b"4bef" } else { b"" }).await;
    }
    websocket.send("4before").await;
    for opcode in [OpCode::Text, OpCode::Continuation, OpCode::Continuation, OpCode::Continuation] {
        websocket.send_frame(opcode, false, b"4").await;
    }
    assert_eq!(websocket.close_code().await, 1008);
    let mut host = host;
    assert_eq!(host.calls.message().await, "bef".into());
    assert_ended(host, ParseError).await;
}
