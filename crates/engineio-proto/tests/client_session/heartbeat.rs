//! Pings and pongs.

use std::time::Duration;

use engineio_proto::client::ClientConfig;

use crate::bench::Bench;

#[test]
fn pongs_pass_a_full_queue_and_every_ping_of_a_read_is_answered() {
    let config = ClientConfig { max_queued_packets: 1, ..ClientConfig::default() };
    let (mut bench, poll) = Bench::polling_with(config);
    bench.send("queued").unwrap();
    bench.respond(poll, "2old\u{1e}2new");
    assert_eq!(bench.posted(), "3old\u{1e}3new\u{1e}4queued");
}

#[test]
fn every_ping_that_comes_in_one_read_of_a_websocket_is_answered() {
    let (mut bench, link) = Bench::websocket();
    for ping in ["2a", "2", "2b"] {
        bench.receive(link, ping);
    }
    assert_eq!(bench.frames(link), ["3a", "3", "3b"]);
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
fn a_stall_of_our_own_is_not_held_against_the_server() {
    let (mut bench, link) = Bench::websocket();
    bench.stall(Duration::from_secs(60));
    bench.session.handle_timeout(bench.now);
    assert!(bench.session.is_open(), "its ping may lie in the socket");
    bench.receive(link, "2");
    bench.advance(Duration::from_secs(44));
    assert!(bench.session.is_open());
    bench.stall(Duration::from_secs(60));
    bench.session.handle_timeout(bench.now);
    bench.advance(Duration::from_secs(1));
    assert!(!bench.session.is_open());
}
