//! What the clients under test have in common, so that they differ in nothing but their library.
//!
//! A client is told on its command line what to do: `URL TRANSPORT IN_FLIGHT FLAVOUR`. When it is connected it says
//! `ready`. Each line on standard input is a number of milliseconds: for that long it keeps messages in flight, then
//! it lets them come home and says how many came and how many nanoseconds passed. It ends when standard input does.

use std::{
    env,
    io::{self, BufRead, Write},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

/// Bytes of a message.
pub const SIZE: usize = 32;

/// How many messages differ: more than are ever in flight. They are prepared, so that it is not their making that is
/// measured.
const MESSAGES: u64 = 1024;

/// What a client is to do.
#[derive(Debug)]
pub struct Task {
    /// The server: `http://HOST:PORT`.
    pub url: String,
    /// Whether over WebSocket from the first byte on; else by polling alone.
    pub websocket: bool,
    /// Which of a library's clients.
    pub flavour: String,
    in_flight: u64,
    messages: Vec<String>,
}

/// What follows from a message that came.
#[derive(Debug)]
pub enum Next {
    /// Send this.
    Send(String),
    /// Wait for those that are still in flight.
    Wait,
    /// The slice is over.
    Done,
}

/// One slice of time, and the messages in flight.
#[derive(Debug)]
pub struct Slice<'t> {
    messages: &'t [String],
    begin: Instant,
    end: Instant,
    in_flight: u64,
    sent: u64,
    came: u64,
}

impl Task {
    /// What the command line says.
    ///
    /// # Errors
    ///
    /// When it does not have that form.
    pub fn from_args() -> Result<Self> {
        let mut args = env::args().skip(1);
        let mut next = || args.next().context("usage: URL TRANSPORT IN_FLIGHT FLAVOUR");
        Ok(Self {
            url: next()?,
            websocket: next()? == "websocket",
            in_flight: next()?.parse()?,
            flavour: next()?,
            messages: (0..MESSAGES).map(|number| format!("{number:.>SIZE$}")).collect(),
        })
    }

    /// Says that the client is connected.
    ///
    /// # Errors
    ///
    /// When nobody listens.
    pub fn ready(&self) -> Result<()> {
        say("ready")
    }

    /// Waits for the next slice to begin. `None` when there is none.
    ///
    /// # Errors
    ///
    /// When a line is no number.
    pub fn slice(&self) -> Result<Option<Slice<'_>>> {
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let begin = Instant::now();
        let end = begin + Duration::from_millis(line.trim().parse()?);
        Ok(Some(Slice { messages: &self.messages, begin, end, in_flight: self.in_flight, sent: 0, came: 0 }))
    }
}

impl<'t> Slice<'t> {
    /// The messages with which it begins.
    pub fn first(&mut self) -> impl Iterator<Item = String> + use<'t> {
        let messages = self.messages;
        self.sent = self.in_flight;
        (0..self.in_flight).map(|number| message(messages, number).to_owned())
    }

    /// A message came: they come back in order, each once, as they were sent.
    ///
    /// # Errors
    ///
    /// When it is another one than was due.
    #[inline]
    pub fn came(&mut self, text: &[u8]) -> Result<Next> {
        ensure!(text == message(self.messages, self.came).as_bytes(), "message {} is {text:?}", self.came);
        self.came += 1;
        if Instant::now() < self.end {
            self.sent += 1;
            return Ok(Next::Send(message(self.messages, self.sent - 1).to_owned()));
        }
        Ok(if self.came < self.sent { Next::Wait } else { Next::Done })
    }

    /// Says how it went.
    ///
    /// # Errors
    ///
    /// When nobody listens.
    pub fn report(self) -> Result<()> {
        say(&format!("{} {}", self.came, self.begin.elapsed().as_nanos()))
    }
}

fn say(line: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

fn message(messages: &[String], number: u64) -> &str {
    let index = usize::try_from(number % MESSAGES).unwrap_or_default();
    messages.get(index).map_or("", String::as_str)
}
