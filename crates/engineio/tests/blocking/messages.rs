//! Messages there and back, as a raw client sees them. What both servers have in common is tested in `both_servers`.

use engineio::Message;
use engineio::blocking::{Queue, Server, ServerBuilder, Socket};

use crate::peer::{Frame, WebSocket};
use crate::{PATIENCE, start};

pub(crate) fn echo() -> ServerBuilder {
    Server::builder().on_message(|socket: Socket, message| socket.send(message).unwrap())
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
