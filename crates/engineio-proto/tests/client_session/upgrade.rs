//! Upgrades.

use std::time::Duration;

use bytes::Bytes;
use engineio_proto::client::{ClientConfig, Event, LinkKind};
use engineio_proto::ws::CloseCode;
use engineio_proto::{Closed, LinkId, Transport};

use crate::bench::{Bench, OPEN};

/// Something that goes wrong with a probing WebSocket.
type Failure = dyn Fn(&mut Bench, LinkId);

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
