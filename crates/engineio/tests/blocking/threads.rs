//! The threads of a server.

use std::thread;

use engineio::blocking::{BuildError, Event, Queue, Server, ServerBuilder, Socket};
use engineio::server;

use crate::peer::{Http, Polling, WebSocket};
use crate::{PATIENCE, start};

#[test]
fn threads_have_names() {
    let names = Queue::new(2);
    let (handler, io) = (names.clone(), names.clone());
    let name = || thread::current().name().unwrap().to_owned();
    let (_server, running) = start(
        // With one, it runs when the client is served: of several, tokio may have another thread do the work of one that
        // starts late, and that one a handler's.
        Server::builder()
            .io_threads(1)
            .on_message(move |_: Socket, _| handler.put(name()))
            .on_connection_error(move |_| io.put(name())),
    );
    let mut client = WebSocket::connect(running.local_addr());
    client.send("4hello");
    assert_eq!(names.get_timeout(PATIENCE).unwrap(), "engineio-handler-0");
    let mut http = Http::connect(running.local_addr());
    http.request("GET", "/engine.io/?EIO=3&transport=polling", "");
    assert!(names.get_timeout(PATIENCE).unwrap().starts_with("engineio-io-"));
}

#[test]
fn options_are_checked() {
    let refused = |builder: ServerBuilder| match builder.build() {
        Err(BuildError::Option(server::BuildError::Number { option, .. })) => option,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(Server::builder().handler_threads(0)), "handler_threads");
    assert_eq!(refused(Server::builder().handler_threads(usize::MAX)), "handler_threads");
    assert_eq!(refused(Server::builder().io_threads(0)), "io_threads");
    assert_eq!(refused(Server::builder().max_payload(0)), "max_payload");
}

#[test]
fn one_thread_of_each_kind_is_enough() {
    let builder = Server::builder().io_threads(1).handler_threads(1).on_message(|socket: Socket, message| {
        socket.send(message).unwrap();
        socket.flush().unwrap();
    });
    let (server, running) = start(builder);
    let mut clients: Vec<_> = (0..4).map(|_| WebSocket::connect(running.local_addr())).collect();
    for client in &mut clients {
        client.send("4hello");
    }
    for client in &mut clients {
        assert_eq!(client.receive_text(), "4hello");
    }
    drop(clients);
    server.shutdown(PATIENCE);
}

#[test]
fn blocked_handlers_do_not_hold_compression_up() {
    let (blocked, release) = (Event::new(), Event::new());
    let (blocking, released) = (blocked.clone(), release.clone());
    let (server, running) = start(Server::builder().handler_threads(1).on_message(move |_, _| {
        blocking.set();
        released.wait();
    }));
    let mut client = Polling::connect(running.local_addr());
    client.post("4block");
    assert!(blocked.wait_timeout(PATIENCE));
    // Long enough to be compressed on a thread for blocking work.
    let long = "long ".repeat(100_000);
    assert_eq!(server.broadcast(&*long).sent, 1);
    client.begin_compressed_poll();
    let answer = client.answer();
    assert!(answer.gzip);
    assert_eq!(answer.body, format!("4{long}"));
    release.set();
}
