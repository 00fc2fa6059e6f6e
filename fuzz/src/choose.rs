//! Values by number.

use engineio_proto::ws::CloseCode;
use engineio_proto::{Closed, Overflow};

/// How a link ends.
pub fn closed(number: u8) -> Closed {
    [Closed::Answered, Closed::Aborted, Closed::Eof, Closed::TooLarge, Closed::Timeout]
        [usize::from(number % 5)]
}

/// What happens to a message that finds the queue full.
pub fn overflow(number: u8) -> Overflow {
    [Overflow::Close, Overflow::DropNewest, Overflow::DropOldest, Overflow::Wait][usize::from(number % 4)]
}

/// How a WebSocket is to be closed.
pub fn close_code(number: u16) -> CloseCode {
    CloseCode::new(number).unwrap_or(CloseCode::TOO_BIG)
}
