//! One session of a run.

use std::sync::Arc;

use engineio::client::{Connector, Event, Events};
use engineio::{Client, Message, SendError};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::lane::{Lane, Returned};
use super::plan::{Pace, Plan, Route};
use super::probe::{Probes, number};
use super::stats::Stats;
use crate::args::flag;

/// What all sessions do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(crate) enum Phase {
    /// They begin.
    Open,
    /// They send.
    Send,
    /// They wait for what is under way.
    Drain,
}

/// What sessions share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) plan: Plan,
    pub(crate) stats: Stats,
    pub(crate) probes: Probes,
}

/// Begins a session, loads it, and ends it; `ready` is told when it was begun or could not be.
pub(crate) async fn run(
    index: usize,
    shared: Arc<Shared>,
    mut phase: watch::Receiver<Phase>,
    ready: mpsc::Sender<()>,
) {
    let opened = open(index, &shared).await;
    let told = ready.send(()).await;
    drop(ready);
    let (Some((client, events)), Ok(())) = (opened, told) else { return };
    let begun = Instant::now();
    let mut session =
        Session { index, client, events, shared, lane: Lane::default(), due: begun, end: begun };
    if session.talk(&mut phase).await.is_some() {
        session.client.close().await;
    }
}

async fn open(index: usize, shared: &Shared) -> Option<(Client, Events)> {
    let (route, connector) = shared.plan.route(index)?;
    tokio::time::sleep(shared.plan.begins(index)).await;
    let start = Instant::now();
    match connect(*route, connector, shared).await {
        Ok(connected) => {
            shared.stats.opened(start.elapsed());
            Some(connected)
        }
        Err(words) => {
            shared.stats.count(|totals| {
                totals.failed += 1;
                totals.note(&words);
            });
            None
        }
    }
}

async fn connect(route: Route, connector: &Connector, shared: &Shared) -> Result<(Client, Events), String> {
    let connected = connector.connect(&shared.plan.url).await;
    let (client, mut events) = connected.map_err(|error| error.in_words(flag))?;
    if route == Route::Upgrade {
        upgraded(&mut events).await?;
        shared.stats.count(|totals| totals.upgraded += 1);
    }
    Ok((client, events))
}

async fn upgraded(events: &mut Events) -> Result<(), String> {
    loop {
        match events.next().await {
            Some(Event::Upgraded) => return Ok(()),
            Some(Event::UpgradeFailed(why)) => return Err(format!("no upgrade: {why}")),
            Some(Event::Disconnected(end)) => return Err(end.to_string()),
            None => return Err("the session ended".to_owned()),
            Some(_) => {}
        }
    }
}

struct Session {
    index: usize,
    client: Client,
    events: Events,
    shared: Arc<Shared>,
    lane: Lane,
    /// When the next message is due, with a pace of its own.
    due: Instant,
    /// No message is due from then on, even if the end of the phase is noticed late.
    end: Instant,
}

impl Session {
    /// Goes through the phases; none if the session was lost.
    async fn talk(&mut self, phase: &mut watch::Receiver<Phase>) -> Option<()> {
        self.listen(phase, Phase::Open).await?;
        let begun = Instant::now();
        self.due = begun + self.shared.plan.offset(self.index);
        self.end = begun + self.shared.plan.duration;
        self.listen(phase, Phase::Send).await?;
        self.drain().await
    }

    /// Goes on until `during` is over.
    async fn listen(&mut self, phase: &mut watch::Receiver<Phase>, during: Phase) -> Option<()> {
        if during == Phase::Send {
            self.fill();
        }
        loop {
            let (due, late) = (self.next_due(during), self.reply_deadline());
            tokio::select! {
                biased;
                event = self.events.next() => self.handle(event, during)?,
                _ = phase.wait_for(|phase| *phase > during) => return Some(()),
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => self.send_due(),
                () = sleep_until(late.unwrap_or_else(Instant::now)), if late.is_some() => {
                    self.give_up();
                    self.fill();
                }
            }
        }
    }

    /// Waits for what is under way.
    async fn drain(&mut self) -> Option<()> {
        while let Some(late) = self.reply_deadline() {
            tokio::select! {
                biased;
                event = self.events.next() => self.handle(event, Phase::Drain)?,
                () = sleep_until(late) => self.give_up(),
            }
        }
        Some(())
    }

    fn handle(&mut self, event: Option<Event>, during: Phase) -> Option<()> {
        match event {
            Some(Event::Message(message)) => {
                self.arrive(&message);
                if during == Phase::Send {
                    self.fill();
                }
                Some(())
            }
            Some(Event::Disconnected(end)) => self.lost(&end.to_string()),
            None => self.lost("the session ended"),
            Some(_) => Some(()),
        }
    }

    fn lost(&mut self, words: &str) -> Option<()> {
        let missing = self.lane.len() as u64;
        self.shared.stats.count(|totals| {
            totals.lost += 1;
            totals.missing += missing;
            totals.note(words);
        });
        None
    }

    fn arrive(&mut self, message: &Message) {
        let stats = &self.shared.stats;
        match self.lane.arrive(number(message), Instant::now()) {
            Returned::After(time) => stats.received(time),
            Returned::Overtook { missing, after } => {
                stats.received(after);
                stats.count(|totals| totals.missing += missing);
            }
            Returned::Unexpected => stats.count(|totals| totals.unexpected += 1),
        }
    }

    /// Sends until as many are under way as shall be.
    fn fill(&mut self) {
        let Pace::Pipeline(wanted) = self.shared.plan.pace else { return };
        while self.lane.len() < wanted as usize && self.send(Instant::now()) {}
    }

    /// Sends what is due.
    fn send_due(&mut self) {
        let Pace::Every(interval) = self.shared.plan.pace else { return };
        let now = Instant::now();
        while self.due <= now && self.due < self.end {
            self.send(self.due);
            self.due += interval;
        }
    }

    fn next_due(&self, during: Phase) -> Option<Instant> {
        let sends = during == Phase::Send && matches!(self.shared.plan.pace, Pace::Every(_));
        (sends && self.due < self.end).then_some(self.due)
    }

    /// Whether a message was sent.
    fn send(&mut self, due: Instant) -> bool {
        let Some(number) = self.lane.depart(due, Instant::now()) else {
            self.shared.stats.count(|totals| totals.skipped += 1);
            return false;
        };
        let sent = self.client.try_send(self.shared.probes.message(number));
        if let Err(error) = &sent {
            self.lane.recall();
            self.refused(error);
        } else {
            self.shared.stats.sent();
        }
        sent.is_ok()
    }

    fn refused(&self, error: &SendError) {
        match error {
            // The end of the session is an event of its own.
            SendError::Closed | SendError::NotOpen => {}
            SendError::Full(_) => self.shared.stats.count(|totals| totals.skipped += 1),
            error => self.shared.stats.count(|totals| totals.note(&error.to_string())),
        }
    }

    fn reply_deadline(&self) -> Option<Instant> {
        self.lane.oldest().map(|sent| sent + self.shared.plan.reply_timeout)
    }

    fn give_up(&mut self) {
        let Some(since) = Instant::now().checked_sub(self.shared.plan.reply_timeout) else { return };
        let missing = self.lane.give_up(since);
        self.shared.stats.count(|totals| totals.missing += missing);
    }
}
