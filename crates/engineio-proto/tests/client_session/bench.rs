//! What each test works at: a session and its clock.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engineio_proto::client::{ClientConfig, Event, Finish, LinkKind, Session, Transmit};
use engineio_proto::{
    Instant, LinkId, Load, Message, Outgoing, Packet, PayloadEncoder, SendError, Transport,
};

pub(crate) const OPEN: &str =
    r#"0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000}"#;
pub(crate) const OPEN_WITHOUT_UPGRADES: &str =
    r#"0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000}"#;

/// A session with a clock of its own.
pub(crate) struct Bench {
    pub(crate) session: Session,
    pub(crate) now: Instant,
}

impl Bench {
    pub(crate) fn new(first: Transport, config: ClientConfig) -> Self {
        Self { session: Session::connect(&Arc::new(config), first, Instant::EPOCH), now: Instant::EPOCH }
    }

    /// A session on polling, its handshake answered, its GET under way.
    pub(crate) fn polling() -> (Self, LinkId) {
        Self::polling_with(ClientConfig::default())
    }

    pub(crate) fn polling_with(config: ClientConfig) -> (Self, LinkId) {
        let mut bench = Self::new(Transport::Polling, config);
        let handshake = bench.open(LinkKind::Poll);
        bench.respond(handshake, OPEN_WITHOUT_UPGRADES);
        assert_eq!(bench.events(), ["<open abc>"]);
        let poll = bench.open(LinkKind::Poll);
        (bench, poll)
    }

    pub(crate) fn websocket() -> (Self, LinkId) {
        let mut bench = Self::new(Transport::WebSocket, ClientConfig::default());
        let link = bench.open(LinkKind::WebSocket);
        assert!(bench.receive(link, OPEN_WITHOUT_UPGRADES));
        assert_eq!(bench.events(), ["<open abc>"]);
        (bench, link)
    }

    /// A session on polling that upgrades, with its GET under way and the probing WebSocket.
    pub(crate) fn upgrading() -> (Self, LinkId, LinkId) {
        let mut bench = Self::new(Transport::Polling, ClientConfig::default());
        let handshake = bench.open(LinkKind::Poll);
        bench.respond(handshake, OPEN);
        assert_eq!(bench.events(), ["<open abc>"]);
        let poll = bench.open(LinkKind::Poll);
        let websocket = bench.open(LinkKind::WebSocket);
        (bench, poll, websocket)
    }

    /// The application is done with messages of one byte each.
    pub(crate) fn handled(&mut self, messages: usize) {
        self.session.handle_handled(self.now, Load { messages, bytes: messages });
    }

    /// The next link, which must be of this kind.
    pub(crate) fn open(&mut self, kind: LinkKind) -> LinkId {
        let (link, opened) = self.session.poll_link(self.now).unwrap();
        assert_eq!(opened, kind);
        link
    }

    pub(crate) fn opens_nothing(&mut self) -> bool {
        assert!(!self.session.wants().links);
        self.session.poll_link(self.now).is_none()
    }

    pub(crate) fn respond(&mut self, link: LinkId, body: &str) {
        self.session.handle_response(self.now, link, Bytes::copy_from_slice(body.as_bytes()));
    }

    pub(crate) fn receive(&mut self, link: LinkId, packet: &str) -> bool {
        self.session.handle_packet(
            self.now,
            link,
            Packet::decode(Bytes::copy_from_slice(packet.as_bytes())).unwrap(),
        )
    }

    pub(crate) fn send(&mut self, text: &str) -> Result<(), SendError> {
        self.session.send(text.into()).map(drop)
    }

    /// The next POST and its body.
    pub(crate) fn post(&mut self) -> (LinkId, String) {
        let link = self.open(LinkKind::Post);
        (link, self.body(link))
    }

    pub(crate) fn body(&mut self, link: LinkId) -> String {
        assert!(self.session.link_wants(link));
        let mut payload = PayloadEncoder::new();
        loop {
            match self.session.poll_transmit(link, payload.room(self.session.post_budget())) {
                Transmit::Packet(packet) => payload.push(&packet),
                Transmit::Wait => panic!("a POST waits for nothing"),
                Transmit::Finish(finish) => {
                    assert_eq!(finish, Finish::Payload);
                    assert!(!self.session.link_wants(link));
                    return String::from_utf8(payload.finish().to_vec()).unwrap();
                }
            }
        }
    }

    /// Sends everything that waits by POST and answers `ok`.
    pub(crate) fn posted(&mut self) -> String {
        let (link, body) = self.post();
        self.respond(link, "ok");
        body
    }

    /// What a WebSocket writes until it has nothing more, a close frame as `Close(CODE)`.
    pub(crate) fn frames(&mut self, link: LinkId) -> Vec<String> {
        let mut frames = Vec::new();
        while self.session.link_wants(link) {
            match self.session.poll_transmit(link, usize::MAX) {
                Transmit::Packet(packet) => frames.push(wire(&packet)),
                Transmit::Wait => panic!("the link wanted to write"),
                Transmit::Finish(finish) => {
                    frames.push(format!("{finish:?}"));
                    break;
                }
            }
        }
        frames
    }

    pub(crate) fn is_dropped(&mut self, link: LinkId) -> bool {
        self.frames(link) == ["Close(CloseCode(1000))"]
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

    pub(crate) fn events(&mut self) -> Vec<String> {
        let mut events = Vec::new();
        while let Some(event) = self.session.poll_event(self.now) {
            events.push(match event {
                Event::Open(open) => format!("<open {}>", open.sid),
                Event::Message(Message::Text(text)) => text.to_string(),
                Event::Message(Message::Binary(bytes)) => format!("{bytes:?}"),
                Event::UpgradeFailed(cause) => format!("<stays: {cause}>"),
                Event::Closed(end) => format!("<{}: {}; {}>", end.reason, end.cause, end.unconfirmed),
                other => format!("<{other:?}>"),
            });
        }
        events
    }
}

fn wire(packet: &Outgoing) -> String {
    let mut bytes = Vec::new();
    packet.encode_payload(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

pub(crate) fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}
