//! WebSocket (RFC 6455), sans-IO, for both roles: handshake, frames in, frames out.
//!
//! Bytes that were read go through a [`Decoder`], which unmasks in place and lends whole messages out of the
//! caller's buffer; [`packet`] makes Engine.IO packets of them. Packets on their way out gather in a
//! [`WriteBatch`], which is written with one call. An idle connection owns no buffer of either.

mod batch;
mod chunk;
mod close;
mod decoder;
mod error;
mod handshake;
mod header;
mod item;
mod large;
mod limits;
mod mask;
mod rest;
mod role;
mod short;

pub use batch::{Scratch, WriteBatch};
pub use chunk::{Chunk, packet};
pub use close::{CloseCode, CloseFrame};
pub use decoder::Decoder;
pub use error::FrameError;
pub use handshake::{HandshakeError, Key, accept_key, check_response, request_key};
pub use header::{FrameHeader, MAX_HEADER, OpCode};
pub use item::{Data, Item, MessageKind, Step};
pub use large::Large;
pub use limits::Limits;
pub use mask::apply_mask;
pub use rest::Rest;
pub use role::Role;
