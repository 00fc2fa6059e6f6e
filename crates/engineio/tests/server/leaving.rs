//! What a server that shuts down does for each of its clients.

use std::future::pending;
use std::time::Duration;

use engineio::server::{ConnectRequest, Rejection};
use engineio::{DisconnectReason, Message, Server, Socket};
use engineio_proto::ws::OpCode;
use tokio::io::AsyncWriteExt;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::support::Call;
use crate::support::gate::gate;
use crate::support::http::{field, get, text};
use crate::support::polling::OPEN;
use crate::support::{Dial, Frame, Host, Http, WebSocket, sid};

const GRACE: Duration = Duration::from_secs(10);

/// A shutdown that has begun, and tells how long it took.
async fn shut_down(host: &Host, grace: Duration) -> JoinHandle<Duration> {
    let (server, begun) = (host.server.clone(), Instant::now());
    let stopping = tokio::spawn(async move {
        server.shutdown(grace).await;
        begun.elapsed()
    });
    while !host.server.is_shutting_down() {
        tokio::task::yield_now().await;
    }
    stopping
}

/// A WebSocket that was told of the end.
async fn told(host: &Host, grace: Duration) -> (WebSocket<tokio::io::DuplexStream>, JoinHandle<Duration>) {
    let (mut websocket, _) = host.websocket().await;
    let stopping = shut_down(host, grace).await;
    assert_eq!(websocket.text().await, "1");
    assert_eq!(websocket.close_code().await, 1001);
    (websocket, stopping)
}

#[tokio::test(start_paused = true)]
async fn what_is_on_its_way_over_a_websocket_is_delivered() {
    let mut host = Host::plain();
    let (mut websocket, stopping) = told(&host, GRACE).await;
    for text in ["a", "b"] {
        websocket.send(&format!("4{text}")).await;
        assert_eq!(host.calls.message().await, text.into());
        assert!(!stopping.is_finished());
    }
    websocket.send_frame(OpCode::Close, true, &1001u16.to_be_bytes()).await;
    assert_eq!(host.calls.reason().await, DisconnectReason::Shutdown);
    assert_eq!(websocket.next().await, Frame::End, "its close frame is the answer to ours");
    assert!(stopping.await.unwrap() < Duration::from_secs(1));
    host.calls.none().await;
}

