//! Messages reach their handler in order, and a handler that waits holds up nothing but its own client.

use std::time::Duration;

use engineio::{Message, Socket};

use crate::support::gate::{Gate, gate};
use crate::support::http::{get, post};
use crate::support::{Dial, Host, Http};

/// A host whose handler passes the gate with each message.
fn gated(gate: &Gate, concurrency: usize) -> Host {
    let (messages, end) = (gate.clone(), gate.clone());
    Host::start(|builder| {
        builder
            .handler_concurrency(concurrency)
            .on_message(move |_, message: Message| {
                let gate = messages.clone();
                async move { gate.pass(message.as_text().unwrap()).await }
            })
            .on_disconnect(move |_, end_of_session| {
                let gate = end.clone();
                async move { gate.note(end_of_session.reason.as_str()) }
            })
    })
}

#[tokio::test(start_paused = true)]
async fn both_kinds_arrive_as_they_were_sent_on_polling() {
    let mut host = Host::plain();
    let mut polling = host.polling().await;
    polling.post("4a\u{1e}bAQID\u{1e}4\u{1e}4\u{e4}").await;
    for message in [Message::from("a"), vec![1, 2, 3].into(), "".into(), "\u{e4}".into()] {
        assert_eq!(host.calls.message().await, message);
    }
}

