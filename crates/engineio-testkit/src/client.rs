//! The client's driver: opens the links that its session asks for and moves their bytes.

use bytes::Bytes;
use engineio_proto::client::{Finish, LinkKind, Transmit};
use engineio_proto::{Closed, LinkId, Outgoing, Packet};

use crate::connection::{Connection, LINGER, Opening, Tip};
use crate::exchange::{Answer, Exchange, Stage};
use crate::pair::Pair;

impl Pair {
    /// Does what the client's session asks for. Whether there was anything to do.
    pub(crate) fn pump_client(&mut self) -> bool {
        let mut progress = self.drop_links();
        while let Some((link, kind)) = self.client.poll_link(self.now) {
            progress = true;
            self.open_link(link, kind);
        }
        let mut connections = std::mem::take(&mut self.network.connections);
        for connection in &mut connections {
            progress |= self.write_client(connection);
        }
        self.network.connections = connections;
        progress
    }

    fn open_link(&mut self, link: LinkId, kind: LinkKind) {
        let arrival = self.arrival();
        if kind == LinkKind::WebSocket {
            self.trace.note(self.now, || format!("client {link:?} connects a WebSocket"));
            return self.network.connect(Connection::new(link, arrival));
        }
        let body = if kind == LinkKind::Post { self.post_body(link) } else { Bytes::new() };
        self.trace.note(self.now, || format!("client {link:?} {kind:?} {}", show(&body)));
        let stage = Stage::Head(arrival);
        self.network.send(Exchange { link, kind, body, server_link: None, orphan: false, stage });
    }

    fn post_body(&mut self, link: LinkId) -> Bytes {
        let body = self.client.post_body(link);
        if body.is_empty() {
            self.broken = Some("a POST without packets".to_owned());
        }
        body
    }

    /// Gives up what is of no more use to the session: requests, and a WebSocket that is not open yet.
    fn drop_links(&mut self) -> bool {
        let mut progress = false;
        let mut network = std::mem::take(&mut self.network);
        let dropped = |link| self.client.has_ended(link);
        for exchange in network.exchanges.iter_mut().filter(|one| !one.orphan && dropped(one.link)) {
            progress = true;
            exchange.orphan = true;
            if exchange.is_served() {
                exchange.stage = Stage::HungUp(network.way.arrival(self.now, &mut self.rng));
            }
        }
        for connection in network.connections.iter_mut().filter(|one| dropped(one.link)) {
            if connection.client == Tip::Waiting && connection.stage != Opening::Done {
                progress = true;
                connection.give_up(network.way.arrival(self.now, &mut self.rng));
            }
        }
        self.network = network;
        progress
    }

    fn write_client(&mut self, connection: &mut Connection) -> bool {
        let link = connection.link;
        let mut progress = false;
        while connection.client == Tip::Open && connection.up.has_room() && self.client.link_wants(link) {
            progress = true;
            let arrival = self.arrival();
            match self.client.poll_transmit(link, usize::MAX) {
                Transmit::Packet(packet) => {
                    let packet = single(packet);
                    self.trace.note(self.now, || format!("client {link:?} writes {packet:?}"));
                    let taken = self.client.progress().taken;
                    if matches!(packet, Packet::Message(_)) {
                        self.client_app.note_written(taken.count());
                    }
                    connection.up.push(arrival, packet);
                    self.client.handle_sent(link, taken);
                }
                Transmit::Wait => self.broken = Some("a link that wanted to write has nothing".to_owned()),
                Transmit::Finish(finish) => {
                    self.trace.note(self.now, || format!("client {link:?} closes its WebSocket"));
                    if finish == Finish::Payload {
                        self.broken = Some("a WebSocket that ends like a POST".to_owned());
                    }
                    connection.up.end(arrival);
                    connection.client = Tip::Closing(self.now + LINGER);
                }
            }
        }
        progress
    }

    /// A response reaches the client.
    pub(crate) fn client_answered(&mut self, exchange: &Exchange, answer: Answer) {
        if exchange.orphan {
            return;
        }
        let (link, status) = (exchange.link, answer.status);
        self.trace.note(self.now, || format!("client {link:?} gets {status} {}", show(&answer.body)));
        if status == 200 {
            self.client.handle_response(self.now, link, answer.body);
        } else {
            self.client.handle_refused(self.now, link, status, answer.body);
        }
    }

    /// The client learns that there will be no response.
    pub(crate) fn client_lost(&mut self, exchange: &Exchange) {
        if !exchange.orphan {
            self.trace.note(self.now, || format!("client {:?} is lost", exchange.link));
            self.client.handle_closed(exchange.link, Closed::Aborted);
        }
    }
}

/// A packet as a frame of its own.
pub(crate) fn single(packet: Outgoing) -> Packet {
    match packet {
        Outgoing::Packet(packet) => packet,
        Outgoing::Shared(prepared) => Packet::Message(prepared.message().clone()),
    }
}

/// The beginning of a body.
pub(crate) fn show(body: &[u8]) -> String {
    let beginning = body.get(..60).unwrap_or(body);
    String::from_utf8_lossy(beginning).replace('\u{1e}', "|")
}
