//! WebSocket frames (RFC 6455), sans-IO, for both roles.

mod close;
mod header;

pub use close::CloseCode;

pub use header::{FrameHeader, MAX_HEADER, OpCode};
