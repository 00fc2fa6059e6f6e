//! The server's session, step by step. Whole conversations over a faulty network are in the test kit.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failed test panics")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engineio_proto::edge::{PostHead, Refusal};
use engineio_proto::server::{Disconnect, Event, Finish, Session, Transmit};
use engineio_proto::ws::CloseCode;
use engineio_proto::{
    Closed, DisconnectReason, Instant, Link, LinkId, Message, Outgoing, Overflow, Packet, PayloadEncoder,
    Prepared, SendError, SessionConfig, Sid, Text, Transport,
};

const POST: Link = Link::Post(PostHead {
    content_length: None,
    octet_stream: false,
    content_encoding: false,
    expects: false,
});

/// A session with a clock of its own.
struct Bench {
    session: Session,
    now: Instant,
}

impl Bench {
    fn new(first: Link, config: SessionConfig) -> (Self, LinkId) {
        let sid = Sid::from_random([1; 16]);
        let (session, link) = Session::accept(&Arc::new(config), sid, &[], first, Instant::EPOCH);
        (Self { session, now: Instant::EPOCH }, link)
    }

    /// A session on polling whose handshake was answered.
    fn polling() -> Self {
        Self::polling_with(SessionConfig::default())
    }

    fn polling_with(config: SessionConfig) -> Self {
        let (mut bench, link) = Self::new(Link::Poll, config);
        bench.session.open(bench.now);
        assert!(bench.body(link).unwrap().starts_with("0{"));
        bench
    }

    fn websocket() -> (Self, LinkId) {
        let (mut bench, link) = Self::new(Link::WebSocket, SessionConfig::default());
        bench.session.open(bench.now);
        assert!(bench.frames(link)[0].starts_with("0{"));
        (bench, link)
    }

    fn open(&mut self, link: Link) -> LinkId {
        self.session.handle_link(self.now, link).unwrap()
    }

    fn post(&mut self, body: &str) -> Result<bool, Refusal> {
        let link = self.session.handle_link(self.now, POST)?;
        self.session.handle_payload(self.now, link, Bytes::copy_from_slice(body.as_bytes()))?;
        Ok(self.accepted(link))
    }

    fn accepted(&mut self, link: LinkId) -> bool {
        match self.session.poll_transmit(link, 0) {
            Transmit::Finish(Finish::Accepted) => true,
            Transmit::Wait => false,
            other => panic!("{other:?}"),
        }
    }

