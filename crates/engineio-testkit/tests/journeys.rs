//! Clients that connect again: what they are told, when they try, and what becomes of their messages.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::time::Duration;

use engineio_proto::client::Reconnect;
use engineio_proto::{DisconnectReason, Instant, Transport};
use engineio_testkit::{End, FaultKind, Journey, PairConfig, Reach, Rng, Side, Told};

const SECOND: Duration = Duration::from_secs(1);

fn open(config: PairConfig, policy: Reconnect) -> Journey {
    let mut journey = Journey::new(config, Some(policy), 1);
    journey.drive_until(Journey::is_open).unwrap();
    journey
}

/// A client whose session has come to the transport that it stays on.
fn at_rest(config: PairConfig, policy: Reconnect) -> Journey {
    let upgrades = config.upgrades && config.first == Transport::Polling;
    let mut journey = open(config, policy);
    let settled = |side, journey: &Journey| !upgrades || journey.pair().app(side).is_upgraded();
    journey.drive_until(|journey| settled(Side::Client, journey) && settled(Side::Server, journey)).unwrap();
    journey
}

/// The server's machine is gone, and says so.
fn crash(journey: &mut Journey) {
    let cuts = [
        FaultKind::CutWebSocket { up: 0, down: 0 },
        FaultKind::BreakRequest,
        FaultKind::LoseRequest,
        FaultKind::LoseResponse,
    ];
    journey.pair_mut().set_reach(Reach::Down);
    assert!(cuts.into_iter().any(|cut| journey.pair_mut().inject(cut)));
}

/// A client that reconnects finds the server's successor, and each of its sessions ends once.
#[test]
fn a_client_comes_back_after_each_shutdown_whatever_else_goes_wrong() {
    let faults = [
        None,
        Some(FaultKind::CutWebSocket { up: 1, down: 0 }),
        Some(FaultKind::LoseResponse),
        Some(FaultKind::BreakRequest),
        Some(FaultKind::SilenceRequest),
    ];
    for config in PairConfig::ways() {
        for fault in faults {
            let mut journey = at_rest(config.clone(), Reconnect::default());
            for shutdown in 1..4 {
                journey.pair_mut().send(Side::Client, 5);
                journey.pair_mut().leave();
                fault.map(|fault| journey.pair_mut().inject(fault));
                journey.drive_until(|journey| ends(journey).len() == shutdown).unwrap();
                journey.drive_until(Journey::is_open).unwrap();
            }
            assert_eq!(count(&journey, &Told::Open), 4, "{fault:?}");
        }
    }
}

/// The attempts that the application was told of, with their delays.
fn attempts(journey: &Journey) -> Vec<(u32, Duration)> {
    let attempt = |(_, told): &(Instant, Told)| match told {
        Told::Reconnecting { attempt, delay } => Some((*attempt, *delay)),
        _ => None,
    };
    journey.told().iter().filter_map(attempt).collect()
}

fn ends(journey: &Journey) -> Vec<End> {
    let end = |(_, told): &(Instant, Told)| match told {
        Told::Disconnected(end) => Some(end.clone()),
        _ => None,
    };
    journey.told().iter().filter_map(end).collect()
}

fn count(journey: &Journey, wanted: &Told) -> usize {
    journey.told().iter().filter(|(_, told)| told == wanted).count()
}

#[test]
fn delays_grow_within_their_jitter_until_a_session_that_lasts_ends_the_count() {
    for config in PairConfig::ways() {
        let mut journey = at_rest(config, Reconnect::default());
        for loss in 1..3 {
            let before = journey.told().len();
            crash(&mut journey);
            journey.drive_until(|journey| count(journey, &Told::Failed(7)) == loss).unwrap();
            journey.pair_mut().set_reach(Reach::Open);
            journey.drive_until(Journey::is_open).unwrap();
            let told: Vec<&Told> = journey.told().iter().skip(before).map(|(_, told)| told).collect();
            assert!(matches!(told.first(), Some(Told::Disconnected(_))), "{told:?}");
            assert_eq!(told.last(), Some(&&Told::Open));
            let lasts = journey.pair().now() + Reconnect::default().stable_after;
            journey.drive_until(|journey| journey.pair().now() >= lasts).unwrap();
        }
        let expected = [500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000];
        let attempts = attempts(&journey);
        assert_eq!(attempts.len(), 2 * expected.len());
        for (index, (number, delay)) in attempts.into_iter().enumerate() {
            let full = Duration::from_millis(expected[index % 8]);
            assert_eq!(number as usize, index % 8 + 1);
            assert!(delay <= full && delay >= full / 2, "attempt {number} after {delay:?}");
        }
    }
}

