//! Where events are printed.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::time::Duration;

use engineio::client::{Event, OpenPacket};

use super::printable::{escaped, printable};
use super::{json, line};
use crate::args::flag;

/// Prints what happens.
pub(crate) trait Printer {
    /// Prints an event; `transport` is the one in use.
    ///
    /// # Errors
    ///
    /// Nobody reads what is printed.
    fn print(&mut self, event: &Event, transport: &str) -> io::Result<()>;

    /// Shows what was printed.
    ///
    /// # Errors
    ///
    /// Nobody reads what is printed.
    fn flush(&mut self) -> io::Result<()>;

    /// Says that the server takes its time to answer.
    fn wait(&mut self, _url: &str) {}

    /// Says how it ended, unless that is `told` elsewhere.
    fn end(&mut self, _told: bool) {}
}

/// Lines about events other than messages. The last failure is held back, since the error at the end repeats it unless
/// something follows.
#[derive(Debug, Default)]
pub(crate) struct Held(Option<String>);

impl Held {
    /// Returns the lines to print now.
    pub(crate) fn of(&mut self, event: &Event, transport: &str) -> impl Iterator<Item = String> + use<> {
        let mut now = words(event, transport);
        let before = now.as_ref().and_then(|_| self.0.take());
        if is_end(event) {
            self.0 = now.take();
        }
        before.into_iter().chain(now)
    }

    /// What was held back.
    pub(crate) fn take(&mut self) -> Option<String> {
        self.0.take()
    }
}

/// Whether it may be the last that is said.
fn is_end(event: &Event) -> bool {
    match event {
        Event::Disconnected(end) => !end.reconnects,
        event => matches!(event, Event::ConnectFailed { .. }),
    }
}

/// Messages as lines on standard output, everything else on standard error.
#[derive(Debug)]
pub(crate) struct Lines {
    out: BufWriter<Stdout>,
    held: Held,
    /// A terminal obeys some of what is printed, and shows both streams together. Everything else gets messages as they
    /// are.
    is_terminal: bool,
}

impl Lines {
    pub(crate) fn new() -> Self {
        let out = io::stdout();
        Self { is_terminal: out.is_terminal(), out: BufWriter::new(out), held: Held::default() }
    }
}

impl Printer for Lines {
    fn print(&mut self, event: &Event, transport: &str) -> io::Result<()> {
        match event {
            Event::Message(message) if self.is_terminal => {
                writeln!(self.out, "< {}", printable(&line::format(message)))
            }
            Event::Message(message) => writeln!(self.out, "{}", line::format(message)),
            event => {
                // What has come so far stands before what is said about the end.
                self.out.flush()?;
                self.held.of(event, transport).for_each(|words| note(&words));
                Ok(())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn wait(&mut self, url: &str) {
        note(&format!("connecting to {url}"));
    }

    fn end(&mut self, told: bool) {
        self.held.take().filter(|_| !told).iter().for_each(|words| note(words));
    }
}

fn note(words: &str) {
    // Whoever closed standard error does not want to know.
    let _ = writeln!(io::stderr(), "* {}", printable(words));
}

/// Every event as a JSON object on a line of standard output.
#[derive(Debug)]
pub(crate) struct Json(BufWriter<Stdout>);

impl Json {
    pub(crate) fn new() -> Self {
        Self(BufWriter::new(io::stdout()))
    }
}

impl Printer for Json {
    fn print(&mut self, event: &Event, transport: &str) -> io::Result<()> {
        match json::event(event, transport) {
            Some(value) => writeln!(self.0, "{}", escaped(&value.to_string())),
            None => Ok(()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// What to say about an event that is no message.
pub(crate) fn words(event: &Event, transport: &str) -> Option<String> {
    Some(match event {
        Event::Open(open) => opened(open, transport),
        Event::Upgraded => "upgraded to websocket".to_owned(),
        Event::UpgradeFailed(detail) => format!("stays on polling: {detail}"),
        Event::Disconnected(end) => format!("disconnected: {end}"),
        Event::Reconnecting { attempt, delay } => {
            let delay = humantime::format_duration(Duration::from_millis(millis(*delay)));
            format!("connecting again in {delay}, attempt {attempt}")
        }
        Event::ConnectFailed { attempt, error } => {
            format!("attempt {attempt} failed: {}", error.in_words(flag))
        }
        _ => return None,
    })
}

fn opened(open: &OpenPacket, transport: &str) -> String {
    let interval = humantime::format_duration(open.ping_interval);
    let timeout = humantime::format_duration(open.ping_timeout);
    let limit = match open.max_payload {
        0 => "no limit given".to_owned(),
        bytes => format!("{bytes} bytes at most"),
    };
    format!("open over {transport}, session {}, ping every {interval} within {timeout}, {limit}", open.sid)
}

/// Whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
