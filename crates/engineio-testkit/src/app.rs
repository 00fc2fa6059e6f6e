//! What the application of one side sends, and what it sees.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use engineio_proto::{DisconnectReason, Instant, Load, Message, SendError, Transport};

use crate::endpoint::{Endpoint, Happening};
use crate::rng::Rng;
use crate::trace::Trace;

/// Events that an application takes at once, at most.
const LARGEST_TAKE: usize = 5;

/// How a session ended for its application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Why.
    pub reason: DisconnectReason,
    /// Messages that were accepted for sending and not known to have arrived.
    pub unconfirmed: u64,
    /// What happened, in words.
    pub detail: String,
}

/// The application of one side: sends messages that can be told apart, and checks those that it receives.
#[derive(Debug)]
pub struct App {
    name: &'static str,
    /// Messages that are still to be sent.
    to_send: u64,
    /// Messages that the session accepted.
    sent: Vec<Message>,
    /// The range of them that was written to a WebSocket.
    written: (u64, u64),
    /// Messages of the other side up to the last that came.
    seen: usize,
    delivered: u64,
    /// Handles nothing until then.
    busy_until: Instant,
    /// The message that it has in hand.
    in_hand: Load,
    /// What it took from its session and has not looked at.
    waiting: VecDeque<Happening>,
    upgraded: bool,
    end: Option<End>,
    pub(crate) habits: Habits,
}

/// How an application behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    /// The longest time that it takes over one message.
    pub pace: Duration,
    /// Whether it sends without asking for room.
    pub reckless: bool,
    /// Whether it takes a number of events at once.
    pub batches: bool,
    /// Whether messages to it may be dropped by the other side's overflow policy.
    pub lossy: bool,
}

impl App {
    pub(crate) fn new(name: &'static str, habits: Habits) -> Self {
        Self {
            name,
            to_send: 0,
            sent: Vec::new(),
            written: (u64::MAX, u64::MAX),
            seen: 0,
            delivered: 0,
            busy_until: Instant::EPOCH,
            in_hand: Load::default(),
            waiting: VecDeque::new(),
            upgraded: false,
            end: None,
            habits,
        }
    }

    /// Messages that its session accepted for sending.
    pub fn sent(&self) -> &[Message] {
        &self.sent
    }

    /// Messages that it received.
    pub const fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Whether it was told of an upgrade.
    pub const fn is_upgraded(&self) -> bool {
        self.upgraded
    }

    /// How its session ended, once it did.
    pub const fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Whether it wants to send more.
    pub const fn is_sending(&self) -> bool {
        self.to_send > 0
    }

    pub(crate) const fn send_more(&mut self, count: u64) {
        self.to_send += count;
    }

    pub(crate) fn be_busy(&mut self, until: Instant) {
        self.busy_until = self.busy_until.max(until);
    }

    pub(crate) fn wakes_at(&self, now: Instant) -> Option<Instant> {
        Some(self.busy_until).filter(|until| *until > now)
    }

    /// The message before mark `count` was written to a WebSocket.
    pub(crate) fn note_written(&mut self, count: u64) {
        self.written = (self.written.0.min(count - 1), count);
    }

    /// Messages that the other side has not seen although they were not written to a WebSocket.
    pub(crate) fn lost_off_websocket(&self, seen_by_peer: usize) -> u64 {
        let (first, upto) = self.written;
        (seen_by_peer as u64..self.sent.len() as u64).filter(|n| !(first..upto).contains(n)).count() as u64
    }

    pub(crate) const fn seen(&self) -> usize {
        self.seen
    }

    /// Sends what it wants to send, as far as there is room.
    pub(crate) fn send(&mut self, session: &mut impl Endpoint, now: Instant, rng: &mut Rng) {
        while self.to_send > 0 && session.is_open() && (session.has_room() || self.habits.reckless) {
            let number = self.sent.len();
            let message = compose(number, session.transport(), rng);
            let outcome = match session.send(now, message.clone()) {
                Err(SendError::TooLarge { .. }) => {
                    let small = Message::from(format!("{number}"));
                    session.send(now, small.clone()).map(|_| small)
                }
                other => other.map(|_| message),
            };
            self.to_send -= 1;
            self.sent.extend(outcome);
        }
    }

