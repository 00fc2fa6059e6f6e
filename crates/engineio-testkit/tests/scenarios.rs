//! What must happen in situations that matter, and at every moment at which they can come.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::time::Duration;

use engineio_proto::client::ClientConfig;
use engineio_proto::server::Session;
use engineio_proto::{DisconnectReason, Instant, Overflow, SessionConfig, Transport};
use engineio_testkit::{End, FaultKind, Habits, Pair, PairConfig, Side, Trace};

const SIDES: [Side; 2] = [Side::Client, Side::Server];

fn open(config: PairConfig) -> Pair {
    let mut pair = Pair::new(config, 1, Trace::off());
    pair.drive_until(|pair| pair.client().is_open() && pair.server().is_some_and(Session::is_open)).unwrap();
    pair
}

/// A pair on the transport that it will stay on.
fn at_rest(config: PairConfig) -> Pair {
    let upgrades = config.upgrades && config.first == Transport::Polling;
    let mut pair = open(config);
    if upgrades {
        pair.drive_until(|pair| SIDES.iter().all(|side| pair.app(*side).is_upgraded())).unwrap();
    }
    pair
}

/// Lets so many things happen, one after the other. False when the pair was over before.
fn steps(pair: &mut Pair, count: u32) -> bool {
    let far = pair.now() + Duration::from_secs(3600);
    pair.settle().unwrap();
    (0..count).all(|_| !pair.is_over() && pair.drive(far).unwrap())
}

fn end(pair: &Pair, side: Side) -> &End {
    pair.app(side).end().unwrap()
}

fn reasons(pair: &Pair) -> [DisconnectReason; 2] {
    SIDES.map(|side| end(pair, side).reason)
}

fn run_out(pair: &mut Pair) {
    pair.drive_until(Pair::is_over).unwrap();
}

/// Runs a scenario that goes wrong after `step` steps, for every step until `scenario` says that it is too late.
fn at_every_step(mut scenario: impl FnMut(u32) -> bool) {
    let late = (0..500).find(|step| !scenario(*step));
    assert!(late.is_some_and(|step| step > 5), "the scenario never came to its end: {late:?}");
}

#[test]
fn what_a_side_sent_before_it_closed_arrives_whenever_it_closes() {
    for config in PairConfig::ways() {
        for closer in SIDES {
            at_every_step(|step| {
                let mut pair = open(config.clone());
                pair.send(closer, 3);
                pair.send(closer.other(), 3);
                let alive = steps(&mut pair, step);
                pair.send(closer, 30);
                pair.settle().unwrap();
                pair.close(closer);
                run_out(&mut pair);
                let sent = pair.app(closer).sent().len() as u64;
                assert_eq!(
                    (sent, pair.app(closer.other()).delivered()),
                    (33, 33),
                    "{closer:?} at step {step}"
                );
                let expected = match closer {
                    Side::Client => DisconnectReason::ClientDisconnect,
                    Side::Server => DisconnectReason::ServerDisconnect,
                };
                assert_eq!(reasons(&pair), [expected; 2], "{closer:?} at step {step}");
                alive && step < 60
            });
        }
    }
}

/// Messages of the client that it may take for delivered.
fn confirmed(pair: &Pair) -> u64 {
    let client = pair.app(Side::Client);
    client.sent().len() as u64 - end(pair, Side::Client).unconfirmed
}

#[test]
fn a_shutdown_at_any_step_delivers_what_is_queued_and_what_was_accepted() {
    for batches in [false, true] {
        for config in PairConfig::ways() {
            at_every_step(|step| {
                let mut pair = open(PairConfig { batches, ..config.clone() });
                pair.send(Side::Client, 20);
                pair.send(Side::Server, 3);
                let alive = steps(&mut pair, step);
                pair.send(Side::Client, 20);
                pair.send(Side::Server, 30);
                pair.settle().unwrap();
                pair.leave();
                run_out(&mut pair);
                assert_eq!(pair.app(Side::Client).delivered(), 33, "at step {step}");
                assert!(pair.app(Side::Server).delivered() >= confirmed(&pair), "at step {step}");
                let expected = [DisconnectReason::ServerDisconnect, DisconnectReason::Shutdown];
                assert_eq!(reasons(&pair), expected, "at step {step}");
                alive && step < 60
            });
        }
    }
}

