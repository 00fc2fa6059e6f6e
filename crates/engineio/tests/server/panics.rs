//! A handler that panics ends its own session, and no other.

use engineio::{DisconnectReason, Message, Socket};

use crate::support::http::get;
use crate::support::{Call, Frame, Host};

fn panicking() -> Host {
    Host::start(|builder| {
        builder.on_message(|socket: Socket, message: Message| {
            assert_ne!(message.as_text(), Some("at once"), "on purpose");
            async move {
                tokio::task::yield_now().await;
                assert_ne!(message.as_text(), Some("later"), "on purpose");
                socket.send(message).await.unwrap();
            }
        })
    })
}

#[tokio::test(start_paused = true)]
async fn a_message_handler_ends_its_session_on_websocket() {
    let mut host = panicking();
    let (mut bystander, _) = host.websocket().await;
    for text in ["4at once", "4later"] {
        let (mut websocket, _) = host.websocket().await;
        websocket.send("4fine").await;
        assert_eq!(websocket.text().await, "4fine");
        websocket.send(text).await;
        assert_eq!(websocket.text().await, "1");
        assert_eq!(websocket.close_code().await, 1011);
        assert_eq!(host.calls.reason().await, DisconnectReason::HandlerPanicked);
    }
    bystander.send("4alive").await;
    assert_eq!(bystander.text().await, "4alive");
    assert_eq!(host.server.sessions().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_handler_ends_its_session_on_polling() {
    let mut host = panicking();
    for text in ["4at once", "4later"] {
        let mut polling = host.polling().await;
        polling.start_poll().await;
        polling.post(text).await;
        assert_eq!(polling.polled().await, ["1"]);
        assert_eq!(host.calls.reason().await, DisconnectReason::HandlerPanicked);
    }
    host.calls.none().await;
    assert_eq!(host.server.session_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn messages_behind_it_are_still_handled() {
    let (gate, mut log) = crate::support::gate::gate();
    let mut host = Host::start(|builder| {
        builder.on_message(move |_, message: Message| {
            let gate = gate.clone();
            async move {
                assert_ne!(message.as_text(), Some("bad"), "on purpose");
                gate.note(message.as_text().unwrap());
            }
        })
    });
    let mut polling = host.polling().await;
    polling.post("4a\u{1e}4bad\u{1e}4b").await;
    log.expect(["a", "b"]).await;
    assert_eq!(host.calls.reason().await, DisconnectReason::HandlerPanicked);
}

#[tokio::test(start_paused = true)]
async fn the_other_handlers_are_caught_as_well() {
    let mut host = Host::start(|builder| {
        builder.on_upgrade(|_| async { panic!("on purpose") }).on_drain(|socket: Socket| async move {
            assert_ne!(socket.session::<&str>(), Some("panic"), "on purpose");
        })
    });
    let mut websocket = host.polling().await.upgrade().await;
    assert_eq!(websocket.text().await, "1");
    assert_eq!(websocket.close_code().await, 1011);
    assert_eq!(host.calls.reason().await, DisconnectReason::HandlerPanicked);
    let (mut websocket, id) = host.websocket().await;
    let socket = host.server.socket(&crate::support::sid(&id)).unwrap();
    socket.save_session("panic");
    socket.send("drained").await.unwrap();
    assert_eq!(websocket.text().await, "4drained");
    assert_eq!(websocket.text().await, "1");
    assert_eq!(host.calls.reason().await, DisconnectReason::HandlerPanicked);
}

#[tokio::test(start_paused = true)]
async fn a_disconnect_handler_cannot_hold_the_session() {
    let host = Host::start(|builder| builder.on_disconnect(|_, _| async { panic!("on purpose") }));
    let (mut websocket, _) = host.websocket().await;
    websocket.send("1").await;
    assert_eq!(websocket.close_code().await, 1000);
    assert_eq!(websocket.next().await, Frame::End);
    assert_eq!(host.server.session_count(), 0);
    let response = host.http().await.exchange(&get("/engine.io/?EIO=4&transport=polling")).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn overlapping_handlers_of_the_session_run_to_their_end() {
    let (gate, mut log) = crate::support::gate::gate();
    let passing = gate.clone();
    let mut host = Host::start(|builder| {
        builder.handler_concurrency(2).on_message(move |_, message: Message| {
            let gate = passing.clone();
            async move {
                assert_ne!(message.as_text(), Some("bad"), "on purpose");
                gate.pass(message.as_text().unwrap()).await;
            }
        })
    });
    let (mut websocket, _) = host.websocket().await;
    websocket.send("4a").await;
    log.expect(["a comes"]).await;
    websocket.send("4bad").await;
    assert_eq!(websocket.text().await, "1");
    gate.open(1);
    log.expect(["a goes"]).await;
    assert!(matches!(
        host.calls.next().await,
        Call::Disconnect(end) if end.reason == DisconnectReason::HandlerPanicked
    ));
}