#[tokio::test(start_paused = true)]
async fn what_came_with_the_end_of_the_connection_is_delivered() {
    let mut host = Host::plain();
    let (mut websocket, stopping) = told(&host, GRACE).await;
    websocket.send("4last").await;
    drop(websocket);
    assert_eq!(host.calls.message().await, "last".into());
    assert_eq!(host.calls.reason().await, DisconnectReason::Shutdown);
    assert!(stopping.await.unwrap() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_close_is_read_for_five_seconds() {
    let mut host = Host::plain();
    let (mut websocket, stopping) = told(&host, GRACE).await;
    tokio::time::sleep(Duration::from_millis(4900)).await;
    websocket.send("4late").await;
    websocket.send_frame(OpCode::Ping, true, b"no answer: the close frame was the last").await;
    assert_eq!(host.calls.message().await, "late".into());
    assert_eq!(host.calls.reason().await, DisconnectReason::Shutdown);
    assert_eq!(websocket.next().await, Frame::End);
    assert_eq!(stopping.await.unwrap().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_stops_sending_ends_with_the_grace() {
    let mut host = Host::plain();
    let (websocket, stopping) = told(&host, Duration::from_secs(2)).await;
    let mut flooding = websocket;
    let flood = tokio::spawn(async move {
        loop {
            flooding.send("4more").await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    assert_eq!(stopping.await.unwrap().as_secs(), 2);
    flood.abort();
    for message in 0..19 {
        assert!(matches!(host.calls.next().await, Call::Message(_)), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn reading_goes_on_when_the_application_has_caught_up() {
    let (gate, mut log) = gate();
    let host = Host::start(|builder| {
        builder.max_inbound(1).on_message(move |_: Socket, message: Message| {
            let gate = gate.clone();
            async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                gate.note(message.as_text().unwrap());
            }
        })
    });
    let (mut websocket, stopping) = told(&host, GRACE).await;
    for text in ["4a", "4b", "4c"] {
        websocket.send(text).await;
    }
    websocket.send_frame(OpCode::Close, true, b"").await;
    stopping.await.unwrap();
    assert_eq!(log.so_far(), ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn posts_are_accepted_until_the_last_poll_was_fetched() {
    let mut host = Host::plain();
    let mut polling = host.polling().await;
    host.server.send(&sid(&polling.sid), "last").await.unwrap();
    let stopping = shut_down(&host, GRACE).await;
    polling.post("4a").await;
    assert_eq!(host.calls.message().await, "a".into());
    assert_eq!(polling.poll().await, ["4last", "1"]);
    assert_eq!(host.calls.reason().await, DisconnectReason::Shutdown);
    assert!(stopping.await.unwrap() < Duration::from_secs(1));
    host.calls.none().await;
}

#[tokio::test(start_paused = true)]
async fn a_post_whose_body_is_under_way_is_delivered() {
    let mut host = Host::plain();
    let mut polling = host.polling().await;
    polling.start_poll().await;
    let mut posts = Http::new(host.network.dial().await);
    let uri = polling.uri();
    let head = format!("POST {uri} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\n4he");
    posts.io.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let stopping = shut_down(&host, GRACE).await;
    assert_eq!(polling.polled().await, ["1"]);
    posts.io.write_all(b"llo").await.unwrap();
    assert_eq!(text(&posts.receive().await), "ok");
    assert_eq!(host.calls.message().await, "hello".into());
    assert_eq!(host.calls.reason().await, DisconnectReason::Shutdown);
    assert!(stopping.await.unwrap() < Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_client_on_its_way_to_websocket_is_told_where_it_arrives() {
    let mut host = Host::plain();
    let polling = host.polling().await;
    let mut websocket = polling.start_upgrade().await;
    websocket.send("2probe").await;
    assert_eq!(websocket.text().await, "3probe");
    let stopping = shut_down(&host, GRACE).await;
    websocket.send("5").await;
    websocket.send("4a").await;
    assert_eq!(websocket.text().await, "1");
    assert_eq!(websocket.close_code().await, 1001);
    websocket.send("4b").await;
    websocket.send_frame(OpCode::Close, true, b"").await;
    assert!(matches!(host.calls.next().await, Call::Upgrade(_)));
    for text in ["a", "b"] {
        assert_eq!(host.calls.message().await, text.into());
    }
    assert_eq!(host.calls.reason().await, DisconnectReason::Shutdown);
    assert!(stopping.await.unwrap() < Duration::from_secs(1));
}

/// The probe, its completion and a message in one read.
#[tokio::test(start_paused = true)]
async fn a_probe_is_answered_that_comes_together_with_its_completion() {
    let mut host = Host::plain();
    let polling = host.polling().await;
    let mut websocket = polling.start_upgrade().await;
    let frames = ["2probe", "5", "4hi"].map(|packet| masked(packet.as_bytes()));
    websocket.write(&frames.concat()).await;
    assert_eq!(websocket.text().await, "3probe");
    assert!(matches!(host.calls.next().await, Call::Upgrade(_)));
    assert_eq!(host.calls.message().await, "hi".into());
    host.server.send(&sid(&polling.sid), "moved").await.unwrap();
    assert_eq!(websocket.text().await, "4moved");
}

fn masked(data: &[u8]) -> Vec<u8> {
    crate::support::websocket::masked(OpCode::Text, true, data)
}

/// What a host sees that waits for all requests before it ends, as axum does.
#[tokio::test(start_paused = true)]
async fn requests_that_wait_are_answered_when_the_grace_is_over() {
    let host = Host::start(|builder| {
        builder.on_connect(|_, request: ConnectRequest| async move {
            if request.query().contains("stuck") {
                pending::<()>().await;
            }
            Ok::<(), Rejection>(())
        })
    });
    let polling = host.polling().await;
    let mut posts = Http::new(host.network.dial().await);
    let head = format!("POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\n4he", polling.uri());
    posts.io.write_all(head.as_bytes()).await.unwrap();
    let mut opening = Http::new(host.network.dial().await);
    opening.send(&get(&format!("{OPEN}&stuck=1"))).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let answers = tokio::spawn(async move { (posts.receive().await, opening.receive().await) });
    let stopping = shut_down(&host, Server::GRACE).await;
    let (post, open) = answers.await.unwrap();
    for answer in [post, open] {
        assert_eq!((answer.status().as_u16(), field(&answer, "retry-after")), (503, "5"));
    }
    assert_eq!(stopping.await.unwrap(), Server::GRACE);
}

/// A handler that uses up its task's turn with the first message, which came together with the handshake.
#[tokio::test(start_paused = true)]
async fn the_heartbeat_begins_whatever_the_first_message_does() {
    let lock = std::sync::Arc::new(tokio::sync::Semaphore::new(1));
    let host = Host::start(|builder| {
        builder.on_message(move |_: Socket, _: Message| {
            let lock = std::sync::Arc::clone(&lock);
            async move {
                for _ in 0..400 {
                    let _permit = lock.acquire().await.unwrap();
                }
            }
        })
    });
    for messages in [0, 1, 5] {
        let mut http = Http::new(host.network.dial().await);
        let request = crate::support::websocket::handshake(&get(crate::support::websocket::OPEN));
        let mut bytes = crate::support::http::encode(&request);
        bytes.extend(masked(b"4x").repeat(messages));
        http.io.write_all(&bytes).await.unwrap();
        assert_eq!(http.receive().await.status(), 101);
        let mut websocket = WebSocket::over(http);
        websocket.opened().await;
        let begun = Instant::now();
        let ping = tokio::time::timeout(Duration::from_secs(60), websocket.text()).await;
        assert_eq!(ping.unwrap(), "2", "{messages} messages");
        assert_eq!(begun.elapsed().as_secs(), 25, "{messages} messages");
    }
}