/// What was written to a WebSocket, which the client may take for delivered, is delivered although the server has
/// said its last word.
#[test]
fn what_was_on_its_way_over_a_websocket_when_the_server_shut_down_is_delivered() {
    let mut pair = at_rest(PairConfig::default());
    pair.send(Side::Client, 10);
    pair.settle().unwrap();
    pair.leave();
    run_out(&mut pair);
    assert_eq!((confirmed(&pair), pair.app(Side::Server).delivered()), (10, 10));
}

#[test]
fn a_shutdown_with_a_fault_ends_both_sides_once_and_in_time() {
    let faults = [
        FaultKind::CutWebSocket { up: 1, down: 0 },
        FaultKind::CutWebSocket { up: 0, down: 9 },
        FaultKind::SilenceWebSocket,
        FaultKind::LoseResponse,
        FaultKind::BreakRequest,
        FaultKind::SilenceRequest,
        FaultKind::Part,
        FaultKind::BusyApp(Side::Client, Duration::from_secs(60)),
        FaultKind::BusyApp(Side::Server, Duration::from_secs(60)),
    ];
    for config in PairConfig::ways() {
        for fault in faults {
            for step in 0..12 {
                let mut pair = at_rest(config.clone());
                pair.send(Side::Client, 20);
                pair.send(Side::Server, 20);
                pair.settle().unwrap();
                pair.leave();
                let since = pair.now();
                steps(&mut pair, step);
                pair.inject(fault);
                let limit = Duration::from_secs(36);
                pair.drive_until(|pair| {
                    let late = pair.now().saturating_since(since) > limit;
                    late || pair.server().is_some_and(|session| session.wants().finished)
                })
                .unwrap();
                assert!(pair.server().unwrap().wants().finished, "{fault:?} at step {step}");
                run_out(&mut pair);
                assert_eq!(
                    end(&pair, Side::Server).reason,
                    DisconnectReason::Shutdown,
                    "{fault:?} at {step}"
                );
            }
        }
    }
}

#[test]
fn an_upgrade_that_is_aborted_at_any_step_loses_nothing() {
    for fault in [FaultKind::AbortWebSocket, FaultKind::LoseProbe, FaultKind::RefuseWebSocket] {
        let mut hits = 0;
        at_every_step(|step| {
            let mut pair = Pair::new(PairConfig::default(), 3, Trace::off());
            for side in SIDES {
                pair.send(side, 40);
            }
            steps(&mut pair, step);
            let moved = pair.client().transport() == Transport::WebSocket;
            hits += u32::from(!moved && pair.inject(fault));
            pair.drive_until(Pair::is_idle).unwrap();
            assert!(pair.client().is_open(), "{fault:?} at step {step}");
            !moved
        });
        assert!(hits > 0, "{fault:?} never hit");
    }
}

#[test]
fn a_websocket_that_breaks_at_any_step_ends_both_sides() {
    at_every_step(|step| {
        let mut pair = Pair::new(PairConfig::default(), 5, Trace::off());
        for side in SIDES {
            pair.send(side, 20);
        }
        pair.drive_until(|pair| pair.client().transport() == Transport::WebSocket).unwrap();
        for side in SIDES {
            pair.send(side, 20);
        }
        let alive = steps(&mut pair, step);
        assert!(pair.inject(FaultKind::CutWebSocket { up: 1, down: 1 }));
        run_out(&mut pair);
        let idle = pair.is_idle();
        assert_eq!(reasons(&pair)[0], DisconnectReason::TransportClose);
        let server = [DisconnectReason::TransportClose, DisconnectReason::PingTimeout];
        assert!(
            server.contains(&reasons(&pair)[1]),
            "a server that had not seen the upgrade waits for a poll"
        );
        alive && !idle
    });
}

#[test]
fn a_lost_network_is_noticed_by_both_sides_in_time() {
    for config in PairConfig::ways() {
        let mut pair = at_rest(config);
        assert!(pair.inject(FaultKind::Part));
        let since = pair.now();
        run_out(&mut pair);
        assert_eq!(reasons(&pair), [DisconnectReason::PingTimeout; 2]);
        let passed = pair.now().saturating_since(since);
        assert!(passed <= Duration::from_secs(45), "{passed:?} is more than ping interval and timeout");
    }
}

#[test]
fn a_client_whose_server_is_lost_during_the_handshake_gives_up() {
    for config in PairConfig::ways() {
        let mut pair = Pair::new(config, 1, Trace::off());
        pair.settle().unwrap();
        assert!(pair.inject(FaultKind::Part));
        run_out(&mut pair);
        assert_eq!(end(&pair, Side::Client).detail, "the server did not answer the handshake in time");
        assert_eq!(pair.now(), Instant::EPOCH + Duration::from_secs(10));
    }
}

