//! The handle to the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engineio::{Packet, SendError, Server, Sid, Transport};

use crate::support::http::{field, get};
use crate::support::polling::OPEN;
use crate::support::{Frame, Host, sid};

#[tokio::test(start_paused = true)]
async fn a_message_goes_to_one_session() {
    let host = Host::plain();
    let (mut websocket, id) = host.websocket().await;
    let (mut other, _) = host.websocket().await;
    host.server.send(&sid(&id), "for you").await.unwrap();
    host.server.send_packet(&sid(&id), Packet::Message(vec![7].into())).unwrap();
    assert_eq!(websocket.text().await, "4for you");
    assert_eq!(websocket.next().await, Frame::Binary(vec![7].into()));
    host.server.broadcast("for all");
    assert_eq!(other.text().await, "4for all");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_sid_is_an_error() {
    let server = Host::plain().server;
    let nobody = sid("nobody");
    assert_eq!(server.send(&nobody, "x").await, Err(SendError::UnknownSession));
    assert_eq!(server.send_packet(&nobody, Packet::Noop), Err(SendError::UnknownSession));
    assert!(!server.disconnect(&nobody));
    assert_eq!(server.transport(&nobody), None);
    assert!(server.socket(&nobody).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_reaches_both_transports() {
    let host = Host::plain();
    let (mut websocket, _) = host.websocket().await;
    let mut polling = host.polling().await;
    for message in [engineio::Message::from("hi"), vec![1, 2, 3].into()] {
        let done = host.server.broadcast(message);
        assert_eq!((done.sent, done.sessions), (2, vec![]));
    }
    assert_eq!(polling.poll().await, ["4hi", "bAQID"]);
    assert_eq!(websocket.text().await, "4hi");
    assert_eq!(websocket.next().await, Frame::Binary(vec![1, 2, 3].into()));
}

#[tokio::test(start_paused = true)]
async fn a_large_broadcast_is_shared() {
    let host = Host::plain();
    let (mut one, _) = host.websocket().await;
    let (mut other, _) = host.websocket().await;
    host.server.broadcast("x".repeat(50_000));
    for websocket in [&mut one, &mut other] {
        assert_eq!(websocket.text().await.len(), 50_001);
    }
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_can_leave_one_out() {
    let host = Host::plain();
    let (mut one, id) = host.websocket().await;
    let (mut other, _) = host.websocket().await;
    assert_eq!(host.server.broadcast_except(&sid(&id), "not you").sent, 1);
    assert_eq!(host.server.broadcast("all").sent, 2);
    assert_eq!(one.text().await, "4all");
    assert_eq!(other.text().await, "4not you");
}

#[tokio::test(start_paused = true)]
async fn send_many_tells_who_was_skipped_and_why() {
    let host = Host::plain();
    let polling = host.polling().await;
    let (mut websocket, id) = host.websocket().await;
    let closing = host.polling().await;
    host.server.disconnect(&sid(&closing.sid));
    let sids = [sid(&id), sid("nobody"), sid(&polling.sid), sid(&closing.sid)];
    let done = host.server.send_many(&sids, "a\u{1e}b");
    assert_eq!(done.sent, 1);
    let wanted = vec![
        (sids[1].clone(), SendError::UnknownSession),
        (sids[2].clone(), SendError::Separator),
        (sids[3].clone(), SendError::Closed),
    ];
    assert_eq!(done.sessions, wanted);
    assert_eq!(websocket.text().await, "4a\u{1e}b");
}

#[tokio::test(start_paused = true)]
async fn all_can_be_disconnected() {
    let mut host = Host::plain();
    let (mut websocket, _) = host.websocket().await;
    let mut polling = host.polling().await;
    host.server.disconnect_all();
    assert_eq!(websocket.text().await, "1");
    assert_eq!(polling.poll().await, ["1"]);
    for _ in 0..2 {
        assert_eq!(host.calls.reason().await.as_str(), "server disconnect");
    }
    let (mut again, _) = host.websocket().await;
    again.sync().await;
    assert_eq!(host.server.sessions().len(), 1, "the server goes on");
}

#[tokio::test(start_paused = true)]
async fn sessions_can_be_listed() {
    let host = Host::plain();
    assert_eq!(host.server.session_count(), 0);
    let mut polling = host.polling().await;
    let (_websocket, id) = host.websocket().await;
    host.server.send(&sid(&polling.sid), "12345").await.unwrap();
    let mut sessions = host.server.sessions();
    sessions.sort_by_key(|info| info.transport);
    assert_eq!(host.server.session_count(), 2);
    assert_eq!(sessions[0].sid, sid(&polling.sid));
    assert_eq!((sessions[0].transport, sessions[0].buffered_bytes), (Transport::Polling, 5));
    assert_eq!(sessions[1].sid, sid(&id));
    assert_eq!((sessions[1].transport, sessions[1].buffered_bytes), (Transport::WebSocket, 0));
    assert_eq!(sessions[1].remote, Some("192.0.2.1:1000".parse().unwrap()));
    assert_eq!(sessions[1].round_trip, None);
    host.server.disconnect(&sid(&polling.sid));
    assert_eq!(host.server.sessions().len(), 1, "one that is closing is not listed");
    assert_eq!(host.server.session_count(), 2, "but counted");
    assert_eq!(polling.poll().await, ["412345", "1"]);
    assert_eq!(host.server.session_count(), 1);
}

#[test]
fn ids_are_long_random_and_safe_in_urls() {
    let server = Server::builder().build().unwrap();
    let ids: std::collections::HashSet<Sid> = (0..1000).map(|_| server.generate_id().unwrap()).collect();
    assert_eq!(ids.len(), 1000);
    for id in ids {
        assert!(id.as_str().len() >= 22, "128 bits in base64");
        assert!(id.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    }
}

#[tokio::test(start_paused = true)]
async fn ids_can_be_the_applications() {
    let count = AtomicUsize::new(0);
    let host = Host::start(|builder| {
        builder.generate_id(move || sid(&format!("id-{}", count.fetch_add(1, Ordering::Relaxed))))
    });
    assert_eq!(host.polling().await.sid, "id-0");
    assert_eq!(host.websocket().await.1, "id-1");
    assert_eq!(host.server.generate_id().unwrap(), sid("id-2"));
}

#[tokio::test(start_paused = true)]
async fn an_id_in_use_is_refused_and_its_session_unharmed() {
    let mut host = Host::start(|builder| builder.generate_id(|| sid("always-the-same")));
    let mut polling = host.polling().await;
    let response = host.http().await.exchange(&get(OPEN)).await;
    assert_eq!(response.status(), 503);
    assert_ne!(field(&response, "retry-after"), "");
    polling.post("4fine").await;
    assert_eq!(host.calls.message().await, "fine".into());
    assert_eq!(host.server.session_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn background_tasks_run_and_return() {
    let server = Server::builder().build().unwrap();
    let sleeping = server.clone();
    let task = server.start_background_task(async move {
        sleeping.sleep(Duration::from_secs(3)).await;
        7
    });
    let begun = tokio::time::Instant::now();
    assert_eq!(task.await.unwrap(), Some(7));
    assert_eq!(begun.elapsed().as_secs(), 3);
}

#[test]
fn it_can_be_used_from_any_thread() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (host, mut websocket, id) = runtime.block_on(async {
        let host = Host::plain();
        let (websocket, id) = host.websocket().await;
        (host, websocket, id)
    });
    let server = host.server.clone();
    let (done, ran) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        server.socket(&sid(&id)).unwrap().try_send("from a thread").unwrap();
        server.broadcast("and another");
        drop(server.start_background_task(async move { done.send(()).unwrap() }));
        server.disconnect(&sid(&id));
    })
    .join()
    .unwrap();
    runtime.block_on(async {
        assert_eq!(websocket.text().await, "4from a thread");
        assert_eq!(websocket.text().await, "4and another");
        assert_eq!(websocket.text().await, "1");
    });
    ran.recv_timeout(Duration::from_secs(60)).unwrap();
}

#[tokio::test(start_paused = true)]
async fn clones_are_the_same_server() {
    let host = Host::plain();
    let clone = Arc::new(host.server.clone());
    let (mut websocket, id) = host.websocket().await;
    clone.send(&sid(&id), "x").await.unwrap();
    assert_eq!(websocket.text().await, "4x");
}
