//! Where, when and how often handlers run.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use engineio::blocking::{Event, Queue, Server, Socket};
use engineio::server::{ConnectRequest, Rejection};
use engineio::{DisconnectReason, Message};

use crate::messages::echo;
use crate::peer::{Http, Polling, WebSocket};
use crate::{PATIENCE, start};

#[test]
fn messages_of_a_client_come_in_order_and_one_at_a_time() {
    const MESSAGES: usize = 500;
    let (seen, running_now) = (Queue::new(MESSAGES), AtomicUsize::new(0));
    let seeing = seen.clone();
    let builder = Server::builder().max_inbound(16).on_message(move |_, message: Message| {
        assert_eq!(running_now.fetch_add(1, Ordering::SeqCst), 0);
        seeing.put(message);
        running_now.fetch_sub(1, Ordering::SeqCst);
    });
    let (_server, running) = start(builder);
    let mut client = WebSocket::connect(running.local_addr());
    client.send_all((0..MESSAGES).map(|number| format!("4{number}")));
    for number in 0..MESSAGES {
        assert_eq!(seen.get_timeout(PATIENCE).unwrap(), Message::from(number.to_string()));
    }
}

#[test]
fn connect_messages_and_disconnect_come_in_this_order() {
    let seen = Queue::new(8);
    let (connect, message, disconnect) = (seen.clone(), seen.clone(), seen.clone());
    let builder = Server::builder()
        .on_connect(move |_, _: ConnectRequest| {
            connect.put("connect".to_owned());
            Ok::<_, Rejection>(())
        })
        .on_message(move |_, data| message.put(format!("{data:?}")))
        .on_disconnect(move |_, end| disconnect.put(end.reason.to_string()));
    let (_server, running) = start(builder);
    let mut client = Polling::connect(running.local_addr());
    client.post("4a\u{1e}4b\u{1e}1");
    let order: Vec<_> = (0..4).map(|_| seen.get_timeout(PATIENCE).unwrap()).collect();
    assert_eq!(order[0], "connect");
    assert!(order[1].contains('a') && order[2].contains('b'), "{order:?}");
    assert_eq!(order[3], "client disconnect");
}

#[test]
fn handlers_of_a_client_may_overlap() {
    // Each handler waits for the other one.
    let both = Barrier::new(2);
    let builder = Server::builder().handler_concurrency(2).on_message(move |socket: Socket, message| {
        both.wait();
        socket.send(message).unwrap();
    });
    let (_server, running) = start(builder);
    let mut client = WebSocket::connect(running.local_addr());
    client.send_all(["4a".to_owned(), "4b".to_owned()]);
    let mut replies = [client.receive_text(), client.receive_text()];
    replies.sort();
    assert_eq!(replies, ["4a", "4b"]);
}

#[test]
fn a_blocked_client_stays_alive_and_stops_nobody() {
    let (blocked, release) = (Event::new(), Event::new());
    let (blocking, released) = (blocked.clone(), release.clone());
    let builder = Server::builder()
        .handler_threads(2)
        .ping_interval(Duration::from_millis(50))
        .ping_timeout(PATIENCE)
        .on_message(move |socket: Socket, message| {
            if message == Message::from("block") {
                blocking.set();
                released.wait();
            }
            socket.send(message).unwrap();
        });
    let (server, running) = start(builder);
    let mut slow = WebSocket::connect(running.local_addr());
    let mut other = WebSocket::connect(running.local_addr());
    slow.send("4block");
    assert!(blocked.wait_timeout(PATIENCE));
    for number in 0..20 {
        other.send(&format!("4{number}"));
        assert_eq!(other.receive_text(), format!("4{number}"));
    }
    for _ in 0..3 {
        slow.answer_ping();
    }
    assert_eq!(server.session_count(), 2);
    release.set();
    assert_eq!(slow.receive_text(), "4block");
}