    /// The response of a poll, or `None` while it waits.
    fn body(&mut self, link: LinkId) -> Option<String> {
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

    fn is_waiting(&self, link: LinkId) -> bool {
        !self.session.link_wants(link)
    }

    /// What a WebSocket writes until it has nothing more, a close frame as `close CODE`.
    fn frames(&mut self, link: LinkId) -> Vec<String> {
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

    fn advance(&mut self, by: Duration) {
        self.now = self.now + by;
        self.session.handle_timeout(self.now);
    }

    fn messages(&mut self) -> Vec<String> {
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

    fn upgrade(&mut self) -> LinkId {
        let websocket = self.open(Link::WebSocket);
        assert!(self.session.handle_packet(self.now, websocket, Packet::Ping("probe".into())));
        assert_eq!(self.frames(websocket), ["3probe"]);
        assert!(self.session.handle_packet(self.now, websocket, Packet::Upgrade));
        websocket
    }

    fn send(&mut self, text: &str) -> Result<(), SendError> {
        let sent = self.session.send(text.into()).map(drop);
        if self.session.poll_timeout() == Some(Instant::EPOCH) {
            self.session.handle_timeout(self.now);
        }
        sent
    }
}

fn wire(packet: &Outgoing) -> String {
    let mut bytes = Vec::new();
    packet.encode_payload(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_connect_sent_is_in_the_handshake_reply() {
    let (mut bench, link) = Bench::new(Link::Poll, SessionConfig::default());
    bench.send("hi").unwrap();
    assert_eq!(bench.body(link), None, "the application has not decided");
    bench.session.open(bench.now);
    let body = bench.body(link).unwrap();
    assert!(body.starts_with("0{") && body.ends_with("\u{1e}4hi"), "{body}");
}

#[test]
fn requests_before_the_application_accepted_are_refused() {
    let (mut bench, _) = Bench::new(Link::Poll, SessionConfig::default());
    for link in [Link::Poll, POST, Link::WebSocket] {
        assert_eq!(bench.session.handle_link(bench.now, link), Err(Refusal::NotOpen));
    }
}

#[test]
fn messages_of_a_post_come_in_order_and_pongs_count_at_once() {
    let mut bench = Bench::polling();
    assert_eq!(bench.post("4a\u{1e}3\u{1e}4b"), Ok(true));
    assert_eq!(bench.messages(), ["a", "b"]);
}

#[test]
fn a_bad_packet_ends_the_session_after_the_good_ones_before_it() {
    let mut bench = Bench::polling();
    let poll = bench.open(Link::Poll);
    assert!(matches!(bench.post("4a\u{1e}x\u{1e}4b"), Err(Refusal::BadPacket(_))));
    assert_eq!(bench.body(poll).as_deref(), Some("1"));
    assert_eq!(bench.messages(), ["a", "<parse error>"]);
    assert!(bench.session.wants().finished);
    assert_eq!(bench.post("4c"), Err(Refusal::SessionClosed));
}

#[test]
fn a_clients_close_ends_the_session_and_what_follows_is_ignored() {
    let mut bench = Bench::polling();
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.post("4a\u{1e}1\u{1e}4b"), Ok(true));
    assert_eq!(bench.body(poll).as_deref(), Some("6"));
    assert_eq!(bench.messages(), ["a", "<client disconnect>"]);
}

#[test]
fn two_polls_at_once_end_the_session() {
    let mut bench = Bench::polling();
    let first = bench.open(Link::Poll);
    assert_eq!(bench.session.handle_link(bench.now, Link::Poll), Err(Refusal::DuplicatePoll));
    assert_eq!(bench.body(first).as_deref(), Some("1"));
    assert_eq!(bench.messages(), ["<transport error>"]);
}

#[test]
fn two_posts_at_once_end_the_session() {
    let mut bench = Bench::polling();
    let first = bench.open(POST);
    assert_eq!(bench.session.handle_link(bench.now, POST), Err(Refusal::DuplicatePost));
    let refused = bench.session.handle_payload(bench.now, first, Bytes::from_static(b"4a"));
    assert_eq!(refused, Err(Refusal::SessionClosed));
    assert_eq!(bench.messages(), ["<transport error>"]);
}

#[test]
fn an_aborted_poll_ends_the_session_and_counts_what_is_unconfirmed() {
    let mut bench = Bench::polling();
    let poll = bench.open(Link::Poll);
    bench.send("a").unwrap();
    assert_eq!(bench.body(poll).as_deref(), Some("4a"));
    let next = bench.open(Link::Poll);
    bench.send("b").unwrap();
    bench.session.handle_closed(bench.now, poll, Closed::Aborted);
    assert!(bench.session.is_open(), "the next poll confirmed the one before");
    bench.session.handle_closed(bench.now, next, Closed::Aborted);
    let Some(Event::Closed(end)) = bench.session.poll_event(bench.now) else { panic!("no end") };
    assert_eq!((end.reason, end.unconfirmed), (DisconnectReason::TransportError, 1));
}

#[test]
fn polls_respect_the_byte_budget_and_send_a_giant_alone() {
    let mut bench = Bench::polling();
    let giant = "x".repeat(2000);
    for text in ["a", &giant, "b"] {
        bench.send(text).unwrap();
    }
    for expected in ["4a", &format!("4{giant}"), "4b"] {
        let poll = bench.open(Link::Poll);
        assert_eq!(bench.body(poll).as_deref(), Some(expected));
    }
}

#[test]
fn a_poll_that_was_begun_wants_to_be_finished() {
    let mut bench = Bench::polling();
    let poll = bench.open(Link::Poll);
    bench.send("a").unwrap();
    assert!(matches!(bench.session.poll_transmit(poll, 100), Transmit::Packet(_)));
    assert!(bench.session.link_wants(poll));
    assert!(matches!(bench.session.poll_transmit(poll, 100), Transmit::Finish(Finish::Payload)));
}

#[test]
fn events_are_announced_only_when_there_are_some() {
    let mut bench = Bench::polling();
    assert_eq!(bench.post("4a\u{1e}3"), Ok(true));
    assert!(bench.session.wants().events);
    assert_eq!(bench.session.poll_event(bench.now), Some(Event::Message("a".into())));
    assert!(!bench.session.wants().events, "a pong is no event");
}

#[test]
fn nothing_follows_the_end() {
    let mut bench = Bench::polling_with(SessionConfig { drain_events: true, ..Default::default() });
    bench.send("last").unwrap();
    bench.session.close(bench.now, DisconnectReason::ServerDisconnect);
    assert_eq!(bench.messages(), ["<Drained>", "<server disconnect>"], "the open packet has left");
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("4last\u{1e}1"));
    assert_eq!(bench.messages(), [""; 0], "the queue is empty, and nobody cares any more");
}

#[test]
fn polls_respect_the_packet_limit() {
    let mut bench =
        Bench::polling_with(SessionConfig { max_packets_per_poll: Some(2), ..Default::default() });
    for text in ["a", "b", "c"] {
        bench.send(text).unwrap();
    }
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("4a\u{1e}4b"));
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("4c"));
}

#[test]
fn a_silent_client_is_pinged_and_then_dropped() {
    let mut bench = Bench::polling();
    let poll = bench.open(Link::Poll);
    bench.advance(Duration::from_secs(25));
    assert_eq!(bench.body(poll).as_deref(), Some("2"));
    let poll = bench.open(Link::Poll);
    bench.advance(Duration::from_secs(20));
    assert_eq!(bench.body(poll).as_deref(), Some("1"));
    assert_eq!(bench.messages(), ["<ping timeout>"]);
}

#[test]
fn a_server_disconnect_reaches_a_client_between_two_polls() {
    let mut bench = Bench::polling();
    bench.send("last").unwrap();
    bench.session.close(bench.now, DisconnectReason::ServerDisconnect);
    assert_eq!(bench.messages(), ["<server disconnect>"]);
    assert_eq!(bench.send("late"), Err(SendError::Closed));
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("4last\u{1e}1"));
    assert!(bench.session.wants().finished);
}

