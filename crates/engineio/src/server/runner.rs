//! Delivers a session's events to the application's handlers.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use engineio_proto::server::{Event, Session};
use engineio_proto::{DisconnectReason, Instant, Load};

use super::Socket;
use super::driver::shared::SharedSession;
use super::driver::turn::{self, Turn};
use super::driver::{clock, scratch};
use super::handler::{BoxFuture, Handlers, Messages, Slot};

/// Events taken under one lock.
const BATCH: usize = 64;

/// Runs handlers until the session has no events. There is at most one runner of a session at a time, so that
/// connect, messages and disconnect come in order.
///
/// Whoever feeds a session polls the runner once; only if a handler is pending then it gets a task, which lives
/// until the session has no events.
pub(crate) struct Runner {
    socket: Socket,
    batch: VecDeque<Event>,
    /// Messages handled since the session was last told.
    handled: Load,
    /// Message handlers that run, and what they handle: one at most, unless handlers may overlap.
    running: Vec<(Pin<Box<dyn Slot>>, Load)>,
    /// A slot that can be used again.
    idle: Option<Pin<Box<dyn Slot>>>,
    /// The handler of any other event, which runs alone.
    alone: Option<BoxFuture>,
    /// What application code is being called for, in case it panics.
    calling: Calling,
    /// The time at which the runner was fed, good for as long as it is polled in place.
    fed_at: Option<Instant>,
}

/// Application code under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Calling {
    /// A message handler that is polled for the first time.
    Start,
    /// The handler in this slot.
    Slot(usize),
    /// The handler that runs alone, or is about to.
    Alone,
}

impl Runner {
    /// For a session whose `running` flag the caller has set.
    pub(crate) fn new(session: Arc<SharedSession>) -> Self {
        Self {
            socket: Socket::new(session),
            batch: scratch::take_events(),
            handled: Load::default(),
            running: Vec::new(),
            idle: None,
            alone: None,
            calling: Calling::Start,
            fed_at: None,
        }
    }

    /// Takes events from a session whose lock the caller holds.
    pub(crate) fn take_events(&mut self, session: &mut Session, now: Instant) {
        self.fed_at = Some(now);
        take_events(session, now, &mut self.handled, &mut self.batch);
    }

    /// Runs handlers until the session has no events, and then gives the role of the runner back. A handler that
    /// panics ends its session, and nothing else.
    pub(crate) fn poll_events(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let span = tracing::debug_span!("session", sid = %self.socket.sid().redacted());
        let _entered = span.enter();
        let polled = loop {
            match catch_unwind(AssertUnwindSafe(|| self.poll_handlers(cx))) {
                Ok(polled) => break polled,
                Err(_) => self.panicked(),
            }
        };
        self.fed_at = None;
        polled
    }

    fn poll_handlers(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        ready!(self.poll_alone(cx));
        self.poll_running(cx);
        let concurrency = self.socket.server_shared().config.handler_concurrency;
        while self.running.len() < concurrency {
            if self.batch.is_empty() {
                self.refill(cx);
            }
            if turn::left() == 0 && !self.batch.is_empty() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            match self.batch.front() {
                Some(Event::Message(_)) => self.handle_messages(cx),
                Some(_) if self.running.is_empty() => {
                    self.start_alone();
                    ready!(self.poll_alone(cx));
                }
                None if self.running.is_empty() => return Poll::Ready(()),
                // All messages before another event have to be handled first.
                Some(_) | None => return Poll::Pending,
            }
        }
        Poll::Pending
    }

    /// Takes more events. Without any, the next feeder starts a new runner, or wakes this one if it is busy.
    fn refill(&mut self, cx: &Context<'_>) {
        loop {
            let mut state = self.socket.shared().lock();
            let now = self.fed_at.unwrap_or_else(clock::now);
            take_events(&mut state.session, now, &mut self.handled, &mut self.batch);
            if self.batch.is_empty() {
                if self.running.is_empty() {
                    state.running = false;
                } else {
                    state.runner = Some(cx.waker().clone());
                }
            }
            // Settling can make an event itself, such as the end after an overflow: then this runner goes on.
            if !self.socket.shared().settle(&mut state) {
                return;
            }
        }
    }

    /// Calls the message handler, until it is not done at once.
    fn handle_messages(&mut self, cx: &mut Context<'_>) {
        self.calling = Calling::Start;
        let Self { socket, batch: events, handled, idle, .. } = self;
        let mut messages =
            Messages { socket, events, handled, idle, pending: Load::default(), left: turn::left() };
        match &socket.server_shared().handlers.message {
            Some(handler) => {
                let slot = handler.handle(&mut messages, cx);
                self.running.extend(slot.map(|slot| (slot, messages.pending)));
            }
            None => messages.skip(),
        }
        turn::leave(messages.left);
    }

    fn start_alone(&mut self) {
        self.calling = Calling::Alone;
        if let Some(event) = self.batch.pop_front() {
            self.alone = start_alone(&self.socket.server_shared().handlers, self.socket.clone(), &event);
        }
    }

    /// Polls the handler that runs alone, if there is one.
    fn poll_alone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(future) = &mut self.alone {
            self.calling = Calling::Alone;
            ready!(future.as_mut().poll(cx));
            self.alone = None;
        }
        Poll::Ready(())
    }

    fn poll_running(&mut self, cx: &mut Context<'_>) {
        let mut index = 0;
        while let Some((slot, load)) = self.running.get_mut(index) {
            self.calling = Calling::Slot(index);
            if slot.as_mut().poll(cx).is_pending() {
                index += 1;
            } else {
                self.handled += *load;
                self.idle = Some(self.running.swap_remove(index).0);
            }
        }
    }

    /// A handler panicked: its session ends, the others go on.
    fn panicked(&mut self) {
        match self.calling {
            Calling::Slot(index) if index < self.running.len() => {
                self.handled += self.running.swap_remove(index).1;
            }
            Calling::Alone => self.alone = None,
            // How large its message was does not matter any more: nothing else of the session is read.
            Calling::Start | Calling::Slot(_) => self.handled += Load { messages: 1, bytes: 0 },
        }
        tracing::error!(sid = %self.socket.sid().redacted(), "a handler panicked; its session is closed");
        self.socket.shared().with(|session| session.close(clock::now(), DisconnectReason::HandlerPanicked));
    }
}

fn take_events(session: &mut Session, now: Instant, handled: &mut Load, batch: &mut VecDeque<Event>) {
    session.handle_handled(now, std::mem::take(handled));
    session.poll_events(now, BATCH, batch);
}

fn start_alone(handlers: &Handlers, socket: Socket, event: &Event) -> Option<BoxFuture> {
    match event {
        Event::Message(_) => None,
        Event::Upgraded => {
            tracing::debug!(sid = %socket.sid().redacted(), "session upgraded to websocket");
            handlers.upgrade.as_ref().map(|handler| handler(socket, ()))
        }
        Event::Drained => handlers.drain.as_ref().map(|handler| handler(socket, ())),
        Event::Closed(end) => {
            tracing::debug!(
                sid = %socket.sid().redacted(), reason = %end.reason, detail = end.detail,
                unconfirmed = end.unconfirmed, "session closed"
            );
            handlers.disconnect.as_ref().map(|handler| handler(socket, *end))
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        scratch::give_events(std::mem::take(&mut self.batch));
    }
}

impl Future for Runner {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let _turn = Turn::begin();
        self.poll_events(cx)
    }
}
