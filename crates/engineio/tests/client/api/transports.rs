//! Messages over each way of transport.

use bytes::Bytes;
use engineio::client::{ClientState, Event};
use engineio::{Client, DisconnectReason, Message, Transport};

use super::{Face, Happenings, both, ways};
use crate::support::Host;

both!(
    an_upgrade_is_told_and_seen,
    binary_and_large_messages_survive,
    messages_come_back_in_order_over_every_transport,
    sub_protocols_are_offered_and_the_choice_is_told,
);

async fn messages_come_back_in_order_over_every_transport<C: Face>() {
    let host = Host::echo().await;
    for (way, builder) in ways() {
        let (client, mut events) = C::connect_with(builder, &host.url()).await.unwrap();
        assert_eq!(client.state(), ClientState::Open, "{way}");
        assert!(matches!(events.next().await, Some(Event::Open(open)) if open.max_payload == 1_000_000));
        for number in 0..500 {
            client.send(format!("{number}")).await.unwrap();
        }
        for number in 0..500 {
            assert_eq!(events.text().await, number.to_string(), "{way}");
        }
        client.close().await;
        let end = client.closed().await.unwrap();
        assert_eq!((end.reason, end.unconfirmed), (DisconnectReason::ClientDisconnect, 0), "{way}");
    }
}

async fn binary_and_large_messages_survive<C: Face>() {
    let host = Host::echo().await;
    for (way, builder) in ways() {
        let (client, mut events) = C::connect_with(builder, &host.url()).await.unwrap();
        for message in [
            Message::from(vec![0, 1, 255]),
            Message::from(""),
            Message::from(Bytes::new()),
            Message::from("€".repeat(200_000)),
            Message::from(vec![7; 700_000]),
        ] {
            client.send(message.clone()).await.unwrap();
            assert!(events.next_message().await == Some(message), "{way}");
        }
    }
}

async fn an_upgrade_is_told_and_seen<C: Face>() {
    let host = Host::echo().await;
    let (client, mut events) = C::connect(&host.url()).await.unwrap();
    assert_eq!(client.open_packet().unwrap().upgrades, [Transport::WebSocket]);
    assert!(matches!(events.next().await, Some(Event::Open(_))));
    assert!(matches!(events.next().await, Some(Event::Upgraded)));
    assert_eq!(client.transport(), Transport::WebSocket);
    client.send("by WebSocket").await.unwrap();
    assert_eq!(events.text().await, "by WebSocket");
    assert_eq!(host.server.transport(&client.sid().unwrap()), Some(Transport::WebSocket));
}

async fn sub_protocols_are_offered_and_the_choice_is_told<C: Face>() {
    let host = Host::echo().await;
    let builder = Client::builder().transports([Transport::WebSocket]).protocols(["chat", "other"]);
    let (client, _events) = C::connect_with(builder, &host.url()).await.unwrap();
    assert_eq!(client.protocol().as_deref(), Some("chat"));
}
