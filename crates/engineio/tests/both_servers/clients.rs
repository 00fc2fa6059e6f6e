//! How clients come, speak and go.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use engineio::client::Event;
use engineio::server::Rejection;
use engineio::{Client, DisconnectReason, Message, SendError, Transport};
use tokio::sync::mpsc::unbounded_channel;

use crate::both;
use crate::face::{Handlers, ServerFace, SocketFace};
use crate::ways::ways;

both!(
    a_connect_handler_greets_and_rejects,
    connect_messages_and_one_disconnect_come_in_this_order,
    drains_are_told,
    messages_can_be_json,
    messages_come_back_over_every_transport,
    upgrades_are_told_and_keep_the_session,
    what_a_socket_sends_is_flushed,
);

async fn messages_come_back_over_every_transport<S: ServerFace>() {
    let (_server, url) = S::start(Handlers::default()).await;
    for (way, builder) in ways() {
        let (client, mut events) = builder.connect(&url).await.unwrap();
        let messages = [
            Message::from("text"),
            Message::from(""),
            Message::from(vec![0, 255]),
            Message::from("€".repeat(100_000)),
            Message::from(vec![7; 500_000]),
        ];
        for message in &messages {
            client.send(message.clone()).await.unwrap();
        }
        for message in messages {
            assert!(events.next_message().await == Some(message), "{way}");
        }
    }
}

async fn messages_can_be_json<S: ServerFace>() {
    let handlers = Handlers::<S::Socket>::default().on_message(|socket, message| {
        let numbers = message.parse_json::<Vec<u32>>().unwrap();
        socket.try_send(Message::json(&numbers.iter().sum::<u32>()).unwrap()).unwrap();
    });
    let (_server, url) = S::start(handlers).await;
    let (client, mut events) = Client::connect(&url).await.unwrap();
    client.send(Message::json(&[1, 2, 3]).unwrap()).await.unwrap();
    assert_eq!(events.next_message().await.unwrap().parse_json::<u32>().unwrap(), 6);
}

async fn a_connect_handler_greets_and_rejects<S: ServerFace>() {
    let (ended, mut ends) = unbounded_channel();
    let handlers = Handlers::<S::Socket>::default()
        .on_connect(|socket, request| {
            assert!(request.headers().contains_key("x-name"), "{request:?}");
            if request.query().contains("token=right") {
                socket.try_send("welcome").map_err(|error| Rejection::new().with_message(&error.to_string()))
            } else {
                Err(Rejection::new().with_message("wrong token"))
            }
        })
        .on_disconnect(move |_, end| ended.send(end.reason).unwrap());
    let (server, url) = S::start(handlers).await;
    for (way, builder) in ways() {
        let named = builder.header("x-name", "me");
        let (client, mut events) = named.connect(&format!("{url}?token=right")).await.unwrap();
        assert_eq!(events.next_message().await.unwrap().as_text(), Some("welcome"), "{way}");
        client.close().await;
        assert_eq!(ends.recv().await, Some(DisconnectReason::ClientDisconnect), "{way}");
    }
    for transport in [Transport::Polling, Transport::WebSocket] {
        let builder = Client::builder().transports([transport]).header("x-name", "me");
        let error = builder.connect(&format!("{url}?token=wrong")).await.unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), 403, "{error}");
        assert!(error.body().unwrap().contains("wrong token"), "{error}");
    }
    // Waits for the last handlers, after which sessions are forgotten.
    server.shutdown(Duration::from_secs(30)).await;
    assert_eq!(server.session_count(), 0, "the three have gone, and no other came");
    ends.try_recv().expect_err("who was rejected has no end");
}

async fn connect_messages_and_one_disconnect_come_in_this_order<S: ServerFace>() {
    let told = Arc::new(Mutex::new(Vec::<String>::new()));
    let (ended, mut ends) = unbounded_channel();
    let (connects, messages, disconnects) = (Arc::clone(&told), Arc::clone(&told), Arc::clone(&told));
    let handlers = Handlers::<S::Socket>::default()
        .on_connect(move |_, _| {
            connects.lock().unwrap().push("connect".to_owned());
            Ok(())
        })
        .on_message(move |_, message| messages.lock().unwrap().push(message.as_text().unwrap().to_owned()))
        .on_disconnect(move |socket, end| {
            assert!(!socket.is_connected());
            disconnects.lock().unwrap().push(end.reason.to_string());
            ended.send(end.reason).unwrap();
        });
    let (_server, url) = S::start(handlers).await;
    for (way, builder) in ways() {
        let (client, _events) = builder.connect(&url).await.unwrap();
        for number in 0..100 {
            client.send(number.to_string()).await.unwrap();
        }
        client.close().await;
        assert_eq!(ends.recv().await, Some(DisconnectReason::ClientDisconnect), "{way}");
        let mut expected = vec!["connect".to_owned()];
        expected.extend((0..100).map(|number| number.to_string()));
        expected.push("client disconnect".to_owned());
        assert_eq!(std::mem::take(&mut *told.lock().unwrap()), expected, "{way}");
    }
}

async fn upgrades_are_told_and_keep_the_session<S: ServerFace>() {
    let (told, mut upgrades) = unbounded_channel();
    let handlers = Handlers::<S::Socket>::default().on_upgrade(move |socket| {
        told.send((socket.sid().clone(), socket.transport())).unwrap();
    });
    let (server, url) = S::start(handlers).await;
    let (client, mut events) = Client::connect(&url).await.unwrap();
    let sid = client.sid().unwrap();
    while !matches!(events.next().await, Some(Event::Upgraded)) {}
    assert_eq!(upgrades.recv().await, Some((sid.clone(), Transport::WebSocket)));
    assert_eq!(server.transport(&sid), Some(Transport::WebSocket));
    server.send(&sid, "after").await.unwrap();
    assert_eq!(events.next_message().await.unwrap().as_text(), Some("after"));
}

async fn drains_are_told<S: ServerFace>() {
    let (told, mut drains) = unbounded_channel();
    let handlers = Handlers::<S::Socket>::default().on_drain(move |socket| {
        told.send((socket.sid().clone(), socket.buffered_bytes())).unwrap();
    });
    let (_server, url) = S::start(handlers).await;
    let (client, mut events) =
        Client::builder().transports([Transport::WebSocket]).connect(&url).await.unwrap();
    client.send("x").await.unwrap();
    assert!(events.next_message().await.is_some());
    assert_eq!(drains.recv().await, Some((client.sid().unwrap(), 0)));
}

async fn what_a_socket_sends_is_flushed<S: ServerFace>() {
    let (server, url) = S::start(Handlers::default()).await;
    for (way, builder) in ways() {
        let (client, mut events) = builder.connect(&url).await.unwrap();
        let socket = server.socket(&client.sid().unwrap()).unwrap();
        for number in 0..100 {
            socket.send(number.to_string()).await.unwrap();
        }
        socket.flush().await.unwrap();
        assert_eq!(socket.buffered_bytes(), 0, "{way}");
        for number in 0..100 {
            let message = events.next_message().await.unwrap();
            assert_eq!(message.as_text(), Some(number.to_string().as_str()), "{way}");
        }
        socket.disconnect();
        assert_eq!(socket.try_send("late"), Err(SendError::Closed), "{way}");
        assert_eq!(client.closed().await.unwrap().reason, DisconnectReason::ServerDisconnect, "{way}");
    }
}
