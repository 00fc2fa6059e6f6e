//! WebSocket frames (RFC 6455), sans-IO, for both roles.

mod header;

pub use header::{FrameHeader, MAX_HEADER, OpCode};
