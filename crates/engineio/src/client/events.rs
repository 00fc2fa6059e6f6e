//! The stream of what happens.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use engineio_proto::{Instant, Load, Message};
use futures_core::Stream;
use futures_core::stream::FusedStream;

use super::Event;
use super::shared::Owner;
use super::state::{Stage, State};
use crate::driver::clock;

/// Events taken under one lock at most; a payload may hold thousands, which are decoded as they are taken.
const BATCH: usize = 256;

/// What happens to a client, in order; see [`Event`].
///
/// A [`Stream`], and a method for those who do without: [`next`](Self::next). It ends when the client is over.
///
/// Bounded: at [`max_inbound`](super::ClientBuilder::max_inbound) messages that were not taken, or taken and not yet
/// followed by a call for more, the client stops reading. Dropped, messages are received and forgotten.
///
/// ```no_run
/// use engineio::Client;
/// use engineio::client::Event;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let (client, mut events) = Client::connect("http://localhost:3000").await?;
/// while let Some(event) = events.next().await {
///     if let Event::Message(message) = event {
///         client.send(message).await?;
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct Events {
    owner: Arc<Owner>,
    /// Taken from the session under one lock.
    batch: VecDeque<Event>,
    /// The messages that were in the batch, which the session does not know to be handled.
    in_hand: Load,
    over: bool,
}

impl Events {
    pub(crate) fn new(owner: Arc<Owner>) -> Self {
        Self { owner, batch: VecDeque::new(), in_hand: Load::default(), over: false }
    }

    /// The next event; `None` when the client is over.
    ///
    /// # Cancel safety
    ///
    /// No event is lost when the future is dropped.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator's `next` is another one: this one is awaited"
    )]
    pub fn next(&mut self) -> Next<'_> {
        Next { events: self }
    }

    /// The next message; other events are skipped. `None` when the client is over.
    ///
    /// # Cancel safety
    ///
    /// No message is lost when the future is dropped.
    pub async fn next_message(&mut self) -> Option<Message> {
        loop {
            if let Event::Message(message) = self.next().await? {
                return Some(message);
            }
        }
    }

    /// The next event, if there is one already.
    pub fn try_next(&mut self) -> Option<Event> {
        self.batch.pop_front().or_else(|| {
            self.refill(None);
            self.batch.pop_front()
        })
    }

    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        if let Some(event) = self.batch.pop_front() {
            return Poll::Ready(Some(event));
        }
        self.refill(Some(cx));
        match self.batch.pop_front() {
            Some(event) => Poll::Ready(Some(event)),
            None if self.over => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    /// Takes what there is, under one lock.
    fn refill(&mut self, cx: Option<&mut Context<'_>>) {
        let now = clock::now();
        let mut state = self.owner.0.lock();
        let paused = state.session.wants().reading_paused;
        settle(&mut state, now, std::mem::take(&mut self.in_hand));
        while self.batch.len() < BATCH
            && let Some(event) = state.poll_event(now)
        {
            self.in_hand += event.load();
            self.batch.push_back(event);
        }
        let wants = state.session.wants();
        // What is no message ends a pause when it is taken.
        if wants.links || (paused && !wants.reading_paused) {
            state.wake_driver();
        }
        if self.batch.is_empty() {
            self.over = state.stage == Stage::Over;
            if let Some(cx) = cx {
                state.listen(cx);
            }
        } else if wants.finished {
            // The next session waits until the events of this one were taken.
            state.wake_driver();
        }
    }
}

/// The application is done with some messages.
fn settle(state: &mut State, now: Instant, done: Load) {
    if done.messages > 0 {
        state.session.handle_handled(now, done);
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.poll_event(cx)
    }
}

impl FusedStream for Events {
    fn is_terminated(&self) -> bool {
        self.over && self.batch.is_empty()
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let mut state = self.owner.0.lock();
        settle(&mut state, clock::now(), self.in_hand);
        state.unhear();
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("over", &self.over).finish_non_exhaustive()
    }
}

/// The future of [`Events::next`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Next<'a> {
    events: &'a mut Events,
}

impl Future for Next<'_> {
    type Output = Option<Event>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.events.poll_event(cx)
    }
}
