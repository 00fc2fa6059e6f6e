//! Connecting, sending, receiving, closing, over each way of transport.

use bytes::Bytes;
use engineio::client::{ClientBuilder, ClientState, Event};
use engineio::{Client, DisconnectReason, Message, SendError, Transport};

use crate::support::{Host, next, soon, text};

fn ways() -> [(&'static str, ClientBuilder); 3] {
    [
        ("polling", Client::builder().upgrade(false)),
        ("websocket", Client::builder().transports([Transport::WebSocket])),
        ("upgrade", Client::builder()),
    ]
}

#[tokio::test]
async fn messages_come_back_in_order_over_every_transport() {
    let host = Host::echo().await;
    for (way, builder) in ways() {
        let (client, mut events) = soon(builder.connect(&host.url())).await.unwrap();
        assert_eq!(client.state(), ClientState::Open, "{way}");
        assert!(matches!(next(&mut events).await, Event::Open(open) if open.max_payload == 1_000_000));
        for number in 0..500 {
            client.send(format!("{number}")).await.unwrap();
        }
        for number in 0..500 {
            assert_eq!(text(&mut events).await, number.to_string(), "{way}");
        }
        soon(client.close()).await;
        let end = soon(client.closed()).await.unwrap();
        assert_eq!((end.reason, end.unconfirmed), (DisconnectReason::ClientDisconnect, 0), "{way}");
    }
}

#[tokio::test]
async fn binary_and_large_messages_survive() {
    let host = Host::echo().await;
    for (way, builder) in ways() {
        let (client, mut events) = soon(builder.connect(&host.url())).await.unwrap();
        for message in [
            Message::from(vec![0, 1, 255]),
            Message::from(""),
            Message::from(Bytes::new()),
            Message::from("€".repeat(200_000)),
            Message::from(vec![7; 700_000]),
        ] {
            client.send(message.clone()).await.unwrap();
            assert!(soon(events.next_message()).await == Some(message), "{way}");
        }
    }
}

#[tokio::test]
async fn an_upgrade_is_told_and_seen() {
    let host = Host::echo().await;
    let (client, mut events) = soon(Client::connect(&host.url())).await.unwrap();
    assert_eq!(client.transport(), Transport::Polling);
    assert!(matches!(next(&mut events).await, Event::Open(_)));
    assert!(matches!(next(&mut events).await, Event::Upgraded));
    assert_eq!(client.transport(), Transport::WebSocket);
    assert!(client.round_trip_time().is_some());
    client.send("by WebSocket").await.unwrap();
    assert_eq!(text(&mut events).await, "by WebSocket");
    assert_eq!(host.server.transport(&client.sid().unwrap()), Some(Transport::WebSocket));
}

#[tokio::test]
async fn flush_waits_until_the_transport_has_taken_everything() {
    let host = Host::echo().await;
    for (way, builder) in ways() {
        let (client, _events) = soon(builder.connect(&host.url())).await.unwrap();
        for _ in 0..40 {
            client.send("x").await.unwrap();
        }
        soon(client.flush()).await.unwrap();
        let progress = client.progress();
        assert_eq!((progress.confirmed.count(), progress.queued_bytes), (40, 0), "{way}");
    }
}

#[tokio::test]
async fn the_end_is_told_once_and_then_the_stream_ends() {
    let host = Host::echo().await;
    for (way, builder) in ways() {
        let (client, mut events) = soon(builder.connect(&host.url())).await.unwrap();
        assert!(host.server.disconnect(&client.sid().unwrap()));
        let end = loop {
            match next(&mut events).await {
                Event::Disconnected(end) => break end,
                Event::Open(_) | Event::Upgraded | Event::UpgradeFailed(_) => {}
                other => panic!("{way}: {other:?}"),
            }
        };
        assert_eq!(end.reason, DisconnectReason::ServerDisconnect, "{way}: {end}");
        assert!(!end.reconnects);
        assert!(soon(events.next()).await.is_none(), "{way}");
        assert_eq!(client.try_send("late"), Err(SendError::Closed), "{way}");
        assert_eq!(client.state(), ClientState::Closed, "{way}");
    }
}

#[tokio::test]
async fn what_the_server_does_not_take_is_refused_here_with_both_numbers() {
    let host = Host::start(engineio::Server::builder().max_payload(100)).await;
    let (client, _events) = soon(Client::builder().upgrade(false).connect(&host.url())).await.unwrap();
    let refused = client.try_send("x".repeat(100));
    assert_eq!(refused, Err(SendError::TooLarge { size: 101, limit: 100 }));
    assert_eq!(client.try_send("a\u{1e}b"), Err(SendError::Separator));
    client.try_send("x".repeat(99)).unwrap();
}

#[tokio::test]
async fn dropping_everything_closes_the_session_in_an_orderly_way() {
    let (told, mut ends) = tokio::sync::mpsc::unbounded_channel();
    let host = Host::start(engineio::Server::builder().on_disconnect(move |_, end| {
        let _ = told.send(end.reason);
        async {}
    }))
    .await;
    for (way, builder) in ways() {
        drop(soon(builder.connect(&host.url())).await.unwrap());
        assert_eq!(soon(ends.recv()).await, Some(DisconnectReason::ClientDisconnect), "{way}");
    }
}
