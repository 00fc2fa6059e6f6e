//! The cases for the Python package: it against python-engineio, in each server that hosts both.

use crate::{
    case::{Case, Limit, Traffic, Work},
    echo::Shape,
    peer::Peer,
    pick::Pick,
    python::Host,
};

const CLIENTS: usize = 50;

/// Clients with one message of 64 bytes each under way, or with so many.
const fn echo(in_flight: usize) -> Work {
    Work::Traffic(Traffic::Echo(Shape { sessions: CLIENTS, size: 64, in_flight }))
}

const POLLING: Work = Work::Traffic(Traffic::Polling { clients: CLIENTS });

const BROADCAST: Work = Work::Traffic(Traffic::Broadcast { sessions: 200 });

/// Nowhere slower.
const PAR: &[Limit] = &[Limit::Times(1.0, Peer::PythonEngineio)];

/// Twice as fast, which includes what the host costs.
const HALF: &[Limit] = &[Limit::Times(0.5, Peer::PythonEngineio)];

const fn overlapping(name: &'static str) -> Host {
    Host { name, async_handlers: true }
}

const fn in_order(name: &'static str) -> Host {
    Host { name, async_handlers: false }
}

const fn case(
    name: &'static str,
    title: &'static str,
    host: Host,
    work: Work,
    limits: &'static [Limit],
) -> Case {
    let unit = match work {
        Work::Traffic(Traffic::Polling { .. }) => "us/round trip",
        Work::Traffic(Traffic::Broadcast { .. }) => "us/delivery",
        _ => "us/message",
    };
    Case { name, title, host: Some(host), unit, pick: Pick::Median, limits, work }
}

/// All of them.
pub const PYTHON_CASES: &[Case] = &[
    case("uvicorn", "uvicorn, WebSocket echo", overlapping("uvicorn"), echo(1), HALF),
    case("uvicorn-ordered", "uvicorn, handlers in order", in_order("uvicorn"), echo(1), HALF),
    case("uvicorn-x16", "uvicorn, 16 in flight", overlapping("uvicorn"), echo(16), HALF),
    case("uvicorn-broadcast", "uvicorn, to 200 clients", in_order("uvicorn"), BROADCAST, PAR),
    case("uvicorn-polling", "uvicorn, polling", overlapping("uvicorn"), POLLING, PAR),
    case("aiohttp", "aiohttp, WebSocket echo", overlapping("aiohttp"), echo(1), PAR),
    case("aiohttp-ordered", "aiohttp, handlers in order", in_order("aiohttp"), echo(1), PAR),
    case("aiohttp-polling", "aiohttp, polling", overlapping("aiohttp"), POLLING, PAR),
    case("tornado", "Tornado, WebSocket echo", overlapping("tornado"), echo(1), PAR),
    case("tornado-polling", "Tornado, polling", overlapping("tornado"), POLLING, PAR),
    case("werkzeug", "werkzeug, WebSocket echo", overlapping("werkzeug"), echo(1), PAR),
    case("werkzeug-ordered", "werkzeug, handlers in order", in_order("werkzeug"), echo(1), PAR),
    case("werkzeug-broadcast", "werkzeug, to 200 clients", in_order("werkzeug"), BROADCAST, PAR),
    case("werkzeug-polling", "werkzeug, polling", overlapping("werkzeug"), POLLING, PAR),
    case("gevent", "gevent, WebSocket echo", overlapping("gevent"), echo(1), PAR),
    case("gevent-ordered", "gevent, handlers in order", in_order("gevent"), echo(1), PAR),
    case("gevent-broadcast", "gevent, to 200 clients", in_order("gevent"), BROADCAST, PAR),
    case("gevent-polling", "gevent, polling", overlapping("gevent"), POLLING, PAR),
];