#[tokio::test(start_paused = true)]
async fn both_kinds_arrive_as_they_were_sent_on_websocket() {
    use engineio_proto::ws::OpCode;
    let mut host = Host::plain();
    let (mut websocket, _) = host.websocket().await;
    websocket.send("4a").await;
    websocket.send_frame(OpCode::Binary, true, &[1, 2, 3]).await;
    websocket.send("bAQID").await;
    websocket.send_frame(OpCode::Text, false, b"4").await;
    websocket.send_frame(OpCode::Continuation, true, "\u{e4}".as_bytes()).await;
    for message in [Message::from("a"), vec![1, 2, 3].into(), vec![1, 2, 3].into(), "\u{e4}".into()] {
        assert_eq!(host.calls.message().await, message);
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_messages_keep_their_order() {
    let mut host = Host::plain();
    let (mut websocket, _) = host.websocket().await;
    let mut polling = host.polling().await;
    let body: Vec<String> = (0..1000).map(|number| format!("4p{number}")).collect();
    polling.post(&body.join("\u{1e}")).await;
    for number in 0..1000 {
        assert_eq!(host.calls.message().await, format!("p{number}").into());
    }
    for number in 0..1000 {
        websocket.send(&format!("4w{number}")).await;
    }
    for number in 0..1000 {
        assert_eq!(host.calls.message().await, format!("w{number}").into());
    }
}

#[tokio::test(start_paused = true)]
async fn answers_keep_the_order_of_messages() {
    let host = Host::start(|builder| {
        builder.on_message(|socket: Socket, message: Message| async move {
            tokio::task::yield_now().await;
            socket.send(message).await.unwrap();
        })
    });
    let mut polling = host.polling().await;
    polling.post("4a\u{1e}4b").await;
    polling.post("4c").await;
    let mut websocket = polling.upgrade_with(["4a", "4b", "4c"]).await;
    for text in ["4d", "4e", "4f"] {
        websocket.send(text).await;
    }
    for text in ["4d", "4e", "4f"] {
        assert_eq!(websocket.text().await, text);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_handler_messages_are_dropped() {
    let server = engineio::Server::builder().build().unwrap();
    let (network, listener) = crate::support::memory::network();
    let serving = server.clone();
    tokio::spawn(async move { serving.serve(listener).await });
    let (mut websocket, sid) = crate::support::WebSocket::open(&network).await;
    for _ in 0..1000 {
        websocket.send("4nobody listens").await;
    }
    server.send(&crate::support::sid(&sid), "still here").await.unwrap();
    assert_eq!(websocket.text().await, "4still here");
}

#[tokio::test(start_paused = true)]
async fn one_client_is_handled_one_message_at_a_time() {
    let (gate, mut log) = gate();
    let host = gated(&gate, 1);
    let mut polling = host.polling().await;
    polling.post("4a\u{1e}4b").await;
    log.expect(["a comes"]).await;
    polling.post("4c").await;
    log.assert_empty();
    gate.open(3);
    log.expect(["a goes", "b comes", "b goes", "c comes", "c goes"]).await;
}

#[tokio::test(start_paused = true)]
async fn clients_are_handled_in_parallel() {
    let (gate, mut log) = gate();
    let host = gated(&gate, 1);
    let (mut one, _) = host.websocket().await;
    let (mut other, _) = host.websocket().await;
    one.send("4a").await;
    log.expect(["a comes"]).await;
    other.send("4b").await;
    log.expect(["b comes"]).await;
}

#[tokio::test(start_paused = true)]
async fn handlers_of_one_client_overlap_up_to_the_concurrency() {
    let (gate, mut log) = gate();
    let host = gated(&gate, 2);
    let (mut websocket, _) = host.websocket().await;
    for text in ["4a", "4b", "4c", "1"] {
        websocket.send(text).await;
    }
    log.expect(["a comes", "b comes"]).await;
    assert_eq!(websocket.close_code().await, 1000);
    log.assert_empty();
    gate.open(1);
    log.expect(["a goes", "c comes"]).await;
    gate.open(1);
    log.expect(["b goes"]).await;
    log.assert_empty();
    gate.open(1);
    log.expect(["c goes", "client disconnect"]).await;
}

#[tokio::test(start_paused = true)]
async fn overlapping_handlers_take_what_comes_later() {
    let (gate, mut log) = gate();
    let host = gated(&gate, 2);
    let mut polling = host.polling().await;
    polling.post("4a").await;
    log.expect(["a comes"]).await;
    polling.post("4b").await;
    log.expect(["b comes"]).await;
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_for_the_messages_before_it() {
    let (gate, mut log) = gate();
    let host = gated(&gate, 1);
    let mut polling = host.polling().await;
    polling.post("4a\u{1e}4b\u{1e}1\u{1e}4ignored").await;
    log.expect(["a comes"]).await;
    gate.open(9);
    log.expect(["a goes", "b comes", "b goes", "client disconnect"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_pending_handler_does_not_stop_the_heartbeat() {
    let (gate, mut log) = gate();
    let host = gated(&gate, 1);
    let (mut websocket, _) = host.websocket().await;
    let mut polling = host.polling().await;
    websocket.send("4a").await;
    polling.post("4b").await;
    log.expect(["a comes", "b comes"]).await;
    for _ in 0..5 {
        assert_eq!(websocket.text().await, "2");
        websocket.send("3").await;
        assert_eq!(polling.poll().await, ["2"]);
        polling.post("3").await;
    }
    log.assert_empty();
    gate.open(2);
    log.expect(["a goes", "b goes"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_is_not_read_while_too_much_waits() {
    let (gate, mut log) = gate();
    let messages = gate.clone();
    let host = Host::start(|builder| {
        builder.max_inbound(2).on_message(move |_, message: Message| {
            let gate = messages.clone();
            async move { gate.pass(message.as_text().unwrap()).await }
        })
    });
    let mut websocket = crate::support::WebSocket::connect(
        host.network.connect("192.0.2.1:1000", 16),
        &get(crate::support::websocket::OPEN),
    )
    .await;
    websocket.opened().await;
    for text in ["4a", "4b", "4c", "4d"] {
        websocket.send(text).await;
    }
    log.expect(["a comes"]).await;
    let stuck = websocket.send("4and more than what the connection's buffers hold");
    assert!(tokio::time::timeout(Duration::from_secs(100), stuck).await.is_err());
    log.assert_empty();
    gate.open(4);
    // No pong was read in all that time; that was our doing, and the session goes on.
    log.expect(["a goes", "b comes", "b goes", "c comes", "c goes", "d comes", "d goes"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_post_is_accepted_while_its_handler_is_pending_and_waits_only_for_room() {
    let (gate, mut log) = gate();
    let host = gated(&gate, 1);
    let mut polling = host.polling().await;
    polling.post("4a\u{1e}4b").await;
    log.expect(["a comes"]).await;
    polling.post("4c").await;
    let mut http = host.http().await;
    http.send(&post(&polling.uri(), "4d")).await;
    let waiting = tokio::time::timeout(Duration::from_secs(20), http.io_readable()).await;
    assert!(waiting.is_err(), "two bodies wait, and a third one does too");
    gate.open(2);
    assert_eq!(http.receive().await.status(), 200);
    gate.open(2);
    log.expect(["a goes", "b comes", "b goes", "c comes", "c goes", "d comes", "d goes"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_runs_to_its_end_without_the_client() {
    let (gate, mut log) = gate();
    let host = gated(&gate, 1);
    let polling = host.polling().await;
    let mut http = Http::new(host.network.dial().await);
    http.send(&post(&polling.uri(), "4posted")).await;
    log.expect(["posted comes"]).await;
    drop((polling, http));
    let (mut websocket, _) = host.websocket().await;
    websocket.send("4framed").await;
    log.expect(["framed comes"]).await;
    drop(websocket);
    gate.open(2);
    log.expect(["posted goes", "framed goes", "transport close"]).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_websocket_sends_comes_after_what_was_posted_before_the_upgrade() {
    let mut host = Host::plain();
    let mut polling = host.polling().await;
    let mut posting = host.http().await;
    let request = crate::support::http::encode(&post(&polling.uri(), "4posted"));
    let (head, body) = request.split_at(request.len() - "4posted".len());
    posting.write(head).await;
    let mut websocket = polling.start_upgrade().await;
    websocket.send("2probe").await;
    assert_eq!(websocket.text().await, "3probe");
    assert_eq!(polling.poll().await, ["6"]);
    websocket.send("5").await;
    websocket.send("4framed").await;
    websocket.sync().await;
    posting.write(body).await;
    assert_eq!(posting.receive().await.status(), 200);
    assert_eq!(host.calls.message().await, "posted".into());
    assert!(matches!(host.calls.next().await, crate::support::Call::Upgrade(_)));
    assert_eq!(host.calls.message().await, "framed".into());
}
