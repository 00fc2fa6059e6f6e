//! What is measured, and how much better ours must be.

use crate::client::{Client, Library};

/// One thing that is measured: messages of 32 bytes that an echo server sends back.
#[derive(Debug)]
pub struct Case {
    /// How it is called on the command line.
    pub name: &'static str,
    /// The transport.
    pub transport: &'static str,
    /// Messages in flight.
    pub in_flight: u32,
    /// Whether server and client have a core each; else they share one.
    pub apart: bool,
    /// How many times more than these our asynchronous client must do.
    pub limits: &'static [Limit],
}

/// How many times more than another library our asynchronous client must do: in the same time, and with the same
/// processor time.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// The other one; of several clients the better one counts.
    pub against: Library,
    /// How many times.
    pub times: f64,
}

const fn limit(against: Library, times: f64) -> Limit {
    Limit { against, times }
}

const fn case(name: &'static str, transport: &'static str, in_flight: u32, limits: &'static [Limit]) -> Case {
    Case { name, transport, in_flight, apart: false, limits }
}

/// All cases.
pub const CASES: [Case; 5] = [
    case(
        "websocket-32x16",
        "websocket",
        16,
        &[limit(Library::RustEngineio, 3.0), limit(Library::PythonEngineio, 5.0)],
    ),
    case(
        "polling-32x16",
        "polling",
        16,
        &[limit(Library::RustEngineio, 2.0), limit(Library::PythonEngineio, 2.0)],
    ),
    case("websocket-32x1", "websocket", 1, &[]),
    Case { apart: true, ..case("websocket-32x16-apart", "websocket", 16, &[]) },
    Case { apart: true, ..case("polling-32x16-apart", "polling", 16, &[]) },
];

impl Case {
    /// Whether `client` can do this.
    pub fn suits(&self, client: Client) -> bool {
        client != Client::Raw || self.transport == "websocket"
    }
}
