//! A session with a clock of its own.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engineio_proto::edge::{PostHead, Refusal};
use engineio_proto::server::{Disconnect, Event, Finish, Session, Transmit};
use engineio_proto::{
    Instant, Link, LinkId, Load, Outgoing, Packet, PayloadEncoder, SendError, SessionConfig, Sid,
};

pub(crate) const POST: Link = Link::Post(PostHead {
    content_length: None,
    octet_stream: false,
    content_encoding: false,
    expects: false,
});

/// A session with a clock of its own.
pub(crate) struct Bench {
    pub(crate) session: Session,
    pub(crate) now: Instant,
}

impl Bench {
    pub(crate) fn new(first: Link, config: SessionConfig) -> (Self, LinkId) {
        let sid = Sid::from_random([1; 16]);
        let (session, link) = Session::accept(&Arc::new(config), sid, &[], first, Instant::EPOCH);
        (Self { session, now: Instant::EPOCH }, link)
    }

    /// A session on polling whose handshake was answered.
    pub(crate) fn polling() -> Self {
        Self::polling_with(SessionConfig::default())
    }

    pub(crate) fn polling_with(config: SessionConfig) -> Self {
        let (mut bench, link) = Self::new(Link::Poll, config);
        bench.session.open(bench.now);
        assert!(bench.body(link).unwrap().starts_with("0{"));
        bench
    }

    pub(crate) fn websocket() -> (Self, LinkId) {
        let (mut bench, link) = Self::new(Link::WebSocket, SessionConfig::default());
        bench.session.open(bench.now);
        assert!(bench.frames(link)[0].starts_with("0{"));
        (bench, link)
    }

    /// The application is done with messages of one byte each.
    pub(crate) fn handled(&mut self, messages: usize) {
        self.session.handle_handled(self.now, Load { messages, bytes: messages });
    }

    pub(crate) fn open(&mut self, link: Link) -> LinkId {
        self.session.handle_link(self.now, link).unwrap()
    }

    pub(crate) fn post(&mut self, body: &str) -> Result<bool, Refusal> {
        let link = self.session.handle_link(self.now, POST)?;
        self.session.handle_payload(self.now, link, Bytes::copy_from_slice(body.as_bytes()))?;
        Ok(self.accepted(link))
    }

    pub(crate) fn accepted(&mut self, link: LinkId) -> bool {
        match self.session.poll_transmit(link, 0) {
            Transmit::Finish(Finish::Accepted) => true,
            Transmit::Wait => false,
            other => panic!("{other:?}"),
        }
    }

    /// The response of a poll, or `None` while it waits.
    pub(crate) fn body(&mut self, link: LinkId) -> Option<String> {
        assert_eq!(self.session.link_wants(link), !self.is_waiting(link));
        let mut payload = PayloadEncoder::new();
        loop {
            match self.session.poll_transmit(link, payload.room(1000)) {
                Transmit::Packet(packet) => payload.push(&packet),
                Transmit::Wait => return None,
                Transmit::Finish(finish) => {
                    assert_eq!(finish, Finish::Payload);
                    return Some(String::from_utf8(payload.finish().to_vec()).unwrap());
                }
            }
        }
    }

    pub(crate) fn is_waiting(&self, link: LinkId) -> bool {
        !self.session.link_wants(link)
    }

    /// What a WebSocket writes until it has nothing more, a close frame as `close CODE`.
    pub(crate) fn frames(&mut self, link: LinkId) -> Vec<String> {
        let mut frames = Vec::new();
        loop {
            match self.session.poll_transmit(link, usize::MAX) {
                Transmit::Packet(packet) => frames.push(wire(&packet)),
                Transmit::Wait => return frames,
                Transmit::Finish(finish) => {
                    frames.push(format!("{finish:?}"));
                    return frames;
                }
            }
        }
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        let until = self.now + by;
        // As a driver does, which is never late.
        while let Some(at) = self.session.poll_timeout().filter(|at| *at <= until) {
            self.now = at.max(self.now);
            self.session.handle_timeout(self.now);
        }
        self.now = until;
    }

    /// The process stands still, and looks at the session only after that.
    pub(crate) fn stall(&mut self, by: Duration) {
        self.now = self.now + by;
    }

    pub(crate) fn messages(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        while let Some(event) = self.session.poll_event(self.now) {
            match event {
                Event::Message(message) => texts.push(message.as_text().unwrap().to_owned()),
                Event::Closed(Disconnect { reason, .. }) => texts.push(format!("<{reason}>")),
                other => texts.push(format!("<{other:?}>")),
            }
        }
        texts
    }

    pub(crate) fn upgrade(&mut self) -> LinkId {
        let websocket = self.open(Link::WebSocket);
        assert!(self.session.handle_packet(self.now, websocket, Packet::Ping("probe".into())));
        assert_eq!(self.frames(websocket), ["3probe"]);
        assert!(self.session.handle_packet(self.now, websocket, Packet::Upgrade));
        websocket
    }

    pub(crate) fn send(&mut self, text: &str) -> Result<(), SendError> {
        let sent = self.session.send(text.into()).map(drop);
        if self.session.poll_timeout() == Some(Instant::EPOCH) {
            self.session.handle_timeout(self.now);
        }
        sent
    }
}

pub(crate) fn wire(packet: &Outgoing) -> String {
    let mut bytes = Vec::new();
    packet.encode_payload(&mut bytes);
    String::from_utf8(bytes).unwrap()
}