#[test]
fn a_closed_session_is_given_up_in_time() {
    let mut bench = Bench::polling();
    bench.session.close(bench.now, DisconnectReason::ServerDisconnect);
    bench.advance(Duration::from_secs(30));
    assert!(bench.session.wants().finished);
    assert_eq!(bench.session.handle_link(bench.now, Link::Poll), Err(Refusal::SessionClosed));
}

#[test]
fn an_upgrade_moves_the_session_and_loses_nothing() {
    let mut bench = Bench::polling();
    let poll = bench.open(Link::Poll);
    let websocket = bench.open(Link::WebSocket);
    assert!(bench.session.handle_packet(bench.now, websocket, Packet::Ping("probe".into())));
    assert_eq!(bench.frames(websocket), ["3probe"]);
    assert!(bench.is_waiting(poll), "an empty poll is held for a moment");
    bench.advance(Duration::from_millis(10));
    assert_eq!(bench.body(poll).as_deref(), Some("6"));
    bench.send("a").unwrap();
    assert_eq!(bench.frames(websocket), [""; 0], "packets stay with polling until the client has moved");
    assert!(bench.session.handle_packet(bench.now, websocket, Packet::Upgrade));
    assert_eq!(bench.frames(websocket), ["4a"]);
    assert_eq!(bench.session.transport(), Transport::WebSocket);
    assert_eq!(bench.session.handle_link(bench.now, Link::Poll), Err(Refusal::TransportMismatch));
    assert_eq!(bench.messages(), ["<Upgraded>"]);
}

