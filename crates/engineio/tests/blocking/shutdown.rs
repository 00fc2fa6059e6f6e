//! The end of a server, in order.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use engineio::DisconnectReason;
use engineio::blocking::{Event, Server, Socket};
use http::Request;

use crate::messages::echo;
use crate::peer::{Frame, Polling, WebSocket};
use crate::{PATIENCE, start};

/// Takes longer than it takes a shutdown to return that waits for nobody.
fn take_a_while() {
    for _ in 0..200 {
        thread::spawn(|| ()).join().unwrap();
    }
}

#[test]
fn clients_are_told_and_handlers_have_run() {
    let ended = Event::new();
    let ending = ended.clone();
    let (server, running) = start(echo().on_disconnect(move |_, end| {
        assert_eq!(end.reason, DisconnectReason::Shutdown);
        ending.set();
    }));
    let mut client = WebSocket::connect(running.local_addr());
    let shutting = {
        let server = server.clone();
        thread::spawn(move || server.shutdown(PATIENCE))
    };
    assert_eq!(client.receive(), Frame::Text("1".into()));
    assert_eq!(client.receive(), Frame::Close);
    drop(client);
    shutting.join().unwrap();
    assert!(ended.is_set());
    assert!(server.is_shutting_down());
    assert_eq!(server.session_count(), 0);
    running.join().unwrap();
}

#[test]
fn it_waits_for_disconnect_handlers() {
    let (told, handled) = (Event::new(), Event::new());
    let (telling, handling) = (told.clone(), handled.clone());
    let (server, running) = start(echo().on_disconnect(move |_, _| {
        telling.set();
        take_a_while();
        handling.set();
    }));
    drop(WebSocket::connect(running.local_addr()));
    assert!(told.wait_timeout(PATIENCE));
    server.shutdown(Duration::MAX);
    assert!(handled.is_set());
}

#[test]
fn it_waits_for_background_tasks() {
    let (server, running) = start(echo());
    let done = Event::new();
    let (own, finishing) = (server.clone(), done.clone());
    let task = server.start_background_task(move || {
        // It starts the shutdown, and has more to do.
        own.shutdown(PATIENCE);
        take_a_while();
        finishing.set();
    });
    running.join().unwrap();
    assert!(done.is_set());
    task.unwrap().join().unwrap();
}

#[test]
fn grace_ends_the_wait() {
    let (blocked, release) = (Event::new(), Event::new());
    let (blocking, released) = (blocked.clone(), release.clone());
    let (server, running) = start(Server::builder().on_message(move |_, _| {
        blocking.set();
        released.wait();
    }));
    let mut client = WebSocket::connect(running.local_addr());
    client.send("4block");
    assert!(blocked.wait_timeout(PATIENCE));
    let released = release.clone();
    let task = server.start_background_task(move || released.wait()).unwrap();
    server.shutdown(Duration::from_millis(20));
    running.join().unwrap();
    assert!(!task.is_finished());
    release.set();
    task.join().unwrap();
}

#[test]
fn a_handler_may_shut_its_own_server_down() {
    let returned = Event::new();
    let returning = returned.clone();
    let (_server, running) = start(Server::builder().on_message(move |socket: Socket, _| {
        socket.server().unwrap().shutdown(PATIENCE);
        returning.set();
    }));
    let mut client = WebSocket::connect(running.local_addr());
    client.send("4stop");
    assert!(returned.wait_timeout(PATIENCE));
    assert_eq!(client.receive(), Frame::Text("1".into()));
    drop(client);
    running.join().unwrap();
}

#[test]
fn a_background_task_may_shut_its_own_server_down() {
    let (server, running) = start(echo());
    let own = server.clone();
    server.start_background_task(move || own.shutdown(PATIENCE)).unwrap().join().unwrap();
    running.join().unwrap();
}

#[test]
fn serving_ends_with_the_shutdown() {
    let server = echo().build().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serving = {
        let server = server.clone();
        thread::spawn(move || server.serve(listener))
    };
    let mut client = Polling::connect(address);
    let socket = server.socket(&server.sessions()[0].sid).unwrap();
    socket.send("hello").unwrap();
    assert_eq!(client.poll(), "4hello");
    client.begin_poll();
    // The next poll says that the one before has arrived: it has come, and waits.
    socket.flush().unwrap();
    server.shutdown(PATIENCE);
    assert_eq!(client.answer().body, "1");
    serving.join().unwrap().unwrap();
    // Once it is over there is nothing to wait for.
    server.shutdown(Duration::MAX);
}

#[test]
fn new_clients_are_refused() {
    let server = echo().build().unwrap();
    let own = server.clone();
    server.start_background_task(move || own.shutdown(PATIENCE)).unwrap().join().unwrap();
    let request = Request::get("http://localhost/engine.io/?EIO=4&transport=polling").body(Bytes::new());
    assert_eq!(server.handle_request(request.unwrap()).status(), 503);
}

#[test]
fn an_address_in_use_is_an_error() {
    let (server, running) = start(echo());
    let error = server.start(running.local_addr()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    let error = server.serve(running.local_addr()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}
