//! What may be sent, and when it has left.

use engineio::client::Overflow;
use engineio::{Client, Message, Packet, Prepared, SendError, Server, Socket};
use tokio::sync::Semaphore;

use super::{Face, Happenings, both, ways};
use crate::support::Host;

both!(
    a_full_queue_is_waited_for_or_told,
    flush_waits_until_the_transport_has_taken_everything,
    handles_can_be_used_from_many_threads,
    prepared_messages_and_raw_packets_can_be_sent,
    what_is_no_message_is_refused,
    what_the_server_does_not_take_is_refused_here_with_both_numbers,
);

async fn flush_waits_until_the_transport_has_taken_everything<C: Face>() {
    let host = Host::echo().await;
    for (way, builder) in ways() {
        let (client, _events) = C::connect_with(builder, &host.url()).await.unwrap();
        for _ in 0..40 {
            client.send("x").await.unwrap();
        }
        client.flush().await.unwrap();
        let progress = client.progress();
        assert_eq!((progress.confirmed.count(), progress.queued_bytes), (40, 0), "{way}");
        assert_eq!(client.buffered_bytes(), 0, "{way}");
        client.flush().await.unwrap();
    }
}

async fn what_the_server_does_not_take_is_refused_here_with_both_numbers<C: Face>() {
    let host = Host::start(Server::builder().max_payload(100)).await;
    let (client, _events) = C::connect_with(Client::builder().upgrade(false), &host.url()).await.unwrap();
    let refused = client.try_send("x".repeat(100));
    assert_eq!(refused, Err(SendError::TooLarge { size: 101, limit: 100 }));
    assert_eq!(client.send("x".repeat(100)).await, refused);
    assert_eq!(client.try_send("a\u{1e}b"), Err(SendError::Separator));
    client.try_send("x".repeat(99)).unwrap();
}

async fn prepared_messages_and_raw_packets_can_be_sent<C: Face>() {
    let host = Host::echo().await;
    for (way, builder) in ways() {
        let (client, mut events) = C::connect_with(builder, &host.url()).await.unwrap();
        client.send_prepared(&Prepared::new("text".into())).unwrap();
        client.send_prepared(&Prepared::new(vec![1, 2, 3].into())).unwrap();
        client.send_packet(Packet::Message("raw".into())).unwrap();
        assert_eq!(events.text().await, "text", "{way}");
        assert_eq!(events.next_message().await, Some(Message::from(vec![1, 2, 3])), "{way}");
        assert_eq!(events.text().await, "raw", "{way}");
    }
}

async fn what_is_no_message_is_refused<C: Face>() {
    let host = Host::echo().await;
    let (client, mut events) = C::connect(&host.url()).await.unwrap();
    for packet in [Packet::Noop, Packet::Upgrade, Packet::Ping("".into()), Packet::Pong("".into())] {
        assert_eq!(client.send_packet(packet), Err(SendError::PacketType));
    }
    client.send("still there").await.unwrap();
    assert_eq!(events.text().await, "still there");
}

/// A server that handles a message only when it is let.
fn held(gate: &'static Semaphore) -> engineio::server::ServerBuilder {
    Server::builder().max_inbound(1).on_message(move |socket: Socket, message: Message| async move {
        gate.acquire().await.unwrap().forget();
        let _ = socket.send(message).await;
    })
}

async fn a_full_queue_is_waited_for_or_told<C: Face>() {
    let gate: &'static Semaphore = Box::leak(Box::new(Semaphore::new(0)));
    let host = Host::start(held(gate)).await;
    let builder = Client::builder().upgrade(false).max_queued_packets(3).overflow(Overflow::Wait);
    let (client, mut events) = C::connect_with(builder, &host.url()).await.unwrap();
    // The server takes one message after the other and answers no POST before it has room: the queue fills, though a
    // POST that leaves may empty it some times before.
    let mut sent = 0;
    loop {
        match client.try_send(sent.to_string()) {
            Ok(()) => sent += 1,
            Err(full) => {
                assert_eq!(
                    full,
                    SendError::Full(Message::from(sent.to_string())),
                    "the message is handed back"
                );
                if client.buffered_bytes() > 0 {
                    break;
                }
            }
        }
    }
    gate.add_permits(1000);
    for number in sent..50 {
        client.send(number.to_string()).await.unwrap();
    }
    for number in 0..50 {
        assert_eq!(events.text().await, number.to_string());
    }
}

async fn handles_can_be_used_from_many_threads<C: Face>() {
    let host = Host::echo().await;
    let (client, mut events) = C::connect(&host.url()).await.unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let client = client.clone();
            scope.spawn(move || {
                for _ in 0..50 {
                    client.try_send("x").unwrap();
                }
            });
        }
    });
    for _ in 0..200 {
        assert_eq!(events.text().await, "x");
    }
}
