//! The cases and their limits.

use crate::{
    case::{Case, Limit, POLLING_CLIENTS, Sessions, Traffic, Work},
    echo::Shape,
    peer::Peer,
    pick::Pick,
};

const PER_MESSAGE: &str = "us/message";
const PER_DELIVERY: &str = "us/delivery";
const PER_ROUND_TRIP: &str = "us/round trip";

const fn echo(size: usize, in_flight: usize) -> Work {
    Work::Traffic(Traffic::Echo(Shape { sessions: 100, size, in_flight }))
}

/// All cases.
pub const CASES: &[Case] = &[
    Case {
        name: "echo-32x16",
        title: "WebSocket echo, 32 B, 16 in flight",
        host: None,
        unit: PER_MESSAGE,
        pick: Pick::Minimum,
        limits: &[Limit::Times(1.25, Peer::Raw), Limit::Times(0.60, Peer::Engineioxide)],
        work: echo(32, 16),
    },
    Case {
        name: "echo-32x1",
        title: "WebSocket echo, 32 B, 1 in flight",
        host: None,
        unit: PER_MESSAGE,
        pick: Pick::Median,
        limits: &[Limit::Times(1.0, Peer::Engineioxide)],
        work: echo(32, 1),
    },
    Case {
        name: "echo-1kx16",
        title: "WebSocket echo, 1 KiB, 16 in flight",
        host: None,
        unit: PER_MESSAGE,
        pick: Pick::Median,
        limits: &[Limit::Times(0.60, Peer::Engineioxide)],
        work: echo(1024, 16),
    },
    Case {
        name: "echo-64kx1",
        title: "WebSocket echo, 64 KiB, 1 in flight",
        host: None,
        unit: PER_MESSAGE,
        pick: Pick::Median,
        limits: &[Limit::Times(0.60, Peer::Engineioxide)],
        work: echo(64 * 1024, 1),
    },
    Case {
        name: "polling",
        title: "polling, 100 clients, POST then GET",
        host: None,
        unit: PER_ROUND_TRIP,
        pick: Pick::Median,
        limits: &[Limit::Times(0.85, Peer::Engineioxide)],
        work: Work::Traffic(Traffic::Polling { clients: POLLING_CLIENTS }),
    },
    Case {
        name: "broadcast",
        title: "broadcast of 32 B to 1 000 WebSocket sessions",
        host: None,
        unit: PER_DELIVERY,
        pick: Pick::Median,
        limits: &[Limit::Times(0.80, Peer::Engineioxide)],
        work: Work::Traffic(Traffic::Broadcast { sessions: 1_000 }),
    },
    Case {
        name: "idle",
        title: "5 000 idle WebSocket sessions, memory",
        host: None,
        unit: "B/session",
        pick: Pick::Median,
        limits: &[Limit::Value(3_000.0)],
        work: Work::Sessions(Sessions::Idle(None)),
    },
    Case {
        name: "churn",
        title: "5 x 5 000 sessions, growth of memory",
        host: None,
        unit: "%",
        pick: Pick::Median,
        limits: &[Limit::Value(5.0)],
        work: Work::Sessions(Sessions::Churn),
    },
    Case {
        name: "idle-used",
        title: "5 000 sessions after a 1 KiB echo, memory",
        host: None,
        unit: "B/session",
        pick: Pick::Median,
        limits: &[],
        work: Work::Sessions(Sessions::Idle(Some(1024))),
    },
    Case {
        name: "open",
        title: "opening a WebSocket session",
        host: None,
        unit: "us/session",
        pick: Pick::Median,
        limits: &[],
        work: Work::Sessions(Sessions::Opening),
    },
    Case {
        name: "polling-held",
        title: "polling, 100 clients, POST beside a held GET",
        host: None,
        unit: PER_ROUND_TRIP,
        pick: Pick::Median,
        limits: &[],
        work: Work::Traffic(Traffic::Held { groups: POLLING_CLIENTS, clients: 1 }),
    },
    Case {
        name: "polling-broadcast",
        title: "broadcast of 32 B to 100 polling sessions",
        host: None,
        unit: PER_DELIVERY,
        pick: Pick::Median,
        limits: &[],
        work: Work::Traffic(Traffic::Held { groups: 1, clients: POLLING_CLIENTS }),
    },
];
