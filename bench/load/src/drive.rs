//! The event loop that keeps a load going.

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use mio::{Events, Interest, Poll, Token, net::TcpStream};

/// A server that lets this pass without an answer has lost a message.
const SILENCE: Duration = Duration::from_secs(10);

/// Connections that answer a server's answers.
pub trait Load: Debug {
    /// All connections; their order gives them their index.
    fn connections(&mut self) -> impl Iterator<Item = &mut TcpStream>;

    /// Sends what everything else follows from.
    fn start(&mut self) -> Result<()>;

    /// Connection `index` can be read or written; returns how many units of work this completed.
    fn handle_ready(&mut self, index: usize) -> Result<u64>;

    /// The connection that has taken the place of connection `index`, if there is such a one since this was asked last.
    fn take_new(&mut self, _index: usize) -> Option<&mut TcpStream> {
        None
    }
}

/// Work that can be interrupted.
pub trait Job: Debug {
    /// Goes on for `time`; returns how many units of work were completed.
    ///
    /// Between two calls the server comes to rest, because no answer of its gets one.
    fn run_for(&mut self, time: Duration) -> Result<u64>;
}

/// A load and what tells which of its connections are ready.
#[derive(Debug)]
pub struct Drive<L> {
    load: L,
    poll: Poll,
    events: Events,
}

impl<L: Load> Drive<L> {
    /// Starts the load.
    pub fn start(mut load: L) -> Result<Self> {
        let poll = Poll::new()?;
        for (index, stream) in load.connections().enumerate() {
            poll.registry().register(stream, Token(index), Interest::READABLE | Interest::WRITABLE)?;
        }
        load.start()?;
        Ok(Self { load, poll, events: Events::with_capacity(1024) })
    }
}

impl<L: Load> Job for Drive<L> {
    fn run_for(&mut self, time: Duration) -> Result<u64> {
        let end = Instant::now() + time;
        let mut done = 0;
        while Instant::now() < end {
            self.poll.poll(&mut self.events, Some(SILENCE))?;
            ensure!(!self.events.is_empty(), "the server went silent");
            for event in &self.events {
                let token = event.token();
                done += self.load.handle_ready(token.0)?;
                if let Some(stream) = self.load.take_new(token.0) {
                    self.poll.registry().register(stream, token, Interest::READABLE | Interest::WRITABLE)?;
                }
            }
        }
        Ok(done)
    }
}
