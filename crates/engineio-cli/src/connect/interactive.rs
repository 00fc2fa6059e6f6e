//! The conversation of somebody at a terminal.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engineio::Client;
use engineio::client::{Event, Events};
use tokio::time::Instant;

use super::command::{Command, HELP};
use super::conversation::Conversation;
use super::goal::Goal;
use super::line;
use super::outcome::Outcome;
use super::printable::printable;
use super::printer::{Held, Printer};
use super::screen::{Above, Screen};
use super::sender::Sender;
use super::signals::Signals;

/// Takes back the line that was being edited.
const CLEAR_LINE: &str = "\r\x1b[K";

/// What the one who prints and the one who sends tell each other.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// When something was sent that nothing has come for.
    sent: Option<Instant>,
    /// How the last session ended.
    farewell: Option<String>,
}

impl Notes {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Talks until the user or the server ends it.
pub(crate) async fn run(
    Screen { lines, above, restored }: Screen,
    (client, events): (Client, Events),
    goal: Goal,
    timeout: Option<Duration>,
    signals: Signals,
) -> Outcome {
    let notes = Notes::default();
    let printer = Terminal { above: above.clone(), notes: notes.clone(), held: Held::default() };
    let conversation = Conversation::new((client.clone(), events), goal, Box::new(printer), timeout);
    let sender = Sender::new(client.clone(), conversation.open());
    let _ = above.print(&format!("connecting to {}; {HELP}", client.url()));
    let speaker = Speaker { client, sender, above, notes: notes.clone() };
    let outcome = conversation.run(speaker.run(lines), signals).await;
    drop(restored);
    let mut out = io::stdout();
    let _ = out.write_all(CLEAR_LINE.as_bytes()).and_then(|()| out.flush());
    if let Some(words) = notes.lock().farewell.take() {
        let _ = writeln!(out, "* {words}");
    }
    outcome
}

/// Obeys what is typed.
struct Speaker {
    client: Client,
    sender: Sender,
    above: Above,
    notes: Notes,
}

impl Speaker {
    async fn run(mut self, mut lines: tokio::sync::mpsc::Receiver<String>) -> Result<(), Outcome> {
        while let Some(line) = lines.recv().await {
            let answer = match Command::parse(&line) {
                Ok(Command::Quit) => break,
                Ok(Command::Help) => Some(HELP.to_owned()),
                Ok(Command::Status) => Some(status(&self.client)),
                Ok(Command::Send(message)) => {
                    self.notes.lock().sent = Some(Instant::now());
                    self.sender.send(message).await.err().map(|error| format!("not sent: {error}"))
                }
                Err(words) => Some(words),
            };
            if let Some(answer) = answer {
                let _ = self.above.print(&format!("* {answer}"));
            }
        }
        Ok(())
    }
}

fn status(client: &Client) -> String {
    let sid = client.sid().map(|sid| sid.to_string()).unwrap_or_default();
    let round_trip = client.round_trip_time().map_or_else(|| "not known".to_owned(), shown);
    let transport = client.transport().name();
    let waiting = client.buffered_bytes();
    format!("session {sid} over {transport}, round trip {round_trip}, {waiting} bytes wait to be sent")
}

fn shown(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// Prints above the line that is being edited.
struct Terminal {
    above: Above,
    notes: Notes,
    held: Held,
}

impl Printer for Terminal {
    fn print(&mut self, event: &Event, transport: &str) -> io::Result<()> {
        if let Event::Message(message) = event {
            let text = printable(&line::format(message));
            return self.above.print(&format!("< {text}{}", self.since_sent()));
        }
        let mut words = self.held.of(event, transport);
        words.try_for_each(|words| self.above.print(&format!("* {}", printable(&words))))
    }

    /// The terminal is about to be put back: what is printed above the line now would be lost.
    fn end(&mut self, told: bool) {
        let words = self.held.take().filter(|_| !told);
        self.notes.lock().farewell = words.map(|words| printable(&words));
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Terminal {
    /// For the first message after one of ours: how long it took to come, which of a server that answers is the
    /// round trip.
    fn since_sent(&self) -> String {
        let sent = self.notes.lock().sent.take();
        sent.map(|sent| format!("  ({})", shown(sent.elapsed()))).unwrap_or_default()
    }
}
