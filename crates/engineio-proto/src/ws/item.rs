//! What comes out of the decoder.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;

use super::{CloseFrame, OpCode};

/// What one call of [`Decoder::decode`](super::Decoder::decode) did.
#[derive(Debug)]
pub struct Step<'a> {
    /// How many bytes of the input are done with.
    pub consumed: usize,
    /// What they completed.
    pub item: Option<Item<'a>>,
}

/// Something whole that the peer sent.
#[derive(Debug)]
pub enum Item<'a> {
    /// A message, all fragments together. Text is not yet known to be UTF-8: [`packet`](super::packet) sees to it.
    Message(MessageKind, Data<'a>),
    /// Asks for a pong with the same data, at most 125 bytes.
    Ping(Data<'a>),
    /// Answers a ping, or none.
    Pong(Data<'a>),
    /// The peer sends nothing more. What comes after it is to be discarded.
    Close(Option<CloseFrame>),
}

/// Text or binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// UTF-8 text.
    Text,
    /// Bytes.
    Binary,
}

impl MessageKind {
    /// What a first or only fragment says; nothing for other frames.
    pub(super) const fn of(opcode: OpCode) -> Option<Self> {
        match opcode {
            OpCode::Text => Some(Self::Text),
            OpCode::Binary => Some(Self::Binary),
            OpCode::Continuation | OpCode::Close | OpCode::Ping | OpCode::Pong => None,
        }
    }
}

/// Unmasked data of a frame or message.
pub enum Data<'a> {
    /// It lies whole in the input and was not copied.
    Borrowed(&'a mut [u8]),
    /// It came in several reads or fragments, and was gathered.
    Owned(Bytes),
}

impl<'a> From<&'a mut [u8]> for Data<'a> {
    fn from(data: &'a mut [u8]) -> Self {
        Self::Borrowed(data)
    }
}

impl From<Vec<u8>> for Data<'_> {
    fn from(data: Vec<u8>) -> Self {
        Self::Owned(data.into())
    }
}

impl Deref for Data<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(data) => data,
            Self::Owned(data) => data,
        }
    }
}

impl fmt::Debug for Data<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Data").field(&self.len()).finish()
    }
}
