//! Callbacks instead of a stream.

use engineio::{Client, DisconnectReason, Message};
use tokio::sync::mpsc::unbounded_channel;

use crate::support::{Host, soon};

#[tokio::test]
async fn callbacks_are_called_in_order() {
    let host = Host::echo().await;
    let url = host.url();
    let (told, mut calls) = unbounded_channel();
    let (opened, received, ended) = (told.clone(), told.clone(), told);
    let client = Client::builder()
        .on_open(move |client: Client| {
            let _ = opened.send("open".to_owned());
            async move { client.send("hello").await.unwrap() }
        })
        .on_message(move |client: Client, message: Message| {
            let _ = received.send(message.as_text().unwrap().to_owned());
            async move { client.close().await }
        })
        .on_disconnect(move |_, end| {
            let _ = ended.send(end.reason.to_string());
            async {}
        })
        .run(&url);
    let client = soon(client).await.unwrap();
    assert_eq!(soon(client.closed()).await.unwrap().reason, DisconnectReason::ClientDisconnect);
    for expected in ["open", "hello", "client disconnect"] {
        assert_eq!(soon(calls.recv()).await.as_deref(), Some(expected));
    }
}

#[tokio::test]
async fn tasks_in_the_background_are_the_runtimes() {
    let host = Host::echo().await;
    let (client, mut events) = soon(Client::connect(&host.url())).await.unwrap();
    let sender = client.clone();
    let task = client.start_background_task(async move { sender.send("from the background").await });
    soon(task).await.unwrap().unwrap();
    assert_eq!(crate::support::text(&mut events).await, "from the background");
}

#[tokio::test]
async fn a_callback_that_panics_closes_the_client() {
    let (told, mut ends) = unbounded_channel();
    let host = Host::start(crate::support::echo(engineio::Server::builder()).on_disconnect(move |_, end| {
        let _ = told.send(end.reason);
        async {}
    }))
    .await;
    let url = host.url();
    let client = Client::builder().on_message(|_, _| async { panic!("as this test wants it") }).run(&url);
    let client = soon(client).await.unwrap();
    client.send("hello").await.unwrap();
    assert_eq!(soon(client.closed()).await.unwrap().reason, DisconnectReason::ClientDisconnect);
    assert_eq!(soon(ends.recv()).await, Some(DisconnectReason::ClientDisconnect));
}

#[tokio::test]
async fn what_no_callback_takes_goes_to_the_one_for_events() {
    let host = Host::echo().await;
    let (told, mut calls) = unbounded_channel();
    let builder =
        Client::builder().drain_events(true).on_message(|_, _| async {}).on_event(move |_, event| {
            let _ = told.send(format!("{event:?}"));
            async {}
        });
    let client = soon(builder.run(&host.url())).await.unwrap();
    for expected in ["Open", "Upgraded", "Drained", "Disconnected"] {
        if expected == "Drained" {
            client.send("x").await.unwrap();
        }
        if expected == "Disconnected" {
            soon(client.close()).await;
        }
        let call = soon(calls.recv()).await.unwrap();
        assert!(call.starts_with(expected), "{call} instead of {expected}");
    }
}
