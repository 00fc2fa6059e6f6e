//! Nothing is without a limit.

use crate::support::http::{field, get, text};
use crate::support::polling::OPEN;
use crate::support::{Host, Http, WebSocket, sid, websocket};

#[tokio::test(start_paused = true)]
async fn sessions_in_total() {
    let host = Host::start(|builder| builder.max_sessions(2));
    let polling = host.polling().await;
    let (mut websocket, _) = host.websocket().await;
    let response = host.http().await.exchange(&get(OPEN)).await;
    assert_eq!(response.status(), 503);
    assert_eq!(text(&response), r#"{"code":3,"message":"Service unavailable"}"#);
    let seconds: u64 = field(&response, "retry-after").parse().unwrap();
    assert!(seconds > 0);
    let io = host.network.connect("192.0.2.9:1", 1000);
    assert_eq!(WebSocket::try_connect(io, &get(websocket::OPEN)).await.unwrap_err().status(), 503);
    websocket.send("1").await;
    websocket.close_code().await;
    let (mut next, _) = host.websocket().await;
    next.sync().await;
    assert_eq!(host.server.session_count(), 2);
    assert!(host.server.socket(&sid(&polling.sid)).unwrap().is_connected());
}

#[tokio::test(start_paused = true)]
async fn sessions_of_one_address() {
    let host = Host::start(|builder| builder.max_sessions_per_peer(1));
    let from = |remote: &str| Http::new(host.network.connect(remote, 1000));
    assert_eq!(from("192.0.2.1:1").exchange(&get(OPEN)).await.status(), 200);
    assert_eq!(from("192.0.2.1:2").exchange(&get(OPEN)).await.status(), 503, "another port, the same peer");
    assert_eq!(from("192.0.2.2:1").exchange(&get(OPEN)).await.status(), 200);
    assert_eq!(from("[2001:db8::1]:1").exchange(&get(OPEN)).await.status(), 200);
    assert_eq!(from("[2001:db8::2]:1").exchange(&get(OPEN)).await.status(), 503, "the same network");
    assert_eq!(from("[2001:db8:0:1::1]:1").exchange(&get(OPEN)).await.status(), 200);
    assert_eq!(from("[::ffff:192.0.2.1]:1").exchange(&get(OPEN)).await.status(), 503, "IPv4 by another name");
    host.server.disconnect_all();
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert_eq!(from("192.0.2.1:3").exchange(&get(OPEN)).await.status(), 200, "their places are free again");
}

#[tokio::test(start_paused = true)]
async fn a_rejected_client_takes_no_place() {
    let host = Host::start(|builder| {
        builder.max_sessions(1).max_sessions_per_peer(1).on_connect(|_, request| async move {
            if request.query().contains("reject") { Err(engineio::server::Rejection::new()) } else { Ok(()) }
        })
    });
    for _ in 0..3 {
        let response = host.http().await.exchange(&get(&format!("{OPEN}&reject"))).await;
        assert_eq!(response.status(), 403);
    }
    assert_eq!(host.http().await.exchange(&get(OPEN)).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_polls_response_in_bytes() {
    let host = Host::start(|builder| builder.max_payload(100));
    let mut polling = host.polling().await;
    let id = sid(&polling.sid);
    for len in [49, 48, 1, 150] {
        host.server.send(&id, "x".repeat(len)).await.unwrap();
    }
    let lengths = |packets: Vec<String>| packets.iter().map(String::len).collect::<Vec<_>>();
    assert_eq!(lengths(polling.poll().await), [50, 49], "100 with the separator");
    assert_eq!(lengths(polling.poll().await), [2]);
    assert_eq!(lengths(polling.poll().await), [151], "what is larger goes alone");
}

#[tokio::test(start_paused = true)]
async fn a_polls_response_in_packets() {
    let host = Host::start(|builder| builder.max_packets_per_poll(2));
    let mut polling = host.polling().await;
    for text in ["a", "b", "c"] {
        host.server.broadcast(text);
    }
    assert_eq!(polling.poll().await, ["4a", "4b"]);
    assert_eq!(polling.poll().await, ["4c"]);
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_packets_counts_the_handshake() {
    let host = Host::start(|builder| {
        builder.max_packets_per_poll(2).on_connect(|socket: engineio::Socket, _| async move {
            socket.send("a").await.unwrap();
            socket.send("b").await.unwrap();
            Ok::<_, engineio::server::Rejection>(())
        })
    });
    let mut polling = host.polling().await;
    assert_eq!(polling.first, ["4a"]);
    assert_eq!(polling.poll().await, ["4b"]);
}
