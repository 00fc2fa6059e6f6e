//! How sessions end, and what follows.

use std::time::Duration;

use engineio::client::{ClientState, Event, Reconnect};
use engineio::{Client, DisconnectReason, Packet, SendError, Server, Transport};
use tokio::sync::mpsc::unbounded_channel;

use super::{Face, Happenings, both, ways};
use crate::support::{Host, echo};

both!(
    a_close_packet_closes,
    aborting_loses_what_waits_and_closing_does_not,
    another_session_follows_and_nothing_is_sent_again,
    dropping_everything_closes_the_session_in_an_orderly_way,
    the_end_is_told_once_and_then_the_stream_ends,
    waiting_for_the_next_attempt_can_be_cancelled,
);

fn quickly() -> Reconnect {
    Reconnect { initial_delay: Duration::from_millis(1), ..Reconnect::default() }
}

fn never() -> Reconnect {
    Reconnect {
        initial_delay: Duration::from_secs(3600),
        max_delay: Duration::from_secs(3600),
        ..Reconnect::default()
    }
}

async fn the_end_is_told_once_and_then_the_stream_ends<C: Face>() {
    let host = Host::echo().await;
    for (way, builder) in ways() {
        let (client, mut events) = C::connect_with(builder, &host.url()).await.unwrap();
        assert!(host.server.disconnect(&client.sid().unwrap()));
        let end = loop {
            match events.next().await.unwrap() {
                Event::Disconnected(end) => break end,
                other => assert!(!matches!(other, Event::Message(_) | Event::Drained), "{way}: {other:?}"),
            }
        };
        assert_eq!(end.reason, DisconnectReason::ServerDisconnect, "{way}: {end}");
        assert!(!end.reconnects);
        assert!(events.next().await.is_none() && events.try_next().is_none(), "{way}");
        assert_eq!(client.try_send("late"), Err(SendError::Closed), "{way}");
        assert_eq!(client.send("late").await, Err(SendError::Closed), "{way}");
        assert_eq!((client.state(), client.is_connected()), (ClientState::Closed, false), "{way}");
        assert_eq!(client.closed().await, Some(end), "{way}");
    }
}

async fn dropping_everything_closes_the_session_in_an_orderly_way<C: Face>() {
    let (told, mut ends) = unbounded_channel();
    let host = Host::start(Server::builder().on_disconnect(move |_, end| {
        let _ = told.send(end.reason);
        async {}
    }))
    .await;
    for (way, builder) in ways() {
        drop(C::connect_with(builder, &host.url()).await.unwrap());
        assert_eq!(ends.recv().await, Some(DisconnectReason::ClientDisconnect), "{way}");
    }
}

async fn aborting_loses_what_waits_and_closing_does_not<C: Face>() {
    let (told, mut messages) = unbounded_channel();
    let host = Host::start(Server::builder().on_message(move |_, message| {
        let _ = told.send(message);
        async {}
    }))
    .await;
    for (way, builder) in ways() {
        let (client, _events) = C::connect_with(builder, &host.url()).await.unwrap();
        for number in 0..200 {
            client.send(number.to_string()).await.unwrap();
        }
        client.close().await;
        assert_eq!(client.closed().await.unwrap().unconfirmed, 0, "{way}");
        for number in 0..200 {
            let message = messages.recv().await.unwrap();
            assert_eq!(message.as_text(), Some(number.to_string().as_str()), "{way}");
        }
    }
    let (client, _events) = C::connect_with(Client::builder().upgrade(false), &host.url()).await.unwrap();
    client.try_send("lost, or on its way").unwrap();
    client.abort();
    let end = client.closed().await.unwrap();
    assert_eq!(end.reason, DisconnectReason::ClientDisconnect);
    assert!(end.unconfirmed <= 1, "{end}");
    assert_eq!(client.flush().await.is_ok(), end.unconfirmed == 0, "{end}");
    client.close().await;
}

async fn a_close_packet_closes<C: Face>() {
    let host = Host::start(echo(Server::builder())).await;
    for (way, builder) in ways() {
        let (client, mut events) = C::connect_with(builder.reconnect(never()), &host.url()).await.unwrap();
        client.send_packet(Packet::Close).unwrap();
        while events.next().await.is_some() {}
        let end = client.closed().await.unwrap();
        assert_eq!((end.reason, end.reconnects), (DisconnectReason::ClientDisconnect, false), "{way}");
    }
}

async fn another_session_follows_and_nothing_is_sent_again<C: Face>() {
    let host = Host::start(echo(Server::builder())).await;
    let builder = Client::builder().transports([Transport::WebSocket]).reconnect(quickly());
    let (client, mut events) = C::connect_with(builder, &host.url()).await.unwrap();
    let first = client.sid().unwrap();
    assert!(matches!(events.next().await, Some(Event::Open(_))));
    assert!(host.server.disconnect(&first));
    assert!(matches!(events.next().await, Some(Event::Disconnected(end)) if end.reconnects));
    assert!(matches!(events.next().await, Some(Event::Reconnecting { attempt: 1, .. })));
    assert!(matches!(events.next().await, Some(Event::Open(open)) if open.sid != first));
    client.send("again").await.unwrap();
    assert_eq!(events.text().await, "again");
    client.close().await;
    assert_eq!(client.state(), ClientState::Closed);
}

async fn waiting_for_the_next_attempt_can_be_cancelled<C: Face>() {
    for abort in [true, false] {
        let host = Host::echo().await;
        let builder = Client::builder().upgrade(false).reconnect(never());
        let (client, mut events) = C::connect_with(builder, &host.url()).await.unwrap();
        assert!(host.server.disconnect(&client.sid().unwrap()));
        while !matches!(events.next().await.unwrap(), Event::Reconnecting { .. }) {}
        assert_eq!(client.state(), ClientState::Reconnecting);
        assert_eq!(client.try_send("x"), Err(SendError::Closed));
        if abort {
            client.abort();
        }
        client.close().await;
        assert!(events.next().await.is_none());
    }
}