#[test]
fn an_idle_session_lives_on_its_heartbeat_alone() {
    for config in PairConfig::ways() {
        let mut pair = at_rest(config);
        let limit = pair.now() + Duration::from_secs(3600);
        let mut count = 0;
        while pair.drive(limit).unwrap() {
            count += 1;
        }
        assert!(pair.client().is_open() && pair.server().unwrap().is_open());
        assert!(count < 10 * 3600 / 25, "{count} steps in an hour are more than heartbeats need");
    }
}

#[test]
fn a_session_survives_a_handler_that_is_busy_for_minutes() {
    for mut config in PairConfig::ways() {
        config.server.max_inbound = 4;
        config.client.max_queued_packets = 8;
        let mut pair = at_rest(config);
        pair.be_busy(Side::Server, Duration::from_secs(300));
        pair.send(Side::Client, 100);
        pair.drive_until(Pair::is_idle).unwrap();
        assert!(pair.now() > Instant::EPOCH + Duration::from_secs(300));
        assert!(pair.client().is_open() && pair.server().unwrap().is_open());
    }
}

/// One side sends far more than the other takes.
fn flood(overflow: Overflow, from: Side, mut config: PairConfig) -> Pair {
    let habits = Habits { reckless: overflow != Overflow::Wait, ..Habits::default() };
    let reader = Habits { lossy: overflow == Overflow::DropOldest, ..Habits::default() };
    (config.client_habits, config.server_habits) = match from {
        Side::Client => (habits, reader),
        Side::Server => (reader, habits),
    };
    config.client = ClientConfig { overflow, max_queued_packets: 10, max_inbound: 2, ..config.client };
    config.server = SessionConfig { overflow, max_queued_packets: 10, max_inbound: 2, ..config.server };
    let mut pair = at_rest(config);
    pair.be_busy(from.other(), Duration::from_secs(5));
    pair.send(from, 200);
    pair.settle().unwrap();
    pair
}

#[test]
fn a_slow_consumer_is_dropped_by_default() {
    for config in PairConfig::ways() {
        for from in SIDES {
            let mut pair = flood(Overflow::Close, from, config.clone());
            assert_eq!(end(&pair, from).reason, DisconnectReason::SlowConsumer);
            run_out(&mut pair);
            assert!(end(&pair, from).unconfirmed >= 10);
            assert!(pair.app(from.other()).delivered() < 200);
        }
    }
}

#[test]
fn what_finds_no_room_is_refused_and_the_rest_arrives() {
    for config in PairConfig::ways() {
        for from in SIDES {
            let mut pair = flood(Overflow::DropNewest, from, config.clone());
            assert!(!pair.app(from).is_sending());
            pair.drive_until(Pair::is_idle).unwrap();
            let (sent, delivered) = (pair.app(from).sent().len() as u64, pair.app(from.other()).delivered());
            assert_eq!(sent, delivered);
            assert!((10..200).contains(&sent), "{sent}");
        }
    }
}

#[test]
fn the_oldest_make_room_for_the_newest() {
    for config in PairConfig::ways() {
        for from in SIDES {
            let mut pair = flood(Overflow::DropOldest, from, config.clone());
            assert_eq!(pair.app(from).sent().len(), 200);
            pair.drive_until(Pair::is_idle).unwrap();
            let delivered = pair.app(from.other()).delivered();
            assert!((10..200).contains(&delivered), "{delivered}");
        }
    }
}

#[test]
fn those_who_wait_for_room_get_everything_across() {
    for config in PairConfig::ways() {
        for from in SIDES {
            let mut pair = flood(Overflow::Wait, from, config.clone());
            assert!(pair.app(from).is_sending());
            pair.drive_until(Pair::is_idle).unwrap();
            assert_eq!(pair.app(from.other()).delivered(), 200);
        }
    }
}

#[test]
fn polling_clients_do_not_spin_while_they_upgrade() {
    let trace = Trace::on();
    let mut pair = Pair::new(PairConfig::default(), 1, trace.clone());
    pair.drive_until(|pair| pair.client().transport() == Transport::WebSocket).unwrap();
    let noops = trace.text().lines().filter(|line| line.ends_with("answers 200 6")).count();
    assert!((1..=2).contains(&noops), "{noops} empty polls");
}

