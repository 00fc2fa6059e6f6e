//! The deadlines of our own HTTP server, on a paused clock.

use std::time::Duration;

use engineio::DisconnectReason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use crate::support::http::{get, post};
use crate::support::polling::OPEN;
use crate::support::{Host, Http, soon};

#[tokio::test(start_paused = true)]
async fn a_silent_connection_gets_ten_seconds() {
    let host = Host::plain();
    let begun = Instant::now();
    host.http().await.closed().await;
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_slow_head_gets_ten_seconds() {
    let host = Host::plain();
    let mut http = host.http().await;
    let begun = Instant::now();
    http.write(b"GET /engine.io/ HTTP/1.1\r\n").await;
    let dripping = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if http.io.write_all(b"x-drip: 1\r\n").await.is_err() {
                return;
            }
        }
    };
    soon(dripping).await;
    assert!((10..13).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_slow_head_of_a_later_request_gets_ten_seconds() {
    let host = Host::plain();
    let mut http = host.http().await;
    http.exchange(&get("/nothing/here")).await;
    tokio::time::sleep(Duration::from_secs(40)).await;
    let begun = Instant::now();
    http.write(b"GET /engine.io/ HTT").await;
    http.closed().await;
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn between_requests_it_may_be_idle_for_75_seconds() {
    let host = Host::plain();
    let polling = host.polling().await;
    for request in [get("/nothing/here"), get(OPEN), post(&polling.uri(), "4x")] {
        let mut http = host.http().await;
        for pause in [9, 11, 74] {
            http.exchange(&request).await;
            tokio::time::sleep(Duration::from_secs(pause)).await;
        }
        http.exchange(&request).await;
        let begun = Instant::now();
        http.closed().await;
        assert_eq!(begun.elapsed().as_secs(), 75, "{request:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_may_be_idle_for_longer_than_the_ping_interval() {
    let host = Host::start(|builder| builder.ping_interval(Duration::from_secs(100)));
    let mut http = host.http().await;
    http.exchange(&get(OPEN)).await;
    let begun = Instant::now();
    http.closed().await;
    assert_eq!(begun.elapsed().as_secs(), 105);
}

#[tokio::test(start_paused = true)]
async fn a_poll_may_wait_longer_than_any_deadline_of_http() {
    let host = Host::start(|builder| builder.ping_interval(Duration::from_secs(100)));
    let mut polling = host.polling().await;
    let begun = Instant::now();
    assert_eq!(polling.poll().await, ["2"]);
    assert_eq!(begun.elapsed().as_secs(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_idle_from_the_end_of_a_poll_that_waited() {
    let host = Host::start(|builder| builder.ping_interval(Duration::from_secs(65)));
    let mut polling = host.polling().await;
    polling.post("4x").await;
    for _ in 0..3 {
        assert_eq!(polling.poll().await, ["2"]);
        polling.post("3").await;
    }
    let begun = Instant::now();
    polling.gets.closed().await;
    assert_eq!(begun.elapsed().as_secs(), 75);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_its_response_is_cut_off() {
    let mut host = Host::start(|builder| builder.ping_interval(Duration::from_secs(60)));
    let polling = host.polling().await;
    host.server.broadcast("x".repeat(5000));
    let mut http = Http::new(host.network.connect("192.0.2.1:1000", 1000));
    http.send(&get(&polling.uri())).await;
    tokio::time::sleep(Duration::from_secs(31)).await;
    let mut part = String::new();
    soon(http.io.read_to_string(&mut part)).await.unwrap();
    assert!(part.len() < 5000, "the rest of the response is gone");
    assert_eq!(host.calls.reason().await, DisconnectReason::PingTimeout);
}
