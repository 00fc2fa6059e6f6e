//! Servers that are dropped, in odd places too.

use std::sync::{Arc, Mutex};

use engineio::blocking::{Event, Queue, Server, ServerBuilder, Socket};
use engineio::server::{ConnectRequest, Rejection};
use engineio::{DisconnectReason, SendError};

use crate::messages::echo;
use crate::peer::{Frame, Http, WebSocket};
use crate::{PATIENCE, start};

/// Tells when it is dropped.
struct Canary(Event);

impl Drop for Canary {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// A server that tells about the end of a session, and of itself.
fn watched() -> (ServerBuilder, Queue<DisconnectReason>, Event) {
    let (ended, freed) = (Queue::new(1), Event::new());
    let (telling, canary) = (ended.clone(), Canary(freed.clone()));
    let builder = echo().on_disconnect(move |_, end| {
        let _ = &canary;
        telling.put(end.reason);
    });
    (builder, ended, freed)
}

fn assert_cut_off(client: &mut WebSocket, ended: &Queue<DisconnectReason>, freed: &Event) {
    while client.receive() != Frame::End {}
    assert_eq!(ended.get_timeout(PATIENCE), Ok(DisconnectReason::Shutdown));
    assert!(freed.wait_timeout(PATIENCE));
}

#[test]
fn the_last_handle_takes_everything_with_it() {
    let (builder, ended, freed) = watched();
    let (server, running) = start(builder);
    let address = running.local_addr();
    let mut client = WebSocket::connect(address);
    drop(running);
    // There is another handle.
    client.send("4hello");
    assert_eq!(client.receive_text(), "4hello");
    let another = WebSocket::connect(address);
    drop(another);
    assert!(ended.get_timeout(PATIENCE).is_ok());
    drop(server);
    assert_cut_off(&mut client, &ended, &freed);
}

#[test]
fn in_a_handler() {
    let last = Arc::new(Mutex::new(None));
    let (taking, (builder, ended, freed)) = (Arc::clone(&last), watched());
    let (server, running) = start(builder.on_message(move |_: Socket, _| {
        drop(taking.lock().unwrap().take());
    }));
    let mut client = WebSocket::connect(running.local_addr());
    *last.lock().unwrap() = Some((server, running));
    client.send("4drop");
    assert_cut_off(&mut client, &ended, &freed);
}

#[test]
fn in_a_hook_on_a_thread_that_moves_bytes() {
    let last = Arc::new(Mutex::new(None));
    let (taking, (builder, ended, freed)) = (Arc::clone(&last), watched());
    let (server, running) = start(builder.on_connection_error(move |_| {
        drop(taking.lock().unwrap().take());
    }));
    let mut client = WebSocket::connect(running.local_addr());
    let mut http = Http::connect(running.local_addr());
    *last.lock().unwrap() = Some((server, running));
    http.send("GET", "/engine.io/?EIO=3&transport=polling", "", "");
    assert_cut_off(&mut client, &ended, &freed);
}

#[test]
fn within_another_runtime() {
    let (builder, ended, freed) = watched();
    let (server, running) = start(builder);
    let mut client = WebSocket::connect(running.local_addr());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async move {
        drop(running);
        drop(server);
    });
    assert_cut_off(&mut client, &ended, &freed);
}

#[test]
fn within_another_runtime_everything_may_be_called() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let sockets = Queue::new(1);
        let opened = sockets.clone();
        let (server, running) = start(echo().on_connect(move |socket: Socket, _: ConnectRequest| {
            opened.put(socket);
            Ok::<_, Rejection>(())
        }));
        let mut client = WebSocket::connect(running.local_addr());
        let socket = sockets.get_timeout(PATIENCE).unwrap();
        socket.send("hello").unwrap();
        socket.flush().unwrap();
        assert_eq!(client.receive_text(), "4hello");
        drop(client);
        server.shutdown(PATIENCE);
        running.join().unwrap();
    });
}

#[test]
fn a_socket_outlives_its_server() {
    let sockets = Queue::new(1);
    let opened = sockets.clone();
    let (server, running) = start(Server::builder().on_message(move |socket, _| opened.put(socket)));
    let mut client = WebSocket::connect(running.local_addr());
    client.send("4hello");
    let socket = sockets.get_timeout(PATIENCE).unwrap();
    drop((server, running));
    assert!(socket.server().is_none());
    assert!(!socket.is_connected());
    assert_eq!(socket.send("late"), Err(SendError::Closed));
    socket.disconnect();
}

#[test]
fn a_handler_outlives_its_server() {
    let (blocked, release, result) = (Event::new(), Event::new(), Queue::new(1));
    let (blocking, released, results) = (blocked.clone(), release.clone(), result.clone());
    let (server, running) = start(Server::builder().on_message(move |socket: Socket, message| {
        blocking.set();
        released.wait();
        results.put(socket.send(message));
    }));
    let mut client = WebSocket::connect(running.local_addr());
    client.send("4hello");
    assert!(blocked.wait_timeout(PATIENCE));
    drop((server, running));
    while client.receive() != Frame::End {}
    release.set();
    let sent = result.get_timeout(PATIENCE).unwrap();
    assert_eq!(sent, Err(SendError::Closed));
}

#[test]
fn a_server_that_was_never_used() {
    drop(echo().build().unwrap());
}
