//! A server's and a client's session in one virtual world.
//!
//! A [`Pair`] joins the two state machines by a virtual network of HTTP exchanges and WebSocket connections under
//! a virtual clock. Nothing sleeps and nothing is random: a seed decides every delay and every [`Fault`], so that
//! a run that fails can be run again. [`Run`] is such a run with everything drawn from its seed, and says whether
//! the sessions kept their promises.
#![forbid(unsafe_code)]

mod app;
mod client;
mod connection;
mod deliver;
mod endpoint;
mod exchange;
mod fault;
mod network;
mod pair;
mod pipe;
mod rng;
mod run;
mod script;
mod server;
mod trace;
mod verdict;

pub use app::{App, End, Habits};
pub use fault::{Fault, FaultKind};
pub use pair::{Pair, PairConfig, Side};
pub use rng::Rng;
pub use run::{Mode, Run, Summary, check_seeds};
pub use script::{Action, Ending, Script};
pub use trace::Trace;
