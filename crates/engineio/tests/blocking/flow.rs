//! Full queues, and waiting for them.

use std::thread;

use engineio::blocking::{Queue, Server, ServerBuilder, Socket};
use engineio::server::{ConnectRequest, Overflow, Rejection};
use engineio::{Message, SendError};

use crate::peer::{Polling, WebSocket};
use crate::{PATIENCE, start};

/// Hands the sockets of new sessions out.
fn sockets(builder: ServerBuilder) -> (ServerBuilder, Queue<Socket>) {
    let sockets = Queue::new(8);
    let opened = sockets.clone();
    let builder = builder.on_connect(move |socket, _: ConnectRequest| {
        opened.put(socket);
        Ok::<_, Rejection>(())
    });
    (builder, sockets)
}

/// A client that does not poll, and sends until its queue is full.
fn full(builder: ServerBuilder) -> (Server, Polling, Socket) {
    let (builder, sockets) = sockets(builder.max_queued_packets(4));
    let (server, running) = start(builder);
    let client = Polling::connect(running.local_addr());
    let socket = sockets.get_timeout(PATIENCE).unwrap();
    for _ in 0..4 {
        socket.try_send("early").unwrap();
    }
    assert_eq!(socket.try_send("more"), Err(SendError::Full("more".into())));
    (server, client, socket)
}

#[test]
fn send_waits_for_room() {
    let (_server, mut client, socket) = full(Server::builder().overflow(Overflow::Wait));
    let sending = thread::spawn(move || {
        socket.send("late").unwrap();
        socket
    });
    assert_eq!(client.poll().matches("4early").count(), 4);
    assert_eq!(client.poll_message(), "4late");
    let socket = sending.join().unwrap();
    assert!(socket.is_connected());
}

#[test]
fn send_from_a_handler_waits_for_room() {
    let builder = Server::builder().overflow(Overflow::Wait).max_queued_packets(2).on_message(
        |socket: Socket, _: Message| {
            for number in 0..50 {
                socket.send(number.to_string()).unwrap();
            }
        },
    );
    let (_server, running) = start(builder);
    let mut client = Polling::connect(running.local_addr());
    client.post("4go");
    let mut received = Vec::new();
    while received.len() < 50 {
        received.extend(client.poll().split('\u{1e}').map(str::to_owned));
    }
    let sent: Vec<_> = (0..50).map(|number| format!("4{number}")).collect();
    assert_eq!(received, sent);
}

#[test]
fn the_end_of_the_session_ends_the_wait() {
    let (server, _client, socket) = full(Server::builder().overflow(Overflow::Wait));
    let sid = socket.sid().clone();
    let sending = thread::spawn(move || socket.send("late"));
    server.disconnect(&sid);
    assert_eq!(sending.join().unwrap(), Err(SendError::Closed));
}

#[test]
fn the_end_of_the_server_ends_the_wait() {
    let (server, _client, socket) = full(Server::builder().overflow(Overflow::Wait));
    let flushing = {
        let socket = socket.clone();
        thread::spawn(move || socket.flush())
    };
    let sending = thread::spawn(move || socket.send("late"));
    drop(server);
    assert_eq!(sending.join().unwrap(), Err(SendError::Closed));
    assert_eq!(flushing.join().unwrap(), Err(SendError::Closed));
}

#[test]
fn send_hands_back_what_is_dropped() {
    let (_server, mut client, socket) = full(Server::builder().overflow(Overflow::DropNewest));
    assert_eq!(socket.send("late"), Err(SendError::Full("late".into())));
    assert_eq!(client.poll(), ["4early"; 4].join("\u{1e}"));
}

#[test]
fn flush_in_a_handler_returns_when_the_client_has_everything() {
    let builder = Server::builder().on_message(|socket: Socket, message| {
        socket.send(message).unwrap();
        socket.flush().unwrap();
        assert_eq!(socket.buffered_bytes(), 0);
        socket.send("flushed").unwrap();
    });
    let (_server, running) = start(builder);
    let mut client = WebSocket::connect(running.local_addr());
    client.send("4hello");
    assert_eq!(client.receive_text(), "4hello");
    assert_eq!(client.receive_text(), "4flushed");
    let mut client = Polling::connect(running.local_addr());
    client.post("4hello");
    assert_eq!(client.poll(), "4hello");
    // The next poll says that the one before has arrived.
    assert_eq!(client.poll(), "4flushed");
}

#[test]
fn many_threads_may_send_to_one_client() {
    const THREADS: usize = 4;
    const EACH: usize = 200;
    let (builder, sockets) = sockets(Server::builder().overflow(Overflow::Wait).max_queued_packets(8));
    let (_server, running) = start(builder);
    let mut client = WebSocket::connect(running.local_addr());
    let socket = sockets.get_timeout(PATIENCE).unwrap();
    let senders: Vec<_> = (0..THREADS)
        .map(|sender| {
            let socket = socket.clone();
            thread::spawn(move || {
                for number in 0..EACH {
                    socket.send(format!("{sender} {number}")).unwrap();
                }
            })
        })
        .collect();
    let mut next = [0; THREADS];
    for _ in 0..THREADS * EACH {
        let text = client.receive_text();
        let (sender, number) = text[1..].split_once(' ').unwrap();
        let next = &mut next[sender.parse::<usize>().unwrap()];
        assert_eq!(number, next.to_string());
        *next += 1;
    }
    for sender in senders {
        sender.join().unwrap();
    }
}
