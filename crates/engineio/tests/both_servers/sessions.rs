//! Sessions by their ids, and all of them at once.

use engineio::client::Events;
use engineio::{Client, DisconnectReason, Packet, SendError, Sid, Transport};
use tokio::sync::mpsc::unbounded_channel;

use crate::both;
use crate::face::{Handlers, ServerFace, SocketFace};

both!(
    broadcasts_reach_whom_they_should,
    data_is_kept_with_a_session,
    disconnecting_one_or_all,
    ids_are_new_each_time,
    sessions_are_listed_and_addressed,
    unknown_sessions_are_told,
);

/// So many clients, by turns on each transport.
async fn clients(url: &str, count: usize) -> Vec<(Client, Events, Sid)> {
    let mut clients = Vec::new();
    for number in 0..count {
        let transport = if number % 2 == 0 { Transport::WebSocket } else { Transport::Polling };
        let (client, events) = Client::builder().transports([transport]).connect(url).await.unwrap();
        let sid = client.sid().unwrap();
        clients.push((client, events, sid));
    }
    clients
}

async fn text(events: &mut Events) -> String {
    events.next_message().await.unwrap().as_text().unwrap().to_owned()
}

async fn sessions_are_listed_and_addressed<S: ServerFace>() {
    let (server, url) = S::start(Handlers::default()).await;
    let mut clients = clients(&url, 4).await;
    assert_eq!(server.session_count(), 4);
    let mut listed: Vec<_> = server.sessions().into_iter().map(|info| (info.sid, info.transport)).collect();
    let mut known: Vec<_> =
        clients.iter().map(|(client, _, sid)| (sid.clone(), client.transport())).collect();
    listed.sort_by(|left, right| left.0.cmp(&right.0));
    known.sort_by(|left, right| left.0.cmp(&right.0));
    assert_eq!(listed, known);
    for (client, events, sid) in &mut clients {
        server.send(sid, sid.as_str().to_owned()).await.unwrap();
        server.send_packet(sid, Packet::Message("raw".into())).unwrap();
        assert_eq!((text(events).await, text(events).await), (sid.as_str().to_owned(), "raw".to_owned()));
        assert_eq!(server.transport(sid), Some(client.transport()));
        assert_eq!(server.socket(sid).unwrap().sid(), sid);
    }
}

async fn broadcasts_reach_whom_they_should<S: ServerFace>() {
    let (server, url) = S::start(Handlers::default()).await;
    let mut clients = clients(&url, 4).await;
    let sids: Vec<Sid> = clients.iter().map(|(_, _, sid)| sid.clone()).collect();
    let [first, second, ..] = &sids[..] else { unreachable!("four") };
    assert_eq!(server.broadcast("all").sent, 4);
    assert_eq!(server.broadcast_except(first, "others").sent, 3);
    let gone = server.generate_id().unwrap();
    let done = server.send_many(&[first, second, &gone], "two");
    assert_eq!((done.sent, done.sessions), (2, vec![(gone, SendError::UnknownSession)]));
    for (number, (_, events, _)) in clients.iter_mut().enumerate() {
        let mut expected = vec!["all"];
        expected.extend((number > 0).then_some("others"));
        expected.extend((number < 2).then_some("two"));
        for words in expected {
            assert_eq!(text(events).await, words, "client {number}");
        }
    }
}

async fn unknown_sessions_are_told<S: ServerFace>() {
    let (server, _url) = S::start(Handlers::default()).await;
    let unknown = server.generate_id().unwrap();
    assert_eq!(server.send(&unknown, "x").await, Err(SendError::UnknownSession));
    assert_eq!(server.send_packet(&unknown, Packet::Close), Err(SendError::UnknownSession));
    assert_eq!((server.transport(&unknown), server.disconnect(&unknown)), (None, false));
    assert!(server.socket(&unknown).is_none());
    server.disconnect_all();
}

async fn disconnecting_one_or_all<S: ServerFace>() {
    let (told, mut ends) = unbounded_channel();
    let handlers = Handlers::<S::Socket>::default()
        .on_disconnect(move |socket, end| told.send((socket.sid().clone(), end.reason)).unwrap());
    let (server, url) = S::start(handlers).await;
    let clients = clients(&url, 4).await;
    let (client, _, sid) = clients.first().unwrap();
    assert!(server.disconnect(sid));
    assert_eq!(client.closed().await.unwrap().reason, DisconnectReason::ServerDisconnect);
    assert_eq!(ends.recv().await, Some((sid.clone(), DisconnectReason::ServerDisconnect)));
    server.disconnect_all();
    for (client, _, _) in &clients {
        assert_eq!(client.closed().await.unwrap().reason, DisconnectReason::ServerDisconnect);
    }
    for _ in 1..4 {
        assert_eq!(ends.recv().await.unwrap().1, DisconnectReason::ServerDisconnect);
    }
}

async fn data_is_kept_with_a_session<S: ServerFace>() {
    let handlers = Handlers::<S::Socket>::default().on_message(|socket, _| {
        let count = socket.update_session(|count| {
            *count += 1;
            *count
        });
        let _ = socket.try_send(count.to_string());
    });
    let (server, url) = S::start(handlers).await;
    for (client, mut events, sid) in clients(&url, 2).await {
        let socket = server.socket(&sid).unwrap();
        assert_eq!(socket.session(), None);
        for count in 1..4 {
            client.send("x").await.unwrap();
            assert_eq!(text(&mut events).await, count.to_string());
        }
        assert_eq!((socket.save_session(10), socket.session()), (Some(3), Some(10)));
        client.send("x").await.unwrap();
        assert_eq!(text(&mut events).await, "11");
    }
}

async fn ids_are_new_each_time<S: ServerFace>() {
    let (server, _url) = S::start(Handlers::default()).await;
    let mut ids: Vec<_> = (0..100).map(|_| server.generate_id().unwrap()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 100);
    assert!(ids.iter().all(|id| id.as_str().len() >= 20));
}
