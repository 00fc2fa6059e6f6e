//! Servers of other versions of the protocol.

use std::time::Duration;

use engineio::client::{Event, Phase};
use engineio::{Transport, client::ConnectError};
use tokio::time::Instant;

use crate::support::{Raw, frame, network, next, page, soon, switch};

const OPEN: &str = r#"0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;

/// The error of a client of a server that answers polling with `body` and a WebSocket with these messages.
async fn refused(transport: Transport, body: Vec<u8>, messages: &'static [&str]) -> ConnectError {
    let (network, memory) = network();
    let raw = Raw::on(memory, move |request| match switch(request) {
        Some(head) => Some([head, messages.iter().flat_map(|message| frame(message)).collect()].concat()),
        None => Some(page("200 OK", "", body.clone())),
    });
    // Another transport is not tried: it would be the same there.
    let other = if transport == Transport::Polling { Transport::WebSocket } else { Transport::Polling };
    let begun = Instant::now();
    let error = soon(network.client().transports([transport, other]).connect("http://h")).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_millis(100), "at once");
    assert_eq!(raw.requests().len(), 1);
    error
}

#[tokio::test(start_paused = true)]
async fn a_server_of_version_3_is_named_at_once() {
    let packet = OPEN.as_bytes();
    let text = format!("{}:{OPEN}2:40", OPEN.len()).into_bytes();
    let binary = [&[0, 6, 9, 255], packet, &[0, 2, 255], b"40"].concat();
    for error in [
        refused(Transport::Polling, text, &[]).await,
        refused(Transport::Polling, binary, &[]).await,
        refused(Transport::WebSocket, Vec::new(), &[OPEN, "40"]).await,
    ] {
        assert_eq!((error.phase(), error.is_permanent()), (Phase::Open, true), "{error}");
        assert!(error.to_string().contains("this server speaks Engine.IO 3"), "{error}");
        assert!(error.to_string().contains("Socket.IO 3"), "what to change: {error}");
    }
}

/// Early servers of version 4 do not tell their limit either.
#[tokio::test(start_paused = true)]
async fn an_early_server_of_version_4_is_none_of_version_3() {
    for (messages, wanted) in [(&["4hello"][..], Some("hello")), (&["400"], Some("00")), (&[], None)] {
        let (network, memory) = network();
        let _raw = Raw::on(memory, move |request| {
            let frames = [OPEN].iter().chain(messages).flat_map(|message| frame(message));
            Some([switch(request)?, frames.collect()].concat())
        });
        let builder = network.client().transports([Transport::WebSocket]);
        let (client, mut events) = soon(builder.connect("http://h")).await.unwrap();
        assert!(matches!(next(&mut events).await, Event::Open(_)));
        if let Some(wanted) = wanted {
            assert_eq!(next(&mut events).await.into_message().unwrap().as_text(), Some(wanted));
        }
        client.send("hello").await.unwrap();
    }
}

/// The application's first message may be that very text.
#[tokio::test(start_paused = true)]
async fn a_server_that_tells_its_limit_is_of_version_4() {
    let (network, memory) = network();
    let _raw = Raw::on(memory, |request| {
        let open = OPEN.replace("20000}", "20000,\"maxPayload\":9}");
        Some([switch(request)?, frame(&open), frame("40")].concat())
    });
    let builder = network.client().transports([Transport::WebSocket]);
    let (_client, mut events) = soon(builder.connect("http://h")).await.unwrap();
    assert_eq!(events.next_message().await.unwrap().as_text(), Some("0"));
}
