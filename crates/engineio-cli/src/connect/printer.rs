//! Where events are printed.

use std::io::{self, BufWriter, StderrLock, Stdout, Write};
use std::time::Duration;

use engineio::client::{Event, OpenPacket};

use super::{json, line};

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
}

/// Messages as lines on standard output, everything else on standard error.
#[derive(Debug)]
pub(crate) struct Lines(BufWriter<Stdout>);

impl Lines {
    pub(crate) fn new() -> Self {
        Self(BufWriter::new(io::stdout()))
    }
}

impl Printer for Lines {
    fn print(&mut self, event: &Event, transport: &str) -> io::Result<()> {
        match event {
            Event::Message(message) => writeln!(self.0, "{}", line::format(message)),
            event => {
                // What has come so far stands before what is said about the end.
                self.0.flush()?;
                note(&mut io::stderr().lock(), event, transport);
                Ok(())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn note(out: &mut StderrLock<'_>, event: &Event, transport: &str) {
    if let Some(words) = words(event, transport) {
        // Whoever closed standard error does not want to know.
        let _ = writeln!(out, "* {words}");
    }
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
            Some(value) => writeln!(self.0, "{value}"),
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
        Event::ConnectFailed { attempt, error } => format!("attempt {attempt} failed: {error}"),
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
