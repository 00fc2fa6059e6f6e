//! Connecting again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engineio::client::{Event, Reconnect};
use engineio::{Client, Transport};

use crate::support::{Host, Raw, next, page, soon};

fn quickly() -> Reconnect {
    Reconnect { initial_delay: Duration::from_millis(1), ..Reconnect::default() }
}

#[tokio::test]
async fn an_upgrade_is_remembered_where_that_is_wanted() {
    let host = Host::echo().await;
    let connector = Client::builder().remember_upgrade(true).build().unwrap();
    let (client, mut events) = soon(connector.connect(&host.url())).await.unwrap();
    while !matches!(next(&mut events).await, Event::Upgraded) {}
    soon(client.close()).await;
    let (client, _events) = soon(connector.connect(&host.url())).await.unwrap();
    assert_eq!(client.transport(), Transport::WebSocket);
}

#[tokio::test]
async fn the_first_connection_is_tried_again_only_when_asked() {
    let answers = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&answers);
    let raw = Raw::start(move |request| match count.fetch_add(1, Ordering::SeqCst) {
        0..3 => Some(page("503 Service Unavailable", "", "not yet")),
        _ if request.has_sid() => None,
        _ => Some(page(
            "200 OK",
            "",
            r#"0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
        )),
    })
    .await;
    let polling = || Client::builder().transports([Transport::Polling]);
    let error = soon(polling().reconnect(quickly()).connect(&raw.url())).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 503);
    let policy = Reconnect { first_connect: true, ..quickly() };
    let (_client, mut events) = soon(polling().reconnect(policy).connect(&raw.url())).await.unwrap();
    for attempt in 0..2 {
        assert!(
            matches!(next(&mut events).await, Event::ConnectFailed { attempt: found, .. } if found == attempt)
        );
        assert!(
            matches!(next(&mut events).await, Event::Reconnecting { attempt: found, .. } if found == attempt + 1)
        );
    }
    assert!(matches!(next(&mut events).await, Event::Open(_)));
}

#[tokio::test]
async fn attempts_end_at_their_limit() {
    let raw = Raw::start(|_| Some(page("503 Service Unavailable", "", ""))).await;
    let policy = Reconnect { first_connect: true, max_attempts: Some(2), ..quickly() };
    let connector = Client::builder().transports([Transport::Polling]).reconnect(policy).build().unwrap();
    let (client, mut events) = connector.start(&raw.url()).unwrap();
    assert!(soon(client.opened()).await.is_err());
    let mut failed = 0;
    while let Some(event) = soon(events.next()).await {
        failed += usize::from(matches!(event, Event::ConnectFailed { .. }));
    }
    assert_eq!((failed, raw.requests().len()), (3, 3));
    assert!(soon(client.closed()).await.is_none());
}

#[tokio::test]
async fn what_cannot_work_is_not_tried_again() {
    let raw = Raw::start(|_| Some(page("401 Unauthorized", "", ""))).await;
    let policy = Reconnect { first_connect: true, ..quickly() };
    assert!(soon(Client::builder().reconnect(policy).connect(&raw.url())).await.is_err());
    assert_eq!(raw.requests().len(), 1);
}

#[tokio::test]
async fn messages_that_may_be_lost_are_counted() {
    let open =
        r#"0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
    let raw = Raw::start(move |request| match () {
        () if request.is_post() => None,
        () if request.has_sid() => None,
        () => Some(page("200 OK", "", open)),
    })
    .await;
    let (client, _events) = soon(Client::connect(&raw.url())).await.unwrap();
    for _ in 0..3 {
        client.send("x").await.unwrap();
    }
    client.abort();
    assert_eq!(soon(client.closed()).await.unwrap().unconfirmed, 3);
    assert!(soon(client.flush()).await.is_err());
}
