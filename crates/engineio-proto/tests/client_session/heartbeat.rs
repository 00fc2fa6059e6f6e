//! Pings and pongs.

use std::time::Duration;

use engineio_proto::client::ClientConfig;

use crate::bench::Bench;

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
