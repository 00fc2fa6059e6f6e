//! Messages there and back.

use engineio::blocking::{Queue, Server, ServerBuilder, Socket};
use engineio::{Message, Sid, Transport};

use crate::peer::{Frame, Polling, WebSocket};
use crate::{PATIENCE, start};

pub(crate) fn echo() -> ServerBuilder {
    Server::builder().on_message(|socket: Socket, message| socket.send(message).unwrap())
}

#[test]
fn echo_over_websocket() {
    let (_server, running) = start(echo());
    let mut client = WebSocket::connect(running.local_addr());
    client.send("4hello");
    assert_eq!(client.receive(), Frame::Text("4hello".into()));
    client.send_binary(&[1, 2, 3]);
    assert_eq!(client.receive(), Frame::Binary(vec![1, 2, 3]));
}

#[test]
fn echo_over_polling() {
    let (_server, running) = start(echo());
    let mut client = Polling::connect(running.local_addr());
    client.begin_poll();
    client.post("4hello");
    assert_eq!(client.answer().body, "4hello");
    client.post("bAQID");
    assert_eq!(client.poll(), "bAQID");
}

#[test]
fn an_upgrade_is_told_and_keeps_the_session() {
    let upgraded = Queue::new(1);
    let telling = upgraded.clone();
    let (server, running) = start(echo().on_upgrade(move |socket| telling.put(socket)));
    let polling = Polling::connect(running.local_addr());
    let mut client = WebSocket::probe(running.local_addr(), &polling.sid);
    client.send("5");
    let socket = upgraded.get_timeout(PATIENCE).unwrap();
    assert_eq!(socket.sid().as_str(), polling.sid);
    assert_eq!(server.transport(socket.sid()), Some(Transport::WebSocket));
    client.send("4hello");
    assert_eq!(client.receive(), Frame::Text("4hello".into()));
}

#[test]
fn sessions_are_listed_and_addressed() {
    let (server, running) = start(echo());
    let mut clients: Vec<_> = (0..3).map(|_| WebSocket::connect(running.local_addr())).collect();
    let mut listed: Vec<_> = server.sessions().into_iter().map(|info| info.sid).collect();
    listed.sort();
    let mut known: Vec<_> = clients.iter().map(|client| client.sid.clone()).collect();
    known.sort();
    assert_eq!(listed.iter().map(Sid::as_str).collect::<Vec<_>>(), known);
    assert_eq!(server.session_count(), 3);

    assert_eq!(server.broadcast("all").sent, 3);
    for client in &mut clients {
        assert_eq!(client.receive_text(), "4all");
    }
    assert_eq!(server.broadcast_except(&listed[0], "others").sent, 2);
    assert_eq!(server.send_many(&listed[..1], "one").sent, 1);
    server.send(&listed[0], "again").unwrap();
    for client in &mut clients {
        if client.sid == listed[0].as_str() {
            assert_eq!(client.receive_text(), "4one");
            assert_eq!(client.receive_text(), "4again");
        } else {
            assert_eq!(client.receive_text(), "4others");
        }
    }
}

#[test]
fn a_handler_reaches_all_clients() {
    let (_server, running) = start(Server::builder().on_message(|socket: Socket, message: Message| {
        socket.server().unwrap().broadcast_except(socket.sid(), message);
    }));
    let mut clients: Vec<_> = (0..3).map(|_| WebSocket::connect(running.local_addr())).collect();
    clients[0].send("4from the first");
    clients[1].send("4from the second");
    assert_eq!(clients[0].receive_text(), "4from the second");
    assert_eq!(clients[1].receive_text(), "4from the first");
    let mut both = [clients[2].receive_text(), clients[2].receive_text()];
    both.sort();
    assert_eq!(both, ["4from the first", "4from the second"]);
}

#[test]
fn disconnecting_tells_the_client_and_the_handler() {
    let ended = Queue::new(2);
    let telling = ended.clone();
    let builder = echo().on_disconnect(move |socket, end| telling.put((socket, end.reason)));
    let (server, running) = start(builder);
    let mut client = WebSocket::connect(running.local_addr());
    let sid = server.sessions().remove(0).sid;
    assert!(server.disconnect(&sid));
    assert_eq!(client.receive(), Frame::Text("1".into()));
    assert_eq!(client.receive(), Frame::Close);
    let (socket, reason) = ended.get_timeout(PATIENCE).unwrap();
    assert_eq!(reason, engineio::DisconnectReason::ServerDisconnect);
    assert!(!socket.is_connected());

    let mut client = WebSocket::connect(running.local_addr());
    server.disconnect_all();
    assert_eq!(client.receive(), Frame::Text("1".into()));
    ended.get_timeout(PATIENCE).unwrap();
    assert!(!server.disconnect(&server.generate_id().unwrap()));
}

#[test]
fn drain_is_told() {
    let drained = Queue::new(16);
    let telling = drained.clone();
    let (_server, running) = start(echo().on_drain(move |socket| telling.put(socket)));
    let mut client = WebSocket::connect(running.local_addr());
    client.send("4hello");
    assert_eq!(client.receive_text(), "4hello");
    assert_eq!(drained.get_timeout(PATIENCE).unwrap().sid().as_str(), client.sid);
}

#[test]
fn data_is_kept_with_the_session() {
    let builder = Server::builder().on_message(|socket: Socket, _: Message| {
        let count = socket.update_session(|count: &mut u32| {
            *count += 1;
            *count
        });
        socket.send(count.to_string()).unwrap();
    });
    let (_server, running) = start(builder);
    let mut client = WebSocket::connect(running.local_addr());
    client.send("4a");
    assert_eq!(client.receive_text(), "41");
    client.send("4b");
    assert_eq!(client.receive_text(), "42");
}