#[test]
fn each_attempt_begins_when_it_was_announced_and_after_the_one_before_has_failed() {
    let mut journey = open(PairConfig::default(), Reconnect::default());
    crash(&mut journey);
    journey.drive_until(|journey| count(journey, &Told::Failed(9)) == 1).unwrap();
    let mut due = None;
    for (at, told) in journey.told() {
        match told {
            Told::Reconnecting { delay, .. } => {
                assert_eq!(due, None, "two attempts at once");
                due = Some(*at + *delay);
            }
            Told::Failed(_) => {
                let passed = at.saturating_since(due.take().unwrap());
                assert!(passed > Duration::ZERO && passed < SECOND, "{passed:?}");
            }
            Told::Open | Told::Disconnected(_) => {}
        }
    }
}

#[test]
fn attempts_end_at_their_limit() {
    let policy = Reconnect { max_attempts: Some(3), ..Reconnect::default() };
    let mut journey = open(PairConfig::default(), policy);
    crash(&mut journey);
    journey.drive_until(Journey::is_over).unwrap();
    assert_eq!(attempts(&journey).len(), 3);
    assert_eq!(journey.told().last().unwrap().1, Told::Failed(3));
}

#[test]
fn attempts_end_when_their_time_is_over() {
    let policy = Reconnect { max_elapsed: Some(60 * SECOND), ..Reconnect::default() };
    let mut journey = open(PairConfig::default(), policy);
    crash(&mut journey);
    journey.drive_until(Journey::is_over).unwrap();
    let (lost, _) = journey.told().iter().find(|(_, told)| matches!(told, Told::Disconnected(_))).unwrap();
    let tried = journey.pair().now().saturating_since(*lost);
    assert!(tried > 45 * SECOND && tried < 61 * SECOND, "{tried:?}");
}

#[test]
fn a_half_open_connection_is_noticed_and_replaced() {
    for config in PairConfig::ways() {
        let mut journey = at_rest(config, Reconnect::default());
        assert!(journey.pair_mut().inject(FaultKind::Part));
        let since = journey.pair().now();
        journey.drive_until(|journey| !journey.is_open()).unwrap();
        let silent = journey.pair().now().saturating_since(since);
        assert!(silent > 19 * SECOND && silent <= 45 * SECOND, "{silent:?}: ping interval and timeout");
        assert_eq!(ends(&journey)[0].reason, DisconnectReason::PingTimeout);
        // The first attempt runs into the same silence, up to its own deadline.
        journey.drive_until(|journey| count(journey, &Told::Failed(1)) == 1).unwrap();
        journey.pair_mut().set_reach(Reach::Open);
        journey.drive_until(Journey::is_open).unwrap();
        assert_eq!(attempts(&journey).len(), 2);
    }
}

#[test]
fn a_new_session_is_a_new_one_and_what_was_unconfirmed_is_counted() {
    for (config, confirmed_by_write) in PairConfig::ways().into_iter().zip([false, true, true]) {
        let mut journey = at_rest(config, Reconnect::default());
        journey.pair_mut().send(Side::Client, 5);
        let confirmed = |journey: &Journey| journey.pair().client().progress().confirmed.count() == 5;
        journey.drive_until(confirmed).unwrap();
        assert!(journey.pair_mut().inject(FaultKind::Part));
        journey.pair_mut().send(Side::Client, 40);
        journey.drive_until(|journey| !journey.is_open()).unwrap();
        let lost = ends(&journey)[0].unconfirmed;
        // What a WebSocket took counts as sent; the rest, and all that waits for a POST, is known to be at risk.
        let expected = if confirmed_by_write { 1..40 } else { 40..41 };
        assert!(expected.contains(&lost), "{lost}");
        journey.pair_mut().set_reach(Reach::Open);
        journey.drive_until(Journey::is_open).unwrap();
        journey.pair_mut().send(Side::Client, 2);
        journey.drive_until(|journey| journey.pair().is_idle()).unwrap();
        let (client, server) = (journey.pair().app(Side::Client), journey.pair().app(Side::Server));
        assert_eq!((client.sent().len(), server.delivered()), (2, 2), "nothing was sent again");
    }
}