#[test]
fn hearts_beat_while_every_thread_is_busy() {
    let (blocked, release) = (Event::new(), Event::new());
    let (blocking, released) = (blocked.clone(), release.clone());
    let builder = Server::builder()
        .handler_threads(1)
        .ping_interval(Duration::from_millis(50))
        .ping_timeout(PATIENCE)
        .on_message(move |socket: Socket, message| {
            blocking.set();
            released.wait();
            socket.send(message).unwrap();
        });
    let (_server, running) = start(builder);
    let mut first = WebSocket::connect(running.local_addr());
    first.send("4first");
    assert!(blocked.wait_timeout(PATIENCE));
    let mut second = Polling::connect(running.local_addr());
    second.post("4second");
    for _ in 0..3 {
        assert_eq!(second.poll(), "2");
        second.post("3");
        first.answer_ping();
    }
    release.set();
    assert_eq!(first.receive_text(), "4first");
    assert_eq!(second.poll_message(), "4second");
}

#[test]
fn a_panic_ends_its_own_session_only() {
    let ended = Queue::new(1);
    let telling = ended.clone();
    let builder = Server::builder()
        .on_message(|socket: Socket, message| {
            assert_ne!(message, Message::from("panic"), "on purpose");
            socket.send(message).unwrap();
        })
        .on_disconnect(move |socket, end| telling.put((socket.sid().clone(), end.reason)));
    let (_server, running) = start(builder);
    let mut first = WebSocket::connect(running.local_addr());
    let mut second = WebSocket::connect(running.local_addr());
    first.send("4panic");
    let (sid, reason) = ended.get_timeout(PATIENCE).unwrap();
    assert_eq!((sid.as_str(), reason), (&*first.sid, DisconnectReason::HandlerPanicked));
    second.send("4still here");
    assert_eq!(second.receive_text(), "4still here");
}

#[test]
fn a_panic_in_the_other_handlers_is_contained() {
    let ended = Event::new();
    let ending = ended.clone();
    let builder = echo()
        .on_connect(|_, request: ConnectRequest| {
            assert!(!request.query().contains("panic"), "on purpose");
            Ok::<_, Rejection>(())
        })
        .on_disconnect(move |_, _| {
            ending.set();
            panic!("on purpose");
        });
    let (server, running) = start(builder);
    let mut http = Http::connect(running.local_addr());
    let answer = http.request("GET", "/engine.io/?EIO=4&transport=polling&panic=1", "");
    assert_eq!(answer.status, 500, "{answer:?}");
    let mut client = WebSocket::connect(running.local_addr());
    client.send("4hello");
    assert_eq!(client.receive_text(), "4hello");
    drop(client);
    assert!(ended.wait_timeout(PATIENCE));
    // All are counted out: nothing keeps the shutdown waiting.
    server.shutdown(Duration::MAX);
}

#[test]
fn the_connect_handler_greets_and_rejects() {
    let builder = Server::builder().on_connect(|socket: Socket, request: ConnectRequest| {
        if request.query().contains("bad") {
            return Err(Rejection::new().with_message("not you"));
        }
        socket.send("welcome").unwrap();
        Ok(())
    });
    let (server, running) = start(builder);
    assert_eq!(Polling::connect(running.local_addr()).greeting, "4welcome");
    let mut http = Http::connect(running.local_addr());
    let answer = http.request("GET", "/engine.io/?EIO=4&transport=polling&bad=1", "");
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("not you"), "{answer:?}");
    assert_eq!(server.session_count(), 1);
}

#[test]
fn no_more_handlers_run_than_there_are_threads() {
    const CLIENTS: usize = 8;
    let most = Arc::new(AtomicUsize::new(0));
    let (now, pair, highest) = (AtomicUsize::new(0), Barrier::new(2), Arc::clone(&most));
    let builder = Server::builder().handler_threads(2).on_message(move |socket: Socket, message| {
        highest.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        pair.wait();
        now.fetch_sub(1, Ordering::SeqCst);
        socket.send(message).unwrap();
    });
    let (_server, running) = start(builder);
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| WebSocket::connect(running.local_addr())).collect();
    for client in &mut clients {
        client.send("4go");
    }
    for client in &mut clients {
        assert_eq!(client.receive_text(), "4go");
    }
    assert_eq!(most.load(Ordering::SeqCst), 2);
}