#[test]
fn polls_during_an_upgrade_get_what_is_queued() {
    let mut bench = Bench::polling();
    let websocket = bench.open(Link::WebSocket);
    bench.session.handle_packet(bench.now, websocket, Packet::Ping("probe".into()));
    bench.send("a").unwrap();
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("4a"));
    let poll = bench.open(Link::Poll);
    bench.advance(Duration::from_millis(99));
    assert!(bench.is_waiting(poll));
    bench.advance(Duration::from_millis(1));
    assert_eq!(bench.body(poll).as_deref(), Some("6"));
}

#[test]
fn an_open_poll_is_released_by_the_upgrade_itself() {
    let mut bench = Bench::polling();
    let poll = bench.open(Link::Poll);
    let websocket = bench.upgrade();
    assert_eq!(bench.body(poll).as_deref(), Some("6"));
    assert_eq!(bench.frames(websocket), [""; 0], "no noop on a WebSocket");
}

#[test]
fn a_failed_upgrade_leaves_the_session_on_polling() {
    let mut bench = Bench::polling();
    bench.send("kept").unwrap();
    for wrong in [Packet::Message("x".into()), Packet::Upgrade, Packet::Ping(Text::default())] {
        let websocket = bench.open(Link::WebSocket);
        assert!(!bench.session.handle_packet(bench.now, websocket, wrong));
        assert_eq!(bench.frames(websocket), ["Close(CloseCode(1000))"]);
    }
    let silent = bench.open(Link::WebSocket);
    bench.advance(Duration::from_secs(10));
    assert!(bench.session.link_wants(silent));
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("4kept"));
}

#[test]
fn a_client_that_moves_while_the_server_closes_is_told_where_it_arrives() {
    let mut bench = Bench::polling();
    let websocket = bench.open(Link::WebSocket);
    bench.session.handle_packet(bench.now, websocket, Packet::Ping("probe".into()));
    assert_eq!(bench.frames(websocket), ["3probe"]);
    bench.send("last").unwrap();
    bench.session.close(bench.now, DisconnectReason::ServerDisconnect);
    assert_eq!(bench.messages(), ["<server disconnect>"]);
    assert!(bench.session.handle_packet(bench.now, websocket, Packet::Upgrade));
    assert_eq!(bench.frames(websocket), ["4last", "1", "Close(CloseCode(1000))"]);
    assert_eq!(bench.messages(), [""; 0], "nothing follows the end");
}

#[test]
fn a_client_that_polls_on_while_the_server_closes_is_told_there() {
    let mut bench = Bench::polling();
    let websocket = bench.open(Link::WebSocket);
    bench.session.handle_packet(bench.now, websocket, Packet::Ping("probe".into()));
    bench.session.close(bench.now, DisconnectReason::ServerDisconnect);
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("1"));
    assert_eq!(bench.frames(websocket), ["Close(CloseCode(1000))"]);
}

#[test]
fn a_second_websocket_changes_nothing() {
    let mut bench = Bench::polling();
    let probing = bench.open(Link::WebSocket);
    let second = bench.open(Link::WebSocket);
    assert_eq!(bench.frames(second), ["Close(CloseCode(1000))"]);
    bench.session.handle_closed(bench.now, second, Closed::Eof);
    bench.session.handle_packet(bench.now, probing, Packet::Ping("probe".into()));
    assert!(bench.session.handle_packet(bench.now, probing, Packet::Upgrade));
    let third = bench.open(Link::WebSocket);
    assert_eq!(bench.frames(third), ["Close(CloseCode(1000))"]);
    assert!(bench.session.is_open());
}

#[test]
fn a_post_begun_before_the_upgrade_comes_before_the_websocket() {
    let mut bench = Bench::polling();
    let post = bench.open(POST);
    let websocket = bench.upgrade();
    bench.session.handle_packet(bench.now, websocket, Packet::Message("second".into()));
    assert!(bench.session.wants().reading_paused);
    assert_eq!(bench.messages(), [""; 0]);
    bench.session.handle_payload(bench.now, post, Bytes::from_static(b"4first")).unwrap();
    assert!(bench.accepted(post));
    assert_eq!(bench.messages(), ["first", "<Upgraded>", "second"]);
}

