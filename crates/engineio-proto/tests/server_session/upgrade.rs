//! From polling to WebSocket.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use engineio_proto::edge::Refusal;
use engineio_proto::ws::CloseCode;
use engineio_proto::{Closed, DisconnectReason, Link, Packet, Text, Transport};

use crate::bench::{Bench, POST, wire};

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
    assert_eq!(bench.frames(websocket), ["3probe", "Close(CloseCode(1000))"]);
}

/// A client need not wait for the answer to its probe: whatever follows in the same read, the answer is written.
#[test]
fn a_probe_is_answered_whatever_comes_in_the_same_read() {
    let message = || Packet::Message("hi".into());
    let close = |code| vec!["3probe".to_owned(), format!("Close(CloseCode({code}))")];
    let cases = [
        (vec![Packet::Upgrade, message()], vec!["3probe".to_owned(), "4queued".to_owned()]),
        (vec![Packet::Upgrade, Packet::Close], close(1000)),
        (vec![Packet::Upgrade, Packet::PING], close(1008)),
        (vec![message()], close(1000)),
        (vec![Packet::Ping("probe".into())], close(1000)),
        (vec![], vec!["3probe".to_owned()]),
    ];
    for (rest, written) in cases {
        let mut bench = Bench::polling();
        bench.send("queued").unwrap();
        let websocket = bench.open(Link::WebSocket);
        let mut packets = vec![Packet::Ping("probe".into())];
        packets.extend(rest.clone());
        bench.session.handle_packets(bench.now, websocket, &mut packets);
        assert!(bench.session.link_wants(websocket), "{rest:?}");
        let (mut all, mut frames) = (VecDeque::new(), Vec::new());
        let finish = bench.session.poll_transmit_all(websocket, usize::MAX, &mut all);
        frames.extend(all.iter().map(wire));
        frames.extend(finish.map(|finish| format!("{finish:?}")));
        assert_eq!(frames, written, "{rest:?}");
        assert!(bench.frames(websocket).iter().all(|frame| frame.starts_with("Close")), "{rest:?}");
    }
}

#[test]
fn a_probe_is_answered_before_the_close_frame_of_a_bad_frame() {
    let mut bench = Bench::polling();
    let websocket = bench.open(Link::WebSocket);
    bench.session.handle_packets(bench.now, websocket, &mut vec![Packet::Ping("probe".into())]);
    bench.session.handle_bad_frame(bench.now, websocket, CloseCode::PROTOCOL);
    assert_eq!(bench.frames(websocket), ["3probe", "Close(CloseCode(1002))"]);
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
fn a_probing_websocket_is_closed_with_the_code_of_its_error() {
    let mut bench = Bench::polling();
    let probing = bench.open(Link::WebSocket);
    bench.session.handle_bad_frame(bench.now, probing, CloseCode::PROTOCOL);
    assert_eq!(bench.frames(probing), ["Close(CloseCode(1002))"]);
    assert!(bench.session.is_open());
}

/// The client moves before the driver has looked at what was queued a moment ago.
#[test]
fn what_no_poll_took_before_the_upgrade_goes_to_the_websocket() {
    let mut bench = Bench::polling();
    let websocket = bench.open(Link::WebSocket);
    bench.session.handle_packet(bench.now, websocket, Packet::Ping("probe".into()));
    let poll = bench.open(Link::Poll);
    bench.send("late").unwrap();
    bench.session.handle_packet(bench.now, websocket, Packet::Upgrade);
    assert_eq!(bench.body(poll).as_deref(), Some("6"));
    assert_eq!(bench.frames(websocket), ["3probe", "4late"]);
}

#[test]
fn an_upgrade_confirms_what_the_last_poll_carried() {
    let mut bench = Bench::polling();
    bench.send("a").unwrap();
    let poll = bench.open(Link::Poll);
    assert_eq!(bench.body(poll).as_deref(), Some("4a"));
    assert_eq!(bench.session.progress().confirmed.count(), 0);
    bench.upgrade();
    assert_eq!(bench.session.progress().confirmed.count(), 1);
}

#[test]
fn what_a_websocket_of_no_use_sends_is_ignored() {
    let (mut bench, link) = Bench::websocket();
    let other = bench.open(Link::WebSocket);
    let message = || Packet::Message("forged".into());
    assert!(!bench.session.handle_packet(bench.now, other, message()));
    bench.session.handle_packets(bench.now, other, &mut vec![message(), Packet::Close]);
    bench.session.handle_bad_frame(bench.now, other, CloseCode::PROTOCOL);
    bench.session.handle_partial(bench.now, other, true);
    bench.session.handle_closed(bench.now, other, Closed::Eof);
    assert!(bench.messages().is_empty());
    assert!(bench.session.is_open());
    assert!(bench.frames(link).is_empty());
}

#[test]
fn a_probing_websocket_ends_with_its_session() {
    for probed in [false, true] {
        for body in ["1", "x"] {
            let mut bench = Bench::polling();
            let probing = bench.open(Link::WebSocket);
            if probed {
                bench.session.handle_packet(bench.now, probing, Packet::Ping("probe".into()));
                assert_eq!(bench.frames(probing), ["3probe"]);
            }
            // Still to be answered: the session is not all over.
            bench.open(Link::Poll);
            assert_eq!(bench.post(body).is_ok(), body == "1");
            assert!(!bench.session.wants().finished);
            assert!(bench.session.link_wants(probing));
            assert_eq!(bench.frames(probing), ["Close(CloseCode(1000))"], "{body} {probed}");
        }
    }
}
