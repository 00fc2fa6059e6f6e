//! What a client says of itself.

use std::time::{Duration, Instant};

use engineio::client::{ClientState, Event};
use engineio::{Server, Transport};

use super::{Face, Happenings, both, ways};
use crate::support::Host;

both!(a_client_knows_its_session, events_are_there_or_not, sleeping_is_waiting);

async fn a_client_knows_its_session<C: Face>() {
    let server = Server::builder().ping_interval(Duration::from_millis(7500)).max_payload(12_345);
    let host = Host::start(server).await;
    for (way, builder) in ways() {
        let address = host.url();
        let url = address.replace("http://", "ws://user:secret@");
        let (client, _events) = C::connect_with(builder, &format!("{url}/?token=x")).await.unwrap();
        let open = client.open_packet().unwrap();
        assert_eq!((open.ping_interval.as_millis(), open.ping_timeout.as_secs()), (7500, 20), "{way}");
        assert_eq!((open.max_payload, Some(&open.sid)), (12_345, client.sid().as_ref()), "{way}");
        assert!(host.server.socket(&open.sid).is_some(), "{way}");
        assert_eq!((client.state(), client.is_connected()), (ClientState::Open, true), "{way}");
        assert_eq!(client.url(), format!("{address}/engine.io/"), "no secrets");
        assert!(client.round_trip_time().is_some(), "{way}");
        assert_eq!((client.protocol(), client.progress().accepted.count()), (None, 0), "{way}");
        if way != "upgrade" {
            let transport = if way == "polling" { Transport::Polling } else { Transport::WebSocket };
            assert_eq!(client.transport(), transport);
        }
        assert!(!format!("{client:?}").contains("secret"), "{client:?}");
    }
}

async fn events_are_there_or_not<C: Face>() {
    let host = Host::echo().await;
    for (way, builder) in ways().into_iter().take(2) {
        let (client, mut events) = C::connect_with(builder, &host.url()).await.unwrap();
        assert!(matches!(events.try_next(), Some(Event::Open(_))), "{way}");
        assert!(events.try_next().is_none(), "{way}");
        client.send("x").await.unwrap();
        assert_eq!(events.text().await, "x", "{way}");
        assert!(events.try_next().is_none(), "{way}");
    }
}

async fn sleeping_is_waiting<C: Face>() {
    let host = Host::echo().await;
    let (client, _events) = C::connect(&host.url()).await.unwrap();
    let before = Instant::now();
    client.sleep(Duration::from_millis(5)).await;
    assert!(before.elapsed() >= Duration::from_millis(5));
    assert!(client.is_connected());
}
