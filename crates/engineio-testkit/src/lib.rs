//! A server's and a client's session in one virtual world.
//!
//! A [`Pair`] joins the two state machines by a virtual network of HTTP exchanges and WebSocket connections under
//! a virtual clock. Nothing sleeps and nothing is random: a seed decides every delay and every [`Fault`], so that
//! a run that fails can be run again. [`Run`] is such a run with everything drawn from its seed, and says whether
//! the sessions kept their promises. A [`Journey`] is a client that connects again: one pair after the other.
//!
//! ```
//! use engineio_testkit::{Pair, PairConfig, Side, Trace};
//!
//! let mut pair = Pair::new(PairConfig::default(), 1, Trace::off());
//! pair.send(Side::Client, 3);
//! pair.drive_until(Pair::is_idle)?;
//! assert_eq!(pair.app(Side::Server).delivered(), 3);
//! # Ok::<(), String>(())
//! ```
#![forbid(unsafe_code)]

mod app;
mod client;
mod config;
mod connection;
mod deliver;
mod draw;
mod endpoint;
mod exchange;
mod fault;
mod journey;
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
pub use config::PairConfig;
pub use fault::{Fault, FaultKind};
pub use journey::{Journey, Told};
pub use network::Reach;
pub use pair::{Pair, Side};
pub use rng::Rng;
pub use run::{Mode, Run, Summary, check_seeds};
pub use script::{Action, Ending, Script};
pub use trace::Trace;
