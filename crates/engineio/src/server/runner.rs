//! Delivers a session's events to the application's handlers.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use engineio_proto::server::{Event, Session};
use engineio_proto::{DisconnectReason, Instant, Message};

use super::Socket;
use super::driver::clock;
use super::driver::shared::SharedSession;
use super::handler::{BoxFuture, Handlers, Slot};

/// Events taken under one lock.
const BATCH: usize = 64;

/// Runs handlers until the session has no events. There is at most one runner of a session at a time, so that
/// connect, messages and disconnect come in order.
///
/// Whoever feeds a session polls the runner once; only if a handler is pending then it gets a task, which lives
/// until the session has no events.
pub(crate) struct Runner {
    session: Arc<SharedSession>,
    batch: VecDeque<Event>,
    /// Events handled since the session was last told.
    handled: usize,
    /// Message handlers that run: one at most, unless handlers may overlap.
    running: Vec<Pin<Box<dyn Slot>>>,
    /// A slot that can be used again.
    idle: Option<Pin<Box<dyn Slot>>>,
    /// The handler of any other event, which runs alone.
    alone: Option<BoxFuture>,
    /// What application code is being called for, in case it panics.
    calling: Calling,
}

/// Application code under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Calling {
    /// None, or a handler that has no slot yet.
    Start,
    /// The handler in this slot.
    Slot(usize),
    /// The handler that runs alone.
    Alone,
}

impl Runner {
    /// For a session whose `running` flag the caller has set.
    pub(crate) fn new(session: Arc<SharedSession>) -> Self {
        Self {
            session,
            batch: VecDeque::new(),
            handled: 0,
            running: Vec::new(),
            idle: None,
            alone: None,
            calling: Calling::Start,
        }
    }

    /// Takes events from a session whose lock the caller holds.
    pub(crate) fn take_events(&mut self, session: &mut Session, now: Instant) {
        take_events(session, now, &mut self.handled, &mut self.batch);
    }

    /// Runs handlers until the session has no events, and then gives the role of the runner back. A handler that
    /// panics ends its session, and nothing else.
    pub(crate) fn poll_events(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match catch_unwind(AssertUnwindSafe(|| self.poll_handlers(cx))) {
                Ok(polled) => return polled,
                Err(_) => self.panicked(),
            }
        }
    }

    fn poll_handlers(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        ready!(self.poll_alone(cx));
        self.poll_running(cx);
        let concurrency = self.session.server.config.handler_concurrency;
        while self.running.len() < concurrency {
            let Some(event) = self.next_event(cx) else {
                return if self.running.is_empty() { Poll::Ready(()) } else { Poll::Pending };
            };
            match event {
                Event::Message(message) => self.start(message, cx),
                event if self.running.is_empty() => {
                    self.start_alone(&event);
                    ready!(self.poll_alone(cx));
                }
                // All messages before it have to be handled first.
                event => {
                    self.batch.push_front(event);
                    return Poll::Pending;
                }
            }
        }
        Poll::Pending
    }

    fn next_event(&mut self, cx: &Context<'_>) -> Option<Event> {
        if self.batch.is_empty() {
            self.refill(cx);
        }
        self.batch.pop_front()
    }

    /// Takes more events. Without any, the next feeder starts a new runner, or wakes this one if it is busy.
    fn refill(&mut self, cx: &Context<'_>) {
        loop {
            let mut state = self.session.lock();
            take_events(&mut state.session, clock::now(), &mut self.handled, &mut self.batch);
            if self.batch.is_empty() {
                if self.running.is_empty() {
                    state.running = false;
                } else {
                    state.runner = Some(cx.waker().clone());
                }
            }
            // Settling can make an event itself, such as the end after an overflow: then this runner goes on.
            if !self.session.settle(&mut state) {
                return;
            }
        }
    }

    /// Calls the message handler. Most are done at once, and never leave their slot.
    fn start(&mut self, message: Message, cx: &mut Context<'_>) {
        let Some(handler) = &self.session.server.handlers.message else {
            self.handled += 1;
            return;
        };
        let socket = Socket::new(Arc::clone(&self.session));
        let mut slot = self.idle.take().unwrap_or_else(|| handler.slot());
        self.calling = Calling::Start;
        if slot.as_mut().start(socket, message, cx).is_ready() {
            self.handled += 1;
            self.idle = Some(slot);
        } else {
            self.running.push(slot);
        }
    }

    fn start_alone(&mut self, event: &Event) {
        self.calling = Calling::Start;
        let socket = Socket::new(Arc::clone(&self.session));
        self.alone = start_alone(&self.session.server.handlers, socket, event);
        if self.alone.is_none() {
            self.handled += 1;
        }
    }

    /// Polls the handler that runs alone. Without one, its event is handled.
    fn poll_alone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(future) = &mut self.alone {
            self.calling = Calling::Alone;
            ready!(future.as_mut().poll(cx));
            self.alone = None;
            self.handled += 1;
        }
        Poll::Ready(())
    }

    fn poll_running(&mut self, cx: &mut Context<'_>) {
        let mut index = 0;
        while let Some(slot) = self.running.get_mut(index) {
            self.calling = Calling::Slot(index);
            if slot.as_mut().poll(cx).is_pending() {
                index += 1;
            } else {
                self.handled += 1;
                self.idle = Some(self.running.swap_remove(index));
            }
        }
    }

    /// A handler panicked: its session ends, the others go on.
    fn panicked(&mut self) {
        match self.calling {
            Calling::Slot(index) if index < self.running.len() => drop(self.running.swap_remove(index)),
            Calling::Alone => self.alone = None,
            Calling::Start | Calling::Slot(_) => {}
        }
        self.handled += 1;
        tracing::error!(sid = %self.session.sid.redacted(), "a handler panicked; its session is closed");
        self.session.with(|session| session.close(clock::now(), DisconnectReason::HandlerPanicked));
    }
}

fn take_events(session: &mut Session, now: Instant, handled: &mut usize, batch: &mut VecDeque<Event>) {
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

impl Future for Runner {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_events(cx)
    }
}
