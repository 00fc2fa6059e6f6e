//! What the drivers of both roles share: the clock, timers, random bits, bodies, and moving the bytes of a WebSocket.

pub(crate) mod alarm;
pub(crate) mod clock;
pub(crate) mod collected;
pub(crate) mod input;
pub(crate) mod io;
pub(crate) mod random;
pub(crate) mod scratch;
