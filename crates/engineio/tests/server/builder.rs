//! Options that cannot work are refused with their name and what is accepted.

use std::time::Duration;

use engineio::server::{AllowedOrigins, SameSite, ServerBuilder, SessionCookie};
use engineio::{Server, Transport, TransportSet};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[track_caller]
fn assert_refused(builder: ServerBuilder, words: &[&str]) {
    let error = builder.build().unwrap_err().to_string();
    for word in words {
        assert!(error.contains(word), "{word:?} is not in {error:?}");
    }
}

#[test]
fn everything_has_a_default() {
    assert!(Server::builder().build().is_ok());
}

#[test]
fn durations_are_more_than_zero_and_at_most_a_day() {
    type Set = fn(ServerBuilder, Duration) -> ServerBuilder;
    let options: [(&str, Set); 7] = [
        ("ping_interval", ServerBuilder::ping_interval),
        ("ping_timeout", ServerBuilder::ping_timeout),
        ("upgrade_timeout", ServerBuilder::upgrade_timeout),
        ("close_timeout", ServerBuilder::close_timeout),
        ("leave_timeout", ServerBuilder::leave_timeout),
        ("message_timeout", ServerBuilder::message_timeout),
        ("body_timeout", ServerBuilder::body_timeout),
    ];
    for (option, set) in options {
        for wrong in [Duration::ZERO, DAY + Duration::from_nanos(1)] {
            let accepted = "expected more than zero and at most 24 hours";
            assert_refused(set(Server::builder(), wrong), &[&format!("`{option}`"), accepted]);
        }
        for right in [Duration::from_nanos(1), DAY] {
            assert!(set(Server::builder(), right).build().is_ok(), "{option}");
        }
    }
}

#[test]
fn the_grace_may_be_zero() {
    assert!(Server::builder().ping_grace(Duration::ZERO).build().is_ok());
    let forever = Server::builder().ping_grace(Duration::MAX);
    assert_refused(forever, &["`ping_grace`", "at most 24 hours"]);
}

#[test]
fn numbers_are_at_least_one() {
    type Set = fn(ServerBuilder, usize) -> ServerBuilder;
    let options: [(&str, Set); 10] = [
        ("max_payload", ServerBuilder::max_payload),
        ("max_queued_bytes", ServerBuilder::max_queued_bytes),
        ("max_queued_packets", ServerBuilder::max_queued_packets),
        ("max_inbound", ServerBuilder::max_inbound),
        ("max_inbound_bytes", ServerBuilder::max_inbound_bytes),
        ("max_fragments", |builder, fragments| builder.max_fragments(u32::try_from(fragments).unwrap())),
        ("handler_concurrency", ServerBuilder::handler_concurrency),
        ("max_packets_per_poll", ServerBuilder::max_packets_per_poll),
        ("max_sessions", ServerBuilder::max_sessions),
        ("max_sessions_per_peer", ServerBuilder::max_sessions_per_peer),
    ];
    for (option, set) in options {
        assert_refused(set(Server::builder(), 0), &[&format!("`{option}` is 0"), "expected at least 1"]);
        assert!(set(Server::builder(), 1).build().is_ok(), "{option}");
    }
}

#[test]
fn a_path_is_the_path_of_a_url() {
    for wrong in ["/engine io", "/engine.io?a=b", "/engine.io#a", "/\u{e9}ngine.io"] {
        assert_refused(Server::builder().path(wrong), &[&format!("path {wrong:?}"), "\"/engine.io\""]);
    }
    for right in ["", "/", "engine.io", "/a/b/", "/%C3%A9"] {
        assert!(Server::builder().path(right).build().is_ok(), "{right}");
    }
}

#[test]
fn there_is_a_transport() {
    let none = Server::builder().transports(TransportSet::EMPTY);
    assert_refused(none, &["no valid transports provided", "`transports`", "polling, websocket or both"]);
    let impossible = Server::builder().transports(Transport::WebSocket).host_can_upgrade(false);
    assert_refused(impossible, &["`transports`", "websocket only", "add polling"]);
}

#[test]
fn any_origin_and_credentials_exclude_each_other() {
    let any = || Server::builder().cors(AllowedOrigins::Any);
    assert_refused(any(), &["`cors_credentials`", "AllowedOrigins::list", "false"]);
    assert!(any().cors_credentials(false).build().is_ok());
}

#[test]
fn values_check_themselves_before_they_reach_the_builder() {
    let origin = AllowedOrigins::list(["app.example"]).unwrap_err().to_string();
    assert!(origin.contains("\"app.example\"") && origin.contains("https://app.example"), "{origin}");
    let cookie = SessionCookie::builder("io").same_site(SameSite::None).build().unwrap_err().to_string();
    assert!(cookie.contains("SameSite=None needs secure(true)"), "{cookie}");
}

#[test]
fn debugging_shows_no_secrets() {
    let server = Server::builder().build().unwrap();
    assert_eq!(format!("{server:?}"), "Server { sessions: 0, .. }");
}