/// Proxies that send a request again do so while the first one is under way.
#[test]
fn a_request_that_comes_twice_delivers_nothing_twice_and_both_sides_come_to_an_end() {
    let mut hits = 0;
    for config in PairConfig::ways() {
        at_every_step(|step| {
            let mut pair = Pair::new(config.clone(), 9, Trace::off());
            for side in SIDES {
                pair.send(side, 20);
            }
            let alive = steps(&mut pair, step);
            let hit = pair.inject(FaultKind::RepeatRequest);
            hits += u32::from(hit);
            // Messages that came twice would be found out by the applications.
            pair.drive_until(|pair| pair.is_idle() || pair.is_over()).unwrap();
            alive && step < 60
        });
    }
    assert!(hits > 10, "{hits}");
}

#[test]
fn a_late_response_at_any_step_of_an_upgrade_delays_it_and_loses_nothing() {
    let mut hits = 0;
    at_every_step(|step| {
        let mut pair = Pair::new(PairConfig::default(), 11, Trace::off());
        for side in SIDES {
            pair.send(side, 40);
        }
        steps(&mut pair, step);
        let moved = pair.client().transport() == Transport::WebSocket;
        let late = [
            FaultKind::DelayResponse(Duration::from_secs(3)),
            FaultKind::StallWebSocket(Side::Client, Duration::from_secs(2)),
            FaultKind::StallWebSocket(Side::Server, Duration::from_secs(2)),
        ];
        hits += late.into_iter().map(|fault| u32::from(pair.inject(fault))).sum::<u32>();
        pair.drive_until(Pair::is_idle).unwrap();
        pair.drive_until(|pair| SIDES.iter().all(|side| pair.app(*side).is_upgraded())).unwrap();
        !moved
    });
    assert!(hits > 10, "{hits}");
}

#[test]
fn a_request_lost_at_any_step_ends_both_sides_and_is_accounted_for() {
    for fault in [
        FaultKind::LoseRequest,
        FaultKind::BreakRequest,
        FaultKind::LoseResponse,
        FaultKind::RefuseRequest,
        FaultKind::SilenceRequest,
    ] {
        let mut hits = 0;
        at_every_step(|step| {
            let mut pair =
                Pair::new(PairConfig { upgrades: false, ..PairConfig::default() }, 13, Trace::off());
            for side in SIDES {
                pair.send(side, 30);
            }
            let alive = steps(&mut pair, step);
            let hit = pair.inject(fault);
            hits += u32::from(hit);
            if hit {
                run_out(&mut pair);
                let (client, server) = (pair.app(Side::Client), pair.app(Side::Server));
                let missing = client.sent().len() as u64 - server.delivered();
                assert!(end(&pair, Side::Client).unconfirmed >= missing, "{fault:?} at step {step}");
            }
            alive && step < 60
        });
        assert!(hits > 3, "{fault:?} hit {hits} times");
    }
}

#[test]
fn a_server_that_closes_in_any_state_is_understood() {
    for config in PairConfig::ways() {
        at_every_step(|step| {
            let mut pair = Pair::new(config.clone(), 17, Trace::off());
            pair.send(Side::Client, 5);
            let alive = steps(&mut pair, step);
            pair.close(Side::Server);
            let begun = pair.server().is_some();
            if begun {
                run_out(&mut pair);
                let closed = [DisconnectReason::ServerDisconnect, DisconnectReason::TransportError];
                let client = end(&pair, Side::Client);
                let open = pair.client().open_packet().is_some();
                assert!(closed.contains(&client.reason), "step {step}: {client:?}");
                assert!(!open || client.reason == closed[0], "step {step}: {client:?}");
            }
            alive && step < 80
        });
    }
}

/// Pings that are late but not too late are none of an application's business; pings that are lost end the session.
#[test]
fn late_pings_are_borne_and_lost_ones_are_not() {
    for mut config in PairConfig::ways() {
        config.server.ping_interval = Duration::from_secs(10);
        config.server.ping_timeout = Duration::from_secs(20);
        for (lag, lives) in [(Duration::from_secs(15), true), (Duration::from_secs(40), false)] {
            let mut pair = at_rest(config.clone());
            assert!(pair.inject(FaultKind::LateTimers(Side::Server, lag)));
            let limit = pair.now() + Duration::from_secs(600);
            while !pair.is_over() && pair.drive(limit).unwrap() {}
            assert_eq!(pair.client().is_open(), lives, "{lag:?}");
            if !lives {
                assert_eq!(end(&pair, Side::Client).reason, DisconnectReason::PingTimeout);
            }
        }
    }
}
