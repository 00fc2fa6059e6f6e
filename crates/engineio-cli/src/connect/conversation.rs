//! What happens between the first attempt to connect and the end.

use std::future::{Future, ready};
use std::pin::pin;
use std::time::Duration;

use engineio::Client;
use engineio::client::{Event, Events};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::goal::Goal;
use super::outcome::Outcome;
use super::printer::Printer;
use super::signals::Signals;
use crate::args::flag;

/// How long the session may take to close; it was told what to do, and is done.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same where time has already run out.
const NO_PATIENCE: Duration = Duration::from_secs(1);
/// Time without a session after which the command says that it is connecting.
const SILENCE: Duration = Duration::from_secs(2);
/// Further than any command runs.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// A client, and what the command wants from it.
pub(crate) struct Conversation {
    client: Client,
    events: Events,
    goal: Goal,
    printer: Box<dyn Printer>,
    /// Something was printed that nobody has seen yet.
    unseen: bool,
    open: watch::Sender<bool>,
    timeout: Option<Duration>,
}

impl Conversation {
    pub(crate) fn new(
        (client, events): (Client, Events),
        goal: Goal,
        printer: Box<dyn Printer>,
        timeout: Option<Duration>,
    ) -> Self {
        Self { client, events, goal, printer, unseen: false, open: watch::Sender::new(false), timeout }
    }

    /// Tells whether there is a session to send in.
    pub(crate) fn open(&self) -> watch::Receiver<bool> {
        self.open.subscribe()
    }

    /// Prints what comes, while `sending` sends what the user has to say, until the command is done or a signal comes.
    pub(crate) async fn run(
        mut self,
        sending: impl Future<Output = Result<(), Outcome>>,
        mut signals: Signals,
    ) -> Outcome {
        let deadline = Instant::now() + self.timeout.unwrap_or(FOREVER).min(FOREVER);
        let outcome = tokio::select! {
            outcome = self.talk(sending) => outcome,
            () = sleep_until(deadline) => self.goal.timed_out(self.timeout.unwrap_or_default()),
            outcome = signals.next() => outcome,
        };
        let patience = if Instant::now() >= deadline { NO_PATIENCE } else { PATIENCE };
        self.close(patience, &mut signals).await;
        self.printer.end(outcome.words().is_some());
        outcome
    }

    async fn talk(&mut self, sending: impl Future<Output = Result<(), Outcome>>) -> Outcome {
        let mut sending = pin!(sending);
        let (mut sent, mut lingers) = (false, None);
        let (silence, mut silent) = (Instant::now() + SILENCE, true);
        loop {
            tokio::select! {
                biased;
                event = self.events.next() => match event {
                    None => return self.over().await,
                    Some(event) => if let Some(outcome) = self.handle(&event) { return outcome },
                },
                // Only once there is no further event: a flood is written in large pieces.
                () = ready(()), if self.unseen => if !self.flush() { return Outcome::Done },
                result = &mut sending, if !sent => match result {
                    Ok(()) => (sent, lingers) = (true, self.goal.input_ended().map(|time| Instant::now() + time)),
                    Err(outcome) => return outcome,
                },
                () = sleep_until(silence), if silent => {
                    silent = false;
                    if !self.goal.has_opened() {
                        self.printer.wait(self.client.url());
                    }
                }
                () = sleep_until(lingers.unwrap_or_else(Instant::now)), if lingers.is_some() => {
                    return self.goal.lingered();
                }
            }
        }
    }

    /// Prints an event, and tells how the command ends if it does.
    fn handle(&mut self, event: &Event) -> Option<Outcome> {
        if !self.print(event) {
            return Some(Outcome::Done);
        }
        match event {
            Event::Open(_) => {
                self.goal.opened();
                self.open.send_replace(true);
                None
            }
            Event::Message(_) => {
                self.goal.received();
                self.goal.is_reached().then_some(Outcome::Done)
            }
            Event::Disconnected(end) => {
                self.open.send_replace(false);
                (!end.reconnects).then(|| self.goal.ended(end))
            }
            _ => None,
        }
    }

    /// The client has given up.
    async fn over(&self) -> Outcome {
        match (self.client.opened().await, self.client.closed().await) {
            (Err(error), _) => Outcome::NoSession(error.in_words(flag)),
            (Ok(()), Some(end)) => self.goal.ended(&end),
            (Ok(()), None) => Outcome::Done,
        }
    }

    /// Ends the session in order, and prints what happens meanwhile. Another signal ends it at once.
    async fn close(&mut self, patience: Duration, signals: &mut Signals) {
        let deadline = Instant::now() + patience;
        drop(self.client.close());
        loop {
            let event = tokio::select! {
                event = self.events.next() => event,
                () = sleep_until(deadline) => return self.client.abort(),
                _ = signals.next() => return self.client.abort(),
            };
            match event {
                None => break,
                // More than was asked for.
                Some(Event::Message(_)) if self.goal.is_reached() => {}
                Some(event) => {
                    self.print(&event);
                }
            }
        }
        self.flush();
    }

    /// False: nobody reads what is printed.
    fn print(&mut self, event: &Event) -> bool {
        self.unseen = true;
        self.printer.print(event, self.client.transport().name()).is_ok()
    }

    fn flush(&mut self) -> bool {
        self.unseen = false;
        self.printer.flush().is_ok()
    }
}
