//! The event loop that keeps a load going.

use std::time::Duration;

use anyhow::{Result, ensure};
use mio::{Events, Interest, Poll, Token, net::TcpStream};

use crate::meter::{Meter, Reading};

/// A server that lets this pass without an answer has lost a message.
const SILENCE: Duration = Duration::from_secs(10);

/// Connections that answer a server's answers.
pub trait Load {
    /// All connections; their order gives them their index.
    fn connections(&mut self) -> impl Iterator<Item = &mut TcpStream>;

    /// Sends what everything else follows from.
    fn start(&mut self) -> Result<()>;

    /// Connection `index` can be read or written; returns how many units of work this completed.
    fn handle_ready(&mut self, index: usize) -> Result<u64>;
}

/// Runs `load` until the meter has its reading.
pub fn drive(load: &mut impl Load, meter: &mut Meter<'_>) -> Result<Reading> {
    let mut poll = Poll::new()?;
    for (index, stream) in load.connections().enumerate() {
        poll.registry().register(stream, Token(index), Interest::READABLE | Interest::WRITABLE)?;
    }
    load.start()?;
    let mut events = Events::with_capacity(1024);
    let mut done = 0;
    loop {
        poll.poll(&mut events, Some(SILENCE))?;
        ensure!(!events.is_empty(), "the server went silent");
        for event in &events {
            done += load.handle_ready(event.token().0)?;
        }
        if let Some(reading) = meter.tick(done)? {
            return Ok(reading);
        }
    }
}
