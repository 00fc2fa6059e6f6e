//! The client's session, step by step. Whole conversations over a faulty network are in the test kit.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed test panics")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engineio_proto::client::{Cause, ClientConfig, Event, Finish, LinkKind, Session, Transmit};
use engineio_proto::ws::CloseCode;
use engineio_proto::{
    Closed, DecodeError, DisconnectReason, Instant, LinkId, Message, Outgoing, Overflow, Packet,
    PayloadEncoder, Prepared, SendError, Text, Transport,
};

const OPEN: &str =
    r#"0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000}"#;
const OPEN_WITHOUT_UPGRADES: &str =
    r#"0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000}"#;

/// A session with a clock of its own.
struct Bench {
    session: Session,
    now: Instant,
}

impl Bench {
    fn new(first: Transport, config: ClientConfig) -> Self {
        Self { session: Session::connect(&Arc::new(config), first, Instant::EPOCH), now: Instant::EPOCH }
    }

    /// A session on polling, its handshake answered, its GET under way.
    fn polling() -> (Self, LinkId) {
        Self::polling_with(ClientConfig::default())
    }

    fn polling_with(config: ClientConfig) -> (Self, LinkId) {
        let mut bench = Self::new(Transport::Polling, config);
        let handshake = bench.open(LinkKind::Poll);
        bench.respond(handshake, OPEN_WITHOUT_UPGRADES);
        assert_eq!(bench.events(), ["<open abc>"]);
        let poll = bench.open(LinkKind::Poll);
        (bench, poll)
    }

    fn websocket() -> (Self, LinkId) {
        let mut bench = Self::new(Transport::WebSocket, ClientConfig::default());
        let link = bench.open(LinkKind::WebSocket);
        assert!(bench.receive(link, OPEN_WITHOUT_UPGRADES));
        assert_eq!(bench.events(), ["<open abc>"]);
        (bench, link)
    }

    /// A session on polling that upgrades, with its GET under way and the probing WebSocket.
    fn upgrading() -> (Self, LinkId, LinkId) {
        let mut bench = Self::new(Transport::Polling, ClientConfig::default());
        let handshake = bench.open(LinkKind::Poll);
        bench.respond(handshake, OPEN);
        assert_eq!(bench.events(), ["<open abc>"]);
        let poll = bench.open(LinkKind::Poll);
        let websocket = bench.open(LinkKind::WebSocket);
        (bench, poll, websocket)
    }

    /// The next link, which must be of this kind.
    fn open(&mut self, kind: LinkKind) -> LinkId {
        let (link, opened) = self.session.poll_link(self.now).unwrap();
        assert_eq!(opened, kind);
        link
    }

    fn opens_nothing(&mut self) -> bool {
        assert!(!self.session.wants().links);
        self.session.poll_link(self.now).is_none()
    }

    fn respond(&mut self, link: LinkId, body: &str) {
        self.session.handle_response(self.now, link, Bytes::copy_from_slice(body.as_bytes()));
    }

    fn receive(&mut self, link: LinkId, packet: &str) -> bool {
        self.session.handle_packet(
            self.now,
            link,
            Packet::decode(Bytes::copy_from_slice(packet.as_bytes())).unwrap(),
        )
    }

    fn send(&mut self, text: &str) -> Result<(), SendError> {
        self.session.send(text.into()).map(drop)
    }

    /// The next POST and its body.
    fn post(&mut self) -> (LinkId, String) {
        let link = self.open(LinkKind::Post);
        (link, self.body(link))
    }

