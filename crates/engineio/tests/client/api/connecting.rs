//! How sessions begin, or do not.

use engineio::client::{ClientState, Event, Phase, Reconnect};
use engineio::{Client, SendError};

use super::{Face, Happenings, both};
use crate::support::{Host, Raw, page};

both!(
    a_url_that_is_none_is_refused_at_once,
    nobody_listens,
    settings_that_cannot_work_are_refused_with_their_name,
    starting_does_not_wait_and_opened_does,
    what_the_server_says_is_in_the_error,
);

async fn nobody_listens<C: Face>() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = C::connect(&format!("http://{closed}")).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Connect, "{error:?}");
    assert!(error.to_string().contains("nothing listens there"), "{error}");
}

async fn a_url_that_is_none_is_refused_at_once<C: Face>() {
    for url in ["", "example.com", "ftp://example.com", "http://user:secret@"] {
        let error = C::connect(url).await.unwrap_err();
        assert_eq!(error.phase(), Phase::Url, "{url:?}");
        assert!(error.is_permanent() && !error.to_string().contains("secret"), "{error}");
    }
}

async fn settings_that_cannot_work_are_refused_with_their_name<C: Face>() {
    let error = C::connect_with(Client::builder().transports([]), "http://h").await.unwrap_err();
    assert_eq!(error.phase(), Phase::Settings);
    assert!(error.to_string().contains("`transports`"), "{error}");
}

async fn what_the_server_says_is_in_the_error<C: Face>() {
    let raw = Raw::start(|_| Some(page("401 Unauthorized", "", r#"{"reason":"no token"}"#))).await;
    let error = C::connect(&raw.url()).await.unwrap_err();
    assert_eq!((error.phase(), error.status().unwrap().as_u16()), (Phase::Handshake, 401));
    assert_eq!(error.body().unwrap(), r#"{"reason":"no token"}"#);
    assert!(error.to_string().contains("bearer_auth"), "{error}");
}

async fn starting_does_not_wait_and_opened_does<C: Face>() {
    let host = Host::echo().await;
    let policy = Reconnect { first_connect: true, ..Reconnect::default() };
    let connector = Client::builder().reconnect(policy).build().unwrap();
    let (client, mut events) = C::start(&connector, &host.url()).unwrap();
    client.opened().await.unwrap();
    client.opened().await.unwrap();
    assert_eq!(client.state(), ClientState::Open);
    assert!(matches!(events.next().await, Some(Event::Open(_))));

    // A server that never answers.
    let raw = Raw::start(|_| None).await;
    let (client, mut events) = C::start(&connector, &raw.url()).unwrap();
    assert_eq!((client.state(), client.sid()), (ClientState::Connecting, None));
    assert_eq!(client.try_send("early"), Err(SendError::NotOpen));
    assert_eq!(client.send("early").await, Err(SendError::NotOpen));
    client.abort();
    assert_eq!(client.opened().await.unwrap_err().phase(), Phase::Closed);
    assert!(matches!(events.next().await, Some(Event::ConnectFailed { attempt: 0, .. })));
    assert!(events.next().await.is_none() && client.closed().await.is_none());
}
