//! The Engine.IO v4 protocol, sans-IO.
//!
//! Every protocol decision of the `engineio` crates stands here and nowhere else. The crate opens no socket,
//! reads no clock, draws no random number and takes no lock: time and random bits are arguments, bytes come in
//! and go out. Drivers (tokio, blocking threads, Python hosts, the test kit's virtual network) move the bytes.
#![forbid(unsafe_code)]

mod body;
pub mod client;
mod config;
mod describe;
pub mod edge;
mod error;
mod heartbeat;
mod inbound;
mod inspect;
mod json;
mod link;
mod load;
mod message;
mod open;
mod outgoing;
mod packet;
mod payload;
mod prepared;
mod queue;
mod reason;
pub mod server;
mod sid;
mod text;
mod time;
mod timer;
mod transport;
mod unfinished;
mod upgrade;
pub mod ws;

pub use config::{ClientPings, Overflow, SessionConfig};
pub use describe::Described;
pub use edge::{Refusal, Rejection, Reply, ReplyStyle};
pub use error::{DecodeError, SendError};
pub use link::{Closed, Link, LinkId};
pub use load::Load;
pub use message::Message;
pub use open::{OpenError, OpenPacket};
pub use outgoing::{Outgoing, Transmit};
pub use packet::{Packet, PacketType};
pub use payload::{PayloadDecoder, PayloadEncoder, SEPARATOR};
pub use prepared::Prepared;
pub use queue::{Mark, Progress};
pub use reason::DisconnectReason;
pub use sid::{Redacted, Sid};
pub use text::Text;
pub use time::Instant;
pub use transport::{Transport, TransportSet};