#[test]
fn a_post_waits_for_room_and_the_heartbeat_waits_with_it() {
    let mut bench = Bench::polling();
    assert_eq!(bench.post("4a\u{1e}4b"), Ok(true));
    let waiting = bench.open(POST);
    bench.session.handle_payload(bench.now, waiting, Bytes::from_static(b"4c")).unwrap();
    assert!(!bench.accepted(waiting), "two bodies are held at most");
    bench.advance(Duration::from_secs(100));
    assert!(bench.session.is_open(), "a client cannot send its pong while we hold its POST");
    assert_eq!(bench.messages(), ["a", "b", "c"]);
    assert!(bench.accepted(waiting));
}

#[test]
fn reading_pauses_while_the_application_is_behind() {
    let (mut bench, link) = Bench::websocket();
    for _ in 0..256 {
        bench.session.handle_packet(bench.now, link, Packet::Message("x".into()));
    }
    assert!(bench.session.wants().reading_paused);
    assert_eq!(bench.messages().len(), 256);
    assert!(bench.session.wants().reading_paused, "delivered is not handled");
    bench.session.handle_handled(bench.now, 1);
    assert!(!bench.session.wants().reading_paused);
}

#[test]
fn an_unfinished_message_is_not_held_against_a_client_that_we_do_not_read() {
    let config = SessionConfig { message_timeout: Duration::from_secs(10), ..Default::default() };
    let (mut bench, link) = Bench::new(Link::WebSocket, config);
    bench.session.open(bench.now);
    bench.frames(link);
    for _ in 0..256 {
        bench.session.handle_packet(bench.now, link, Packet::Message("x".into()));
    }
    bench.session.handle_partial(bench.now, link, true);
    assert!(bench.session.wants().reading_paused);
    bench.advance(Duration::from_secs(20));
    assert_eq!(bench.messages().len(), 256);
    bench.session.handle_handled(bench.now, 256);
    bench.advance(Duration::from_secs(9));
    assert!(bench.session.is_open(), "its time runs from when we read again");
    bench.advance(Duration::from_secs(1));
    assert_eq!(bench.messages(), ["<transport error>"]);
}

#[test]
fn a_ping_passes_the_messages_that_wait() {
    let mut bench =
        Bench::polling_with(SessionConfig { max_packets_per_poll: Some(2), ..Default::default() });
    for text in ["a", "b", "c"] {
        bench.send(text).unwrap();
    }
    bench.advance(Duration::from_secs(25));
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("2\u{1e}4a"));
}

#[test]
fn pings_go_on_while_the_application_is_behind() {
    let (mut bench, link) = Bench::websocket();
    for _ in 0..256 {
        bench.session.handle_packet(bench.now, link, Packet::Message("x".into()));
    }
    for _ in 0..5 {
        bench.advance(Duration::from_secs(25));
        assert_eq!(bench.frames(link), ["2"], "the client would give us up otherwise");
    }
    bench.messages();
    bench.session.handle_handled(bench.now, 256);
    bench.advance(Duration::from_secs(20));
    assert_eq!(bench.messages(), ["<ping timeout>"]);
}

#[test]
fn pings_of_clients_are_refused_unless_configured() {
    let mut bench = Bench::polling();
    assert_eq!(bench.post("2"), Err(Refusal::PingFromClient));
    let (mut bench, link) = Bench::websocket();
    bench.session.handle_packet(bench.now, link, Packet::PING);
    assert_eq!(bench.messages(), ["<transport error>"]);
    let client_pings = engineio_proto::ClientPings::Ignore;
    let mut bench = Bench::polling_with(SessionConfig { client_pings, ..Default::default() });
    assert_eq!(bench.post("2\u{1e}4a"), Ok(true));
    assert_eq!(bench.messages(), ["a"]);
}

#[test]
fn packets_without_meaning_on_a_websocket_are_ignored() {
    let (mut bench, link) = Bench::websocket();
    for packet in [Packet::Open(Text::default()), Packet::Upgrade, Packet::Noop, Packet::PONG] {
        assert!(bench.session.handle_packet(bench.now, link, packet));
    }
    assert!(bench.session.is_open());
}