#[test]
fn the_first_connection_is_tried_again_only_when_asked() {
    for (first_connect, failures) in [(false, 1), (true, 4)] {
        let policy = Reconnect { first_connect, max_attempts: Some(3), ..Reconnect::default() };
        let mut journey = Journey::new(PairConfig::default(), Some(policy), 1);
        journey.pair_mut().set_reach(Reach::Down);
        journey.drive_until(Journey::is_over).unwrap();
        let failed = journey.told().iter().filter(|(_, told)| matches!(told, Told::Failed(_))).count();
        assert_eq!((failed, attempts(&journey).len()), (failures, failures - 1));
    }
}

#[test]
fn closing_cancels_at_once_whatever_goes_on() {
    let at_moment = |moment: fn(&Journey) -> bool| {
        let mut journey = open(PairConfig::default(), Reconnect::default());
        if !moment(&journey) {
            crash(&mut journey);
        }
        journey.drive_until(moment).unwrap();
        let (now, told) = (journey.pair().now(), journey.told().len());
        journey.abort();
        journey.drive_until(Journey::is_over).unwrap();
        assert_eq!(journey.pair().now(), now);
        while journey.drive(now + 1000 * SECOND).unwrap() {}
        let again = |told: &Told| matches!(told, Told::Reconnecting { .. } | Told::Open);
        assert!(!journey.told().iter().skip(told).any(|(_, told)| again(told)), "{:?}", journey.told());
    };
    at_moment(Journey::is_open);
    at_moment(Journey::is_waiting);
    // An attempt is under way.
    at_moment(|journey| !journey.is_waiting() && !attempts(journey).is_empty());
}

#[test]
fn servers_that_close_are_connected_to_again_unless_that_is_not_wanted() {
    for config in PairConfig::ways() {
        for after_server_disconnect in [true, false] {
            let policy = Reconnect { after_server_disconnect, ..Reconnect::default() };
            let mut journey = at_rest(config.clone(), policy);
            journey.pair_mut().close(Side::Server);
            journey.drive_until(|journey| !journey.is_open()).unwrap();
            assert_eq!(ends(&journey)[0].reason, DisconnectReason::ServerDisconnect);
            journey.drive_until(|journey| journey.is_open() || journey.is_over()).unwrap();
            assert_eq!(journey.is_open(), after_server_disconnect);
        }
    }
}

/// Whatever goes wrong, and whenever: sessions come one after the other, each is told of, and none outlives its
/// server's silence.
#[test]
fn any_number_of_faults_leads_to_another_session_in_the_end() {
    let faults = [
        FaultKind::LoseRequest,
        FaultKind::BreakRequest,
        FaultKind::LoseResponse,
        FaultKind::RefuseRequest,
        FaultKind::RepeatRequest,
        FaultKind::SilenceRequest,
        FaultKind::CutWebSocket { up: 1, down: 1 },
        FaultKind::SilenceWebSocket,
        FaultKind::Part,
    ];
    let mut reconnected = 0;
    for seed in 0..600 {
        let mut rng = Rng::new(seed);
        let [polling, websocket, upgrading] = PairConfig::ways();
        let config = rng.pick(&[polling, websocket, upgrading]).unwrap();
        let policy = Reconnect { first_connect: true, ..Reconnect::default() };
        let mut journey = Journey::new(config, Some(policy), seed);
        for _ in 0..6 {
            let limit = journey.pair().now() + rng.between(Duration::ZERO, 5 * SECOND);
            while journey.drive(limit).unwrap() {}
            journey.pair_mut().send(Side::Client, rng.below(20));
            journey.pair_mut().send(Side::Server, rng.below(20));
            journey.pair_mut().inject(rng.pick(&faults).unwrap());
        }
        journey.pair_mut().set_reach(Reach::Open);
        let limit = journey.pair().now() + 120 * SECOND;
        while journey.drive(limit).unwrap() {}
        assert!(journey.is_open(), "seed {seed}: {:?}", journey.told());
        let opened = count(&journey, &Told::Open);
        assert_eq!(opened, ends(&journey).len() + 1, "seed {seed}: {:?}", journey.told());
        reconnected += usize::from(opened > 1);
    }
    assert!(reconnected > 200, "{reconnected}");
}
