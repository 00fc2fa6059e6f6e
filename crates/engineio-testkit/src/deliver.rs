//! What the network does when its time has come.

use std::collections::VecDeque;

use engineio_proto::{Closed, Instant, Link, Packet};

use crate::connection::{Connection, Opening, Tip};
use crate::exchange::{Exchange, Stage};
use crate::pair::{Pair, Side};
use crate::pipe::Frame;

/// Room in the memory that the server's session is lent.
const LENT: usize = 64;

impl Pair {
    /// Moves every request and response that has arrived.
    pub(crate) fn deliver_exchanges(&mut self) {
        let mut exchanges = std::mem::take(&mut self.network.exchanges);
        for exchange in &mut exchanges {
            if exchange.next_time().is_some_and(|at| at <= self.now) {
                self.deliver_exchange(exchange);
            }
        }
        self.network.exchanges = exchanges;
    }

    fn deliver_exchange(&mut self, exchange: &mut Exchange) {
        match std::mem::replace(&mut exchange.stage, Stage::Over) {
            Stage::Head(_) => self.server_head(exchange),
            Stage::Body(_) => self.server_body(exchange),
            Stage::Answer(_, answer) => self.client_answered(exchange, answer),
            Stage::Lost(_) => self.client_lost(exchange),
            Stage::HungUp(_) => self.server_lost(exchange, Closed::Aborted),
            Stage::Overdue(_) => self.server_lost(exchange, Closed::Timeout),
            stage @ (Stage::Serving | Stage::Silent | Stage::Over) => exchange.stage = stage,
        }
    }

    /// Moves every frame that has arrived.
    pub(crate) fn deliver_connections(&mut self) {
        let mut connections = std::mem::take(&mut self.network.connections);
        for connection in &mut connections {
            if connection.opening_time().is_some_and(|at| at <= self.now) {
                self.open_connection(connection);
            }
            for side in [Side::Server, Side::Client] {
                self.read(connection, side);
            }
        }
        self.network.connections = connections;
    }

    fn open_connection(&mut self, connection: &mut Connection) {
        let link = connection.link;
        match std::mem::replace(&mut connection.stage, Opening::Done) {
            Opening::Request(_) => connection.stage = self.accept_connection(connection),
            Opening::Accepted(_) => {
                self.trace.note(self.now, || format!("client {link:?} is open"));
                connection.client = Tip::Open;
            }
            Opening::Refused(_, status) => {
                self.trace.note(self.now, || format!("client {link:?} is refused"));
                self.client.handle_refused(self.now, link, status, bytes::Bytes::new());
            }
            Opening::Failed(_) => {
                self.trace.note(self.now, || format!("client {link:?} fails"));
                self.client.handle_closed(link, Closed::Aborted);
            }
            stage @ (Opening::Silent | Opening::Done) => connection.stage = stage,
        }
    }

    fn accept_connection(&mut self, connection: &mut Connection) -> Opening {
        let arrival = self.arrival();
        match self.server_link(Link::WebSocket) {
            Ok(link) => {
                self.trace.note(self.now, || format!("server {link:?} is a WebSocket"));
                connection.server_link = Some(link);
                connection.server = Tip::Open;
                Opening::Accepted(arrival)
            }
            Err(_) => Opening::Refused(arrival, 400),
        }
    }

    /// Lets `side` read what has arrived, as long as it reads.
    fn read(&mut self, connection: &mut Connection, side: Side) {
        let mut batch = Vec::new();
        while connection.reading_time(side, self.reads(side)).is_some_and(|at| at <= self.now) {
            match (connection.inbound(side).pop(self.now), connection.tip(side)) {
                (Some(Frame::Packet(packet)), Tip::Open | Tip::Leaving)
                    if side == Side::Server && self.config.batches =>
                {
                    batch.push(packet);
                }
                (Some(Frame::Packet(packet)), Tip::Open | Tip::Leaving) => {
                    self.receive(connection, side, packet);
                }
                (Some(Frame::Packet(_)), _) => {}
                (Some(Frame::End) | None, _) => {
                    self.receive_all(connection, &mut batch);
                    self.end_connection(connection, side);
                }
            }
        }
        self.receive_all(connection, &mut batch);
    }

    /// The server's session gets what was read at once.
    fn receive_all(&mut self, connection: &Connection, batch: &mut Vec<Packet>) {
        if let (Some(session), Some(link)) = (&mut self.server, connection.server_link)
            && !batch.is_empty()
        {
            self.trace.note(self.now, || format!("Server reads {batch:?}"));
            session.lend(&mut VecDeque::with_capacity(LENT), &mut VecDeque::with_capacity(LENT));
            session.handle_packets(self.now, link, batch);
        }
    }

    fn receive(&mut self, connection: &mut Connection, side: Side, packet: Packet) {
        self.trace.note(self.now, || format!("{side:?} reads {packet:?}"));
        match (side, &mut self.server, connection.server_link) {
            (Side::Client, _, _) => {
                connection.used = true;
                self.client.handle_packet(self.now, connection.link, packet);
            }
            (Side::Server, Some(session), Some(link)) => {
                session.handle_packet(self.now, link, packet);
            }
            (Side::Server, _, _) => {}
        }
    }

    /// `side` sees the end of the connection, or has waited for it long enough.
    fn end_connection(&mut self, connection: &mut Connection, side: Side) {
        self.trace.note(self.now, || format!("{side:?} sees the end of its WebSocket"));
        let arrival: Instant = self.arrival();
        *connection.tip_mut(side) = Tip::Gone;
        connection.outbound(side).end(arrival);
        match (side, &mut self.server, connection.server_link) {
            (Side::Client, _, _) => self.client.handle_closed(connection.link, Closed::Eof),
            (Side::Server, Some(session), Some(link)) => {
                session.handle_closed(self.now, link, Closed::Eof);
            }
            (Side::Server, _, _) => {}
        }
    }
}