#[test]
fn a_full_queue_follows_its_policy() {
    let config = |overflow| SessionConfig { max_queued_packets: 2, overflow, ..Default::default() };
    let fill = |overflow| {
        let mut bench = Bench::polling_with(config(overflow));
        bench.send("a").unwrap();
        bench.send("b").unwrap();
        let result = bench.send("c");
        (bench, result)
    };
    let (mut bench, result) = fill(Overflow::Close);
    assert_eq!(result, Err(SendError::Closed));
    assert_eq!(bench.messages(), ["<slow consumer>"]);
    for overflow in [Overflow::DropNewest, Overflow::Wait] {
        let (mut bench, result) = fill(overflow);
        assert_eq!(result, Err(SendError::Full(Message::from("c"))));
        let poll = bench.open(Link::Poll);
        assert_eq!(bench.body(poll).as_deref(), Some("4a\u{1e}4b"));
        assert!(bench.session.has_room());
    }
    let (mut bench, result) = fill(Overflow::DropOldest);
    assert_eq!(result, Ok(()));
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("4b\u{1e}4c"));
}

#[test]
fn text_with_the_separator_is_for_websockets() {
    let torn = "a\u{1e}1";
    let mut bench = Bench::polling();
    assert_eq!(bench.send(torn), Err(SendError::Separator));
    let prepared = Prepared::new(torn.into());
    assert_eq!(bench.session.send_prepared(&prepared), Err(SendError::Separator));
    let (mut bench, link) = Bench::websocket();
    bench.send(torn).unwrap();
    assert_eq!(bench.frames(link), ["4a\u{1e}1"]);
}

#[test]
fn only_some_packets_are_the_applications() {
    let mut bench = Bench::polling();
    let send = |bench: &mut Bench, packet| bench.session.send_packet(bench.now, packet);
    for packet in [Packet::Open(Text::default()), Packet::PING, Packet::PONG, Packet::Upgrade] {
        assert_eq!(send(&mut bench, packet), Err(SendError::PacketType));
    }
    send(&mut bench, Packet::Noop).unwrap();
    send(&mut bench, Packet::Message("m".into())).unwrap();
    send(&mut bench, Packet::Close).unwrap();
    assert_eq!(send(&mut bench, Packet::Noop), Err(SendError::Closed));
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("6\u{1e}4m\u{1e}1"));
}

#[test]
fn posts_are_judged_by_their_heads() {
    let heads = [
        (PostHead { octet_stream: true, ..PostHead::default() }, Refusal::OctetStream),
        (PostHead { content_encoding: true, ..PostHead::default() }, Refusal::ContentEncoding),
        (
            PostHead { content_length: Some(1_000_001), ..PostHead::default() },
            Refusal::TooLarge { limit: 1_000_000 },
        ),
    ];
    for (head, refusal) in heads {
        let mut bench = Bench::polling();
        assert_eq!(bench.session.handle_link(bench.now, Link::Post(head)), Err(refusal));
        assert!(!bench.session.is_alive());
    }
}

#[test]
fn a_client_that_leaves_during_connect_gets_one_disconnect_after_it() {
    let (mut bench, link) = Bench::new(Link::WebSocket, SessionConfig::default());
    bench.session.handle_closed(bench.now, link, Closed::Eof);
    bench.session.open(bench.now);
    assert_eq!(bench.messages(), ["<transport close>"]);
    assert!(bench.session.wants().finished);
}

#[test]
fn a_probing_websocket_is_closed_with_the_code_of_its_error() {
    let mut bench = Bench::polling();
    let probing = bench.open(Link::WebSocket);
    bench.session.handle_bad_frame(bench.now, probing, CloseCode::PROTOCOL);
    assert_eq!(bench.frames(probing), ["Close(CloseCode(1002))"]);
    assert!(bench.session.is_open());
}

#[test]
fn a_client_that_pongs_without_reading_is_not_alive() {
    let mut bench = Bench::polling();
    bench.advance(Duration::from_secs(25));
    assert_eq!(bench.post("3"), Ok(true));
    bench.advance(Duration::from_secs(20));
    assert_eq!(bench.messages(), ["<ping timeout>"]);
}