    fn body(&mut self, link: LinkId) -> String {
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
    fn posted(&mut self) -> String {
        let (link, body) = self.post();
        self.respond(link, "ok");
        body
    }

    /// What a WebSocket writes until it has nothing more, a close frame as `Close(CODE)`.
    fn frames(&mut self, link: LinkId) -> Vec<String> {
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

    fn is_dropped(&mut self, link: LinkId) -> bool {
        self.frames(link) == ["Close(CloseCode(1000))"]
    }

    fn advance(&mut self, by: Duration) {
        self.now = self.now + by;
        self.session.handle_timeout(self.now);
    }

    fn events(&mut self) -> Vec<String> {
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

/// Something that goes wrong with a probing WebSocket.
type Failure = dyn Fn(&mut Bench, LinkId);

fn wire(packet: &Outgoing) -> String {
    let mut bytes = Vec::new();
    packet.encode_payload(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}

#[test]
fn a_handshake_opens_the_session_and_brings_what_came_with_it() {
    let mut bench = Bench::new(Transport::Polling, ClientConfig::default());
    let handshake = bench.open(LinkKind::Poll);
    assert!(bench.opens_nothing());
    assert_eq!(bench.send("early"), Err(SendError::NotOpen));
    bench.respond(handshake, &format!("{OPEN_WITHOUT_UPGRADES}\u{1e}4hi\u{1e}bAQID\u{1e}2x"));
    assert!(bench.session.is_open());
    assert_eq!(bench.session.sid().unwrap().as_str(), "abc");
    assert_eq!(bench.events(), ["<open abc>", "hi", "b\"\\x01\\x02\\x03\""]);
    assert_eq!(bench.posted(), "3x");
}

#[test]
fn a_websocket_handshake_opens_the_session() {
    let (mut bench, link) = Bench::websocket();
    assert!(bench.opens_nothing());
    bench.send("a").unwrap();
    assert!(bench.receive(link, "4b"));
    assert_eq!(bench.frames(link), ["4a"]);
    assert_eq!(bench.events(), ["b"]);
}

#[test]
fn an_unusable_handshake_ends_the_session() {
    let cases = [
        ("", "<parse error: the server sent something that is no packet: empty packet; 0>"),
        ("x", "<parse error: the server sent something that is no packet: unknown packet type; 0>"),
        ("4hi", "<parse error: the first packet is not open; 0>"),
    ];
    for (body, end) in cases {
        let mut bench = Bench::new(Transport::Polling, ClientConfig::default());
        let handshake = bench.open(LinkKind::Poll);
        bench.respond(handshake, body);
        assert_eq!(bench.events(), [end]);
        assert!(bench.session.wants().finished && bench.opens_nothing());
    }
    for first in ["0{}", "0", "0[]", r#"0{"sid":"\n","pingInterval":1,"pingTimeout":1}"#] {
        let mut bench = Bench::new(Transport::WebSocket, ClientConfig::default());
        let link = bench.open(LinkKind::WebSocket);
        assert!(!bench.receive(link, first));
        let Some(Event::Closed(end)) = bench.session.poll_event(bench.now) else { panic!("no end") };
        assert!(matches!(end.cause, Cause::BadOpen(_)), "{first}");
        assert!(bench.is_dropped(link));
    }
}

#[test]
fn a_refused_handshake_shows_what_the_server_said() {
    for first in [Transport::Polling, Transport::WebSocket] {
        let mut bench = Bench::new(first, ClientConfig::default());
        let (link, _) = bench.session.poll_link(bench.now).unwrap();
        bench.session.handle_refused(bench.now, link, 403, Bytes::from_static(b"no"));
        let Some(Event::Closed(end)) = bench.session.poll_event(bench.now) else { panic!("no end") };
        assert_eq!(end.reason, DisconnectReason::TransportError);
        assert_eq!(end.cause, Cause::Refused { status: 403, body: Bytes::from_static(b"no") });
    }
}

#[test]
fn a_server_that_does_not_answer_is_given_up() {
    let mut bench = Bench::new(Transport::Polling, ClientConfig::default());
    let handshake = bench.open(LinkKind::Poll);
    bench.advance(Duration::from_secs(10));
    assert_eq!(bench.events(), ["<transport error: the server did not answer the handshake in time; 0>"]);
    assert!(bench.is_dropped(handshake));
    bench.respond(handshake, OPEN);
    assert_eq!(bench.events(), [""; 0], "an answer after the end changes nothing");
}

#[test]
fn one_get_and_one_post_at_a_time() {
    let (mut bench, poll) = Bench::polling();
    bench.send("a").unwrap();
    let (post, body) = bench.post();
    assert_eq!(body, "4a");
    bench.send("b").unwrap();
    assert!(bench.opens_nothing());
    bench.respond(poll, "4x");
    bench.respond(post, "ok");
    assert_eq!(bench.posted(), "4b");
    bench.open(LinkKind::Poll);
    assert!(bench.opens_nothing());
}

#[test]
fn an_answered_post_confirms_what_it_carried() {
    let (mut bench, _) = Bench::polling();
    let mark = bench.session.send("a".into()).unwrap();
    let (post, _) = bench.post();
    assert!(bench.session.progress().confirmed < mark);
    bench.respond(post, "ok");
    assert_eq!(bench.session.progress().confirmed, mark);
    bench.send("lost").unwrap();
    let (post, _) = bench.post();
    bench.session.handle_closed(post, Closed::Aborted);
    assert_eq!(bench.events(), ["<transport error: a request was lost; 1>"]);
}

#[test]
fn posts_are_small_until_the_server_shows_that_it_takes_more() {
    for (answer, second) in [("ok", 24), ("OK", 16)] {
        let (mut bench, _) = Bench::polling();
        for number in numbers(40) {
            bench.send(&number).unwrap();
        }
        let (post, first) = bench.post();
        assert_eq!(first.split('\u{1e}').count(), 16);
        bench.respond(post, answer);
        assert_eq!(bench.posted().split('\u{1e}').count(), second, "{answer}");
    }
}

#[test]
fn posts_respect_the_servers_limit_in_encoded_bytes() {
    let (mut bench, _) = Bench::polling();
    let binary = vec![0; 360];
    for _ in 0..3 {
        bench.session.send(binary.clone().into()).unwrap();
    }
    assert_eq!(bench.posted().len(), 481 * 2 + 1, "base64 makes 481 bytes of 360");
    assert_eq!(bench.posted().len(), 481);
}

#[test]
fn messages_that_the_server_would_refuse_are_refused_here() {
    let (mut bench, _) = Bench::polling();
    let refused = |size| Err(SendError::TooLarge { size, limit: 1000 });
    bench.send(&"x".repeat(999)).unwrap();
    assert_eq!(bench.send(&"x".repeat(1000)), refused(1001));
    assert_eq!(bench.session.send(vec![0; 750].into()).map(drop), refused(1001));
    assert_eq!(bench.session.send_prepared(&Prepared::new(vec![0; 750].into())).map(drop), refused(1001));
    let (mut bench, _) = Bench::websocket();
    bench.session.send(vec![0; 1000].into()).unwrap();
    assert_eq!(bench.session.send(vec![0; 1001].into()).map(drop), refused(1001));
}

#[test]
fn text_with_the_separator_is_for_websockets() {
    let (mut bench, _) = Bench::polling();
    assert_eq!(bench.send("a\u{1e}1"), Err(SendError::Separator));
    let (mut bench, link) = Bench::websocket();
    bench.send("a\u{1e}1").unwrap();
    assert_eq!(bench.frames(link), ["4a\u{1e}1"]);
}

#[test]
fn a_full_queue_follows_its_policy() {
    let fill = |overflow| {
        let config = ClientConfig { max_queued_packets: 2, overflow, ..ClientConfig::default() };
        let (mut bench, _) = Bench::polling_with(config);
        bench.send("a").unwrap();
        bench.send("b").unwrap();
        let result = bench.send("c");
        (bench, result)
    };
    let (mut bench, result) = fill(Overflow::Close);
    assert_eq!(result, Err(SendError::Closed));
    assert_eq!(bench.events(), ["<slow consumer: the outbound queue is full; 2>"]);
    for overflow in [Overflow::DropNewest, Overflow::Wait] {
        let (mut bench, result) = fill(overflow);
        assert_eq!(result, Err(SendError::Full("c".into())));
        assert!(!bench.session.has_room());
        assert_eq!(bench.posted(), "4a\u{1e}4b");
    }
    let (mut bench, result) = fill(Overflow::DropOldest);
    assert_eq!(result, Ok(()));
    assert_eq!(bench.posted(), "4b\u{1e}4c");
}

#[test]
fn a_pong_passes_a_full_queue_and_only_the_last_ping_is_answered() {
    let config = ClientConfig { max_queued_packets: 1, ..ClientConfig::default() };
    let (mut bench, poll) = Bench::polling_with(config);
    bench.send("queued").unwrap();
    bench.respond(poll, "2old\u{1e}2new");
    assert_eq!(bench.posted(), "3new\u{1e}4queued");
}

#[test]
fn pings_on_a_websocket_are_answered_with_their_data() {
    let (mut bench, link) = Bench::websocket();
    bench.send("a").unwrap();
    bench.receive(link, "2beat");
    assert_eq!(bench.frames(link), ["3beat", "4a"]);
}

#[test]
fn only_pings_prove_that_the_server_lives() {
    let (mut bench, link) = Bench::websocket();
    bench.advance(Duration::from_secs(44));
    bench.receive(link, "2");
    bench.advance(Duration::from_secs(44));
    bench.receive(link, "4a");
    assert!(bench.session.is_open());
    bench.advance(Duration::from_secs(1));
    assert_eq!(bench.events(), ["a", "<ping timeout: no ping within the ping interval and timeout; 0>"]);
    assert_eq!(bench.session.poll_timeout(), None);
}

#[test]
fn polling_pauses_while_two_large_bodies_wait_and_the_watchdog_with_it() {
    let (mut bench, mut poll) = Bench::polling_with(ClientConfig { max_payload: 100, ..Default::default() });
    bench.respond(poll, &format!("4{}\u{1e}4b", "a".repeat(90)));
    poll = bench.open(LinkKind::Poll);
    bench.respond(poll, "4cccccc");
    assert!(bench.opens_nothing(), "they hold more than a response may");
    bench.advance(Duration::from_secs(100));
    assert_eq!(bench.events(), ["a".repeat(90), "b".into(), "cccccc".into()]);
    bench.open(LinkKind::Poll);
    bench.advance(Duration::from_secs(45));
    assert!(!bench.session.is_open());
}

#[test]
fn polling_reads_as_many_responses_ahead_as_messages_may_wait() {
    let (mut bench, mut poll) = Bench::polling_with(ClientConfig { max_inbound: 5, ..Default::default() });
    for number in 0..4 {
        bench.respond(poll, &format!("4{number}a\u{1e}4{number}b"));
        poll = bench.open(LinkKind::Poll);
    }
    bench.respond(poll, "44a\u{1e}1");
    assert!(bench.opens_nothing());
    let mut expected: Vec<_> = (0..4).flat_map(|n| [format!("{n}a"), format!("{n}b")]).collect();
    expected.push("4a".to_owned());
    let last = "<server disconnect: the server sent a close packet; 0>".to_owned();
    assert_eq!(bench.events(), [expected, vec![last]].concat(), "in order, and the end is the last");
}

#[test]
fn polling_goes_on_when_there_is_room_for_a_response_again() {
    let (mut bench, mut poll) = Bench::polling_with(ClientConfig { max_inbound: 3, ..Default::default() });
    for number in 0..2 {
        bench.respond(poll, &format!("4{number}"));
        poll = bench.open(LinkKind::Poll);
    }
    bench.respond(poll, "42");
    assert!(bench.opens_nothing());
    assert!(matches!(bench.session.poll_event(bench.now), Some(Event::Message(_))));
    poll = bench.open(LinkKind::Poll);
    bench.respond(poll, "43");
    assert!(bench.opens_nothing());
    assert_eq!(bench.events(), ["1", "2", "3"]);
    assert!(bench.opens_nothing(), "delivered is not handled");
    bench.session.handle_handled(bench.now, 2);
    bench.open(LinkKind::Poll);
}

#[test]
fn reading_pauses_while_the_application_is_behind() {
    let (mut bench, link) = Bench::websocket();
    for _ in 0..256 {
        bench.receive(link, "4x");
    }
    assert!(bench.session.wants().reading_paused);
    assert_eq!(bench.events().len(), 256);
    assert!(bench.session.wants().reading_paused, "delivered is not handled");
    bench.advance(Duration::from_secs(100));
    bench.session.handle_handled(bench.now, 1);
    assert!(!bench.session.wants().reading_paused && bench.session.is_open());
}

#[test]
fn thousands_of_packets_in_one_response_arrive() {
    let (mut bench, poll) = Bench::polling();
    let packets: Vec<_> = numbers(16_384).iter().map(|number| format!("4{number}")).collect();
    bench.respond(poll, &packets.join("\u{1e}"));
    assert_eq!(bench.events(), numbers(16_384));
}

#[test]
fn a_response_over_the_limit_ends_the_session() {
    let config = ClientConfig { max_payload: 200, ..ClientConfig::default() };
    let (mut bench, poll) = Bench::polling_with(config);
    bench.respond(poll, &format!("4{}", "x".repeat(200)));
    assert_eq!(bench.events(), ["<payload too large: a response over the payload limit; 0>"]);
}

#[test]
fn bad_responses_end_the_session_after_the_good_packets_before() {
    let cases = [
        ("4a\u{1e}x", Cause::BadPacket(DecodeError::UnknownType)),
        ("4a\u{1e}b!", Cause::BadPacket(DecodeError::Base64)),
        ("4a\u{1e}", Cause::BadPacket(DecodeError::Empty)),
        ("4a\u{1e}0{}", "a packet that servers do not send by polling".into()),
    ];
    for (body, cause) in cases {
        let (mut bench, poll) = Bench::polling();
        bench.respond(poll, body);
        assert_eq!(bench.session.poll_event(bench.now), Some(Event::Message("a".into())));
        let Some(Event::Closed(end)) = bench.session.poll_event(bench.now) else { panic!("no end") };
        assert_eq!((end.reason, end.cause), (DisconnectReason::ParseError, cause));
    }
    let (mut bench, poll) = Bench::polling();
    bench.respond(poll, "");
    assert!(!bench.session.is_open(), "an empty body is one empty packet");
}

#[test]
fn packets_without_meaning_are_ignored() {
    let (mut bench, poll) = Bench::polling();
    bench.respond(poll, "6\u{1e}3");
    assert!(bench.session.is_open());
    let (mut bench, link) = Bench::websocket();
    for packet in ["0{}", "3", "5", "6"] {
        assert!(bench.receive(link, packet));
    }
    assert_eq!(bench.events(), [""; 0]);
}

#[test]
fn refused_and_lost_requests_end_the_session() {
    let (mut bench, poll) = Bench::polling();
    bench.session.handle_refused(bench.now, poll, 400, Bytes::new());
    let refused = "<transport error: the server refused a request with status 400; 0>";
    assert_eq!(bench.events(), [refused]);
    for (how, end) in [
        (Closed::Aborted, "<transport error: a request was lost; 0>"),
        (Closed::Timeout, "<transport error: the server did not answer in time; 0>"),
        (Closed::TooLarge, "<payload too large: a response over the payload limit; 0>"),
    ] {
        let (mut bench, poll) = Bench::polling();
        bench.session.handle_closed(poll, how);
        assert_eq!(bench.events(), [end]);
    }
}

#[test]
fn after_a_refused_post_the_server_has_the_last_word() {
    let refused = |status| {
        let (mut bench, poll) = Bench::polling();
        bench.send("a").unwrap();
        let (post, _) = bench.post();
        bench.session.handle_refused(bench.now, post, status, Bytes::new());
        assert_eq!(bench.send("b"), Err(SendError::Closed));
        bench.respond(poll, "4x\u{1e}2");
        assert_eq!(bench.events(), ["x"]);
        let poll = bench.open(LinkKind::Poll);
        assert!(bench.opens_nothing(), "nothing is posted any more");
        (bench, poll)
    };
    let (mut bench, poll) = refused(400);
    bench.respond(poll, "4y\u{1e}1");
    assert_eq!(bench.events(), ["y", "<server disconnect: the server sent a close packet; 1>"]);
    let (mut bench, poll) = refused(413);
    bench.session.handle_refused(bench.now, poll, 400, Bytes::new());
    let end = "<payload too large: the server refused a request with status 413; 1>";
    assert_eq!(bench.events(), [end]);
    let (mut bench, _) = refused(400);
    bench.advance(Duration::from_secs(10));
    let end = "<transport error: the server refused a request with status 400; 1>";
    assert_eq!(bench.events(), [end]);
}

#[test]
fn a_websocket_that_breaks_ends_the_session() {
    let (mut bench, link) = Bench::websocket();
    bench.send("a").unwrap();
    let mark = bench.session.send("b".into()).unwrap();
    assert_eq!(bench.frames(link), ["4a", "4b"]);
    bench.session.handle_sent(link, mark);
    bench.send("c").unwrap();
    bench.session.handle_closed(link, Closed::Eof);
    assert_eq!(bench.events(), ["<transport close: the WebSocket was closed; 1>"]);
    let (mut bench, link) = Bench::websocket();
    bench.session.handle_bad_frame(link, CloseCode::INVALID_DATA);
    assert_eq!(bench.frames(link), ["Close(CloseCode(1007))"]);
    assert_eq!(bench.events(), ["<parse error: the WebSocket received something that is no packet; 0>"]);
}

#[test]
fn an_unfinished_message_has_a_deadline() {
    let (mut bench, link) = Bench::websocket();
    bench.session.handle_partial(bench.now, link, true);
    bench.advance(Duration::from_secs(20));
    bench.session.handle_partial(bench.now, link, true);
    bench.advance(Duration::from_secs(10));
    assert_eq!(bench.events(), ["<transport error: a WebSocket message was not completed in time; 0>"]);
}

#[test]
fn an_unfinished_message_is_not_held_against_a_server_that_we_do_not_read() {
    let (mut bench, link) = Bench::websocket();
    for _ in 0..256 {
        bench.receive(link, "4x");
    }
    bench.session.handle_partial(bench.now, link, true);
    assert!(bench.session.wants().reading_paused);
    bench.advance(Duration::from_secs(3600));
    assert_eq!(bench.events().len(), 256);
    bench.session.handle_handled(bench.now, 256);
    bench.advance(Duration::from_secs(29));
    assert!(bench.session.is_open(), "its time runs from when we read again");
    bench.advance(Duration::from_secs(1));
    assert_eq!(bench.events(), ["<transport error: a WebSocket message was not completed in time; 0>"]);
}

#[test]
fn a_server_that_closes_ends_the_session() {
    let (mut bench, poll) = Bench::polling();
    bench.respond(poll, "4a\u{1e}1\u{1e}4b");
    assert_eq!(bench.events(), ["a", "<server disconnect: the server sent a close packet; 0>"]);
    let (mut bench, link) = Bench::websocket();
    assert!(!bench.receive(link, "1"));
    assert!(bench.is_dropped(link));
    assert_eq!(bench.events(), ["<server disconnect: the server sent a close packet; 0>"]);
}

#[test]
fn closing_by_polling_sends_what_is_queued_and_then_says_so() {
    let (mut bench, poll) = Bench::polling();
    for number in numbers(16) {
        bench.send(&number).unwrap();
    }
    bench.session.close(bench.now);
    assert_eq!(bench.send("late"), Err(SendError::Closed));
    assert!(bench.posted().ends_with("\u{1e}415"));
    bench.respond(poll, "4x");
    let (farewell, body) = bench.post();
    assert_eq!(body, "1");
    assert!(bench.opens_nothing(), "no GET after the close packet");
    assert_eq!(bench.events(), ["x"]);
    bench.respond(farewell, "ok");
    assert_eq!(bench.events(), ["<client disconnect: closed by the application; 0>"]);
}

#[test]
fn the_end_of_a_poll_after_the_close_packet_is_no_loss() {
    let (mut bench, poll) = Bench::polling();
    bench.session.close(bench.now);
    let (farewell, _) = bench.post();
    bench.session.handle_refused(bench.now, poll, 400, Bytes::new());
    assert_eq!(bench.events(), [""; 0]);
    bench.respond(farewell, "ok");
    assert_eq!(bench.events(), ["<client disconnect: closed by the application; 0>"]);
}

#[test]
fn closing_a_websocket_waits_for_the_last_byte() {
    let (mut bench, link) = Bench::websocket();
    let mark = bench.session.send("a".into()).unwrap();
    bench.session.close(bench.now);
    assert_eq!(bench.frames(link), ["4a", "1", "Close(CloseCode(1000))"]);
    assert_eq!(bench.events(), [""; 0]);
    bench.session.handle_sent(link, mark);
    bench.session.handle_closed(link, Closed::Eof);
    assert_eq!(bench.events(), ["<client disconnect: closed by the application; 0>"]);
}

#[test]
fn closing_does_not_take_for_ever() {
    let (mut bench, _) = Bench::polling();
    bench.send("a").unwrap();
    bench.session.close(bench.now);
    bench.post();
    bench.advance(Duration::from_secs(10));
    assert_eq!(bench.events(), ["<client disconnect: what was queued did not leave in time; 1>"]);
}

#[test]
fn aborting_ends_at_once() {
    let (mut bench, link) = Bench::websocket();
    bench.send("a").unwrap();
    bench.session.abort();
    bench.session.abort();
    assert!(bench.is_dropped(link));
    assert_eq!(bench.events(), ["<client disconnect: aborted by the application; 1>"]);
    let mut bench = Bench::new(Transport::Polling, ClientConfig::default());
    bench.session.close(bench.now);
    assert!(bench.opens_nothing());
    assert_eq!(bench.events(), ["<client disconnect: aborted by the application; 0>"]);
}

#[test]
fn an_upgrade_waits_until_polling_rests_and_loses_nothing() {
    let (mut bench, poll, websocket) = Bench::upgrading();
    assert_eq!(bench.frames(websocket), ["2probe"]);
    bench.send("a").unwrap();
    let (post, body) = bench.post();
    assert_eq!(body, "4a", "messages go on by polling");
    assert!(bench.receive(websocket, "3probe"));
    bench.send("b").unwrap();
    assert_eq!(bench.frames(websocket), [""; 0]);
    bench.respond(poll, "4x\u{1e}2");
    assert!(bench.opens_nothing());
    assert_eq!(bench.session.transport(), Transport::Polling);
    bench.respond(post, "ok");
    assert!(bench.opens_nothing());
    assert_eq!(bench.session.transport(), Transport::WebSocket);
    assert!(bench.receive(websocket, "4y"));
    assert_eq!(bench.events(), ["x", "<Upgraded>", "y"]);
    assert_eq!(bench.frames(websocket), ["5", "3", "4b"]);
}

#[test]
fn an_upgrade_that_fails_leaves_the_session_on_polling() {
    let wrong = |bench: &mut Bench, link| assert!(!bench.receive(link, "3"));
    let closed = |bench: &mut Bench, link| bench.session.handle_closed(link, Closed::Eof);
    let refused = |bench: &mut Bench, link| bench.session.handle_refused(bench.now, link, 400, Bytes::new());
    let broken = |bench: &mut Bench, link| bench.session.handle_bad_frame(link, CloseCode::PROTOCOL);
    let late = |bench: &mut Bench, _| bench.advance(Duration::from_secs(8));
    let failures: [&Failure; 5] = [&wrong, &closed, &refused, &broken, &late];
    for failure in failures {
        for probed in [false, true] {
            let (mut bench, poll, websocket) = Bench::upgrading();
            assert_eq!(bench.frames(websocket), ["2probe"]);
            if probed {
                assert!(bench.receive(websocket, "3probe"));
            }
            failure(&mut bench, websocket);
            assert!(matches!(bench.session.poll_event(bench.now), Some(Event::UpgradeFailed(_))));
            assert!(bench.is_dropped(websocket));
            bench.send("a").unwrap();
            assert_eq!(bench.posted(), "4a");
            bench.respond(poll, "6");
            bench.open(LinkKind::Poll);
            assert!(bench.opens_nothing(), "one attempt is enough");
        }
    }
}

#[test]
fn messages_wait_for_an_upgrade_where_that_is_wanted() {
    let config = || ClientConfig { hold_for_upgrade: true, ..ClientConfig::default() };
    let start = || {
        let mut bench = Bench::new(Transport::Polling, config());
        let handshake = bench.open(LinkKind::Poll);
        bench.respond(handshake, OPEN);
        bench.send("held").unwrap();
        let poll = bench.open(LinkKind::Poll);
        let websocket = bench.open(LinkKind::WebSocket);
        assert!(bench.opens_nothing());
        (bench, poll, websocket)
    };

    let (mut bench, poll, websocket) = start();
    bench.respond(poll, "2");
    assert_eq!(bench.posted(), "3", "a pong does not wait");
    let poll = bench.open(LinkKind::Poll);
    assert_eq!(bench.frames(websocket), ["2probe"]);
    assert!(bench.receive(websocket, "3probe"));
    bench.respond(poll, "6");
    assert_eq!(bench.frames(websocket), ["5", "4held"]);

    let (mut bench, _, websocket) = start();
    bench.session.handle_closed(websocket, Closed::Eof);
    assert_eq!(bench.posted(), "4held", "after a failure they leave by polling");

    let (mut bench, _, _) = start();
    bench.session.close(bench.now);
    assert_eq!(bench.posted(), "4held\u{1e}1", "closing waits for no upgrade");
}

#[test]
fn upgrades_happen_only_where_both_sides_want_them() {
    let mut bench =
        Bench::new(Transport::Polling, ClientConfig { upgrade: false, ..ClientConfig::default() });
    let handshake = bench.open(LinkKind::Poll);
    bench.respond(handshake, OPEN);
    bench.open(LinkKind::Poll);
    assert!(bench.opens_nothing());
    let mut bench = Bench::new(Transport::WebSocket, ClientConfig::default());
    let websocket = bench.open(LinkKind::WebSocket);
    bench.receive(websocket, OPEN);
    assert!(bench.opens_nothing(), "there is nothing better to upgrade to");
}

#[test]
fn closing_gives_up_an_upgrade_under_way() {
    let (mut bench, _, websocket) = Bench::upgrading();
    assert_eq!(bench.frames(websocket), ["2probe"]);
    assert!(bench.receive(websocket, "3probe"));
    bench.send("a").unwrap();
    bench.session.close(bench.now);
    assert!(bench.is_dropped(websocket));
    assert_eq!(bench.posted(), "4a\u{1e}1");
    assert_eq!(bench.events(), ["<client disconnect: closed by the application; 0>"]);
}

#[test]
fn closing_right_after_an_upgrade_completes_it_first() {
    let (mut bench, poll, websocket) = Bench::upgrading();
    assert_eq!(bench.frames(websocket), ["2probe"]);
    assert!(bench.receive(websocket, "3probe"));
    bench.respond(poll, "6");
    bench.session.close(bench.now);
    assert_eq!(bench.frames(websocket), ["5", "1", "Close(CloseCode(1000))"]);
}

#[test]
fn only_some_packets_are_the_applications() {
    let (mut bench, _) = Bench::polling();
    let mut send = |packet| bench.session.send_packet(bench.now, packet);
    for packet in [Packet::Open(Text::default()), Packet::PING, Packet::PONG, Packet::Upgrade, Packet::Noop] {
        assert_eq!(send(packet), Err(SendError::PacketType));
    }
    send(Packet::Message("m".into())).unwrap();
    send(Packet::Close).unwrap();
    assert_eq!(send(Packet::Close), Err(SendError::Closed));
    assert_eq!(bench.posted(), "4m\u{1e}1");
}

#[test]
fn an_empty_queue_is_news_when_asked_for() {
    let config = ClientConfig { drain_events: true, ..ClientConfig::default() };
    let (mut bench, _) = Bench::polling_with(config);
    bench.send("a").unwrap();
    bench.posted();
    assert_eq!(bench.events(), ["<Drained>"]);
}
