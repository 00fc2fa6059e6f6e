//! What an application sees of a session, whichever role it has.

use std::collections::VecDeque;
use std::time::Duration;

use engineio_proto::{
    DisconnectReason, Instant, Load, Mark, Message, Progress, SendError, Transport, client, server,
};

/// An event, without what only one role has.
#[derive(Clone, Debug)]
pub(crate) enum Happening {
    Message(Message),
    Upgraded,
    Closed(DisconnectReason, u64, String),
    Other(String),
}

impl From<server::Event> for Happening {
    fn from(event: server::Event) -> Self {
        match event {
            server::Event::Message(message) => Self::Message(message),
            server::Event::Upgraded => Self::Upgraded,
            server::Event::Closed(end) => Self::Closed(end.reason, end.unconfirmed, end.detail.to_owned()),
            other @ server::Event::Drained => Self::Other(format!("{other:?}")),
        }
    }
}

/// A session of either role.
pub(crate) trait Endpoint {
    fn send(&mut self, now: Instant, message: Message) -> Result<Mark, SendError>;
    fn poll_event(&mut self, now: Instant) -> Option<Happening>;
    /// Up to about `max` events at once; of a client, one.
    fn poll_events(&mut self, now: Instant, _max: usize) -> VecDeque<Happening> {
        self.poll_event(now).into_iter().collect()
    }
    fn handle_handled(&mut self, now: Instant, done: Load);
    fn handle_timeout(&mut self, now: Instant);
    fn poll_timeout(&self) -> Option<Instant>;
    fn is_open(&self) -> bool;
    fn has_room(&self) -> bool;
    fn transport(&self) -> Transport;
    fn progress(&self) -> Progress;
}

impl Endpoint for client::Session {
    fn send(&mut self, _now: Instant, message: Message) -> Result<Mark, SendError> {
        self.send(message)
    }

    fn poll_event(&mut self, now: Instant) -> Option<Happening> {
        Some(match self.poll_event(now)? {
            client::Event::Message(message) => Happening::Message(message),
            client::Event::Upgraded => Happening::Upgraded,
            client::Event::Closed(end) => {
                Happening::Closed(end.reason, end.unconfirmed, end.cause.to_string())
            }
            other => Happening::Other(format!("{other:?}")),
        })
    }

    fn handle_handled(&mut self, now: Instant, done: Load) {
        self.handle_handled(now, done);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.handle_timeout(now);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.poll_timeout()
    }

    fn is_open(&self) -> bool {
        self.is_open()
    }

    fn has_room(&self) -> bool {
        self.has_room()
    }

    fn transport(&self) -> Transport {
        self.transport()
    }

    fn progress(&self) -> Progress {
        self.progress()
    }
}

impl Endpoint for server::Session {
    fn send(&mut self, now: Instant, message: Message) -> Result<Mark, SendError> {
        let sent = self.send(message);
        if self.poll_timeout() == Some(Instant::EPOCH) {
            self.handle_timeout(now);
        }
        sent
    }

    fn poll_event(&mut self, now: Instant) -> Option<Happening> {
        self.poll_event(now).map(Happening::from)
    }

    fn poll_events(&mut self, now: Instant, max: usize) -> VecDeque<Happening> {
        let mut events = VecDeque::new();
        self.poll_events(now, max, &mut events);
        events.into_iter().map(Happening::from).collect()
    }

    fn handle_handled(&mut self, now: Instant, done: Load) {
        self.handle_handled(now, done);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.handle_timeout(now);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.poll_timeout()
    }

    fn is_open(&self) -> bool {
        self.is_open()
    }

    fn has_room(&self) -> bool {
        self.has_room()
    }

    fn transport(&self) -> Transport {
        self.transport()
    }

    fn progress(&self) -> Progress {
        self.progress()
    }
}

/// Applies the deadlines that have come, as late as the host is.
pub(crate) fn fire(session: &mut impl Endpoint, now: Instant, lag: Duration) {
    if session.poll_timeout().is_some_and(|due| due + lag <= now) {
        session.handle_timeout(now);
    }
}