    /// Takes the events that wait, unless it is busy. `expected` is what the other side has sent.
    pub(crate) fn take_events(
        &mut self,
        session: &mut impl Endpoint,
        now: Instant,
        rng: &mut Rng,
        trace: &Trace,
        expected: &[Message],
    ) -> Result<bool, String> {
        let mut progress = false;
        while self.busy_until <= now {
            if self.in_hand.messages > 0 {
                session.handle_handled(now, std::mem::take(&mut self.in_hand));
                progress = true;
            }
            if self.waiting.is_empty() {
                self.take(session, now, rng);
            }
            let Some(event) = self.waiting.pop_front() else { break };
            progress = true;
            trace.note(now, || format!("{} app    {}", self.name, brief(&event)));
            self.see(event, expected)?;
            if self.in_hand.messages > 0 && self.habits.pace > Duration::ZERO && rng.one_in(4) {
                self.busy_until = now + rng.between(Duration::ZERO, self.habits.pace);
            }
        }
        Ok(progress)
    }

    /// Takes what is there: one event, or a number of them.
    fn take(&mut self, session: &mut impl Endpoint, now: Instant, rng: &mut Rng) {
        if self.habits.batches {
            self.waiting = session.poll_events(now, 1 + rng.index(LARGEST_TAKE));
        } else {
            self.waiting.extend(session.poll_event(now));
        }
    }

    fn see(&mut self, event: Happening, expected: &[Message]) -> Result<(), String> {
        if let Some(end) = &self.end {
            return Err(format!("{}: {event:?} after the end ({end:?})", self.name));
        }
        match event {
            Happening::Message(message) => return self.check(&message, expected),
            Happening::Upgraded if self.upgraded => {
                return Err(format!("{}: upgraded twice", self.name));
            }
            Happening::Upgraded => self.upgraded = true,
            Happening::Closed(reason, unconfirmed, detail) => {
                self.end = Some(End { reason, unconfirmed, detail });
            }
            Happening::Other(_) => {}
        }
        Ok(())
    }

    /// Each message comes once and in order; where the policy drops some, the others still are in order.
    fn check(&mut self, message: &Message, expected: &[Message]) -> Result<(), String> {
        let ahead = expected.get(self.seen..).unwrap_or_default();
        let skipped = ahead.iter().position(|sent| sent == message);
        match skipped {
            Some(skipped) if skipped == 0 || self.habits.lossy => {
                self.seen += skipped + 1;
                self.delivered += 1;
                self.in_hand = Load::from(message);
                Ok(())
            }
            _ => Err(format!("{}: {message:?} came instead of number {}", self.name, self.seen)),
        }
    }
}

/// A message that no other equals.
fn compose(number: usize, transport: Transport, rng: &mut Rng) -> Message {
    let filler = match rng.below(16) {
        0 => 400,
        1..4 => 60,
        _ => 0,
    };
    if rng.one_in(3) {
        let mut bytes = number.to_be_bytes().to_vec();
        bytes.resize(8 + filler, 0xff);
        Message::Binary(Bytes::from(bytes))
    } else if transport == Transport::WebSocket && rng.one_in(4) {
        Message::from(format!("{number}\u{1e}1"))
    } else {
        Message::from(format!("{number} {}", "é".repeat(filler / 2)))
    }
}

fn brief(event: &Happening) -> String {
    let mut text = match event {
        Happening::Message(Message::Text(text)) => text.to_string(),
        Happening::Other(text) => text.clone(),
        other => format!("{other:?}"),
    };
    text.truncate(text.char_indices().nth(70).map_or(text.len(), |(at, _)| at));
    text
}
