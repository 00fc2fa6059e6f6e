//! Delivers a session's events to the application's handlers.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use engineio_proto::DisconnectReason;
use engineio_proto::server::Event;

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
    /// Messages handled since the session was last told.
    handled: usize,
    /// Message handlers that run: one at most, unless handlers may overlap.
    running: Vec<Pin<Box<dyn Slot>>>,
    /// A slot that can be used again.
    idle: Option<Pin<Box<dyn Slot>>>,
    /// The handler of any other event, which runs alone.
    alone: Option<BoxFuture>,
}

impl Runner {
    /// For a session whose `running` flag the caller has set.
    pub(crate) fn new(session: Arc<SharedSession>) -> Self {
        Self { session, batch: VecDeque::new(), handled: 0, running: Vec::new(), idle: None, alone: None }
    }

    /// Runs handlers until the session has no events, and then gives the role of the runner back.
    pub(crate) fn poll_events(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.poll_alone(cx));
            self.poll_running(cx);
            if self.running.len() >= self.session.server.config.handler_concurrency {
                return Poll::Pending;
            }
            if self.batch.is_empty() && !self.refill(cx) {
                return if self.running.is_empty() { Poll::Ready(()) } else { Poll::Pending };
            }
            match self.batch.front() {
                Some(Event::Message(_)) => {}
                _ if self.running.is_empty() => {}
                _ => return Poll::Pending,
            }
            if let Some(event) = self.batch.pop_front() {
                self.start(event);
            }
        }
    }

    /// Takes more events. Without any, the next feeder starts a new runner, or wakes this one if it is busy.
    fn refill(&mut self, cx: &Context<'_>) -> bool {
        let mut state = self.session.lock();
        let now = clock::now();
        state.session.handle_handled(now, std::mem::take(&mut self.handled));
        while self.batch.len() < BATCH
            && let Some(event) = state.session.poll_event(now)
        {
            self.batch.push_back(event);
        }
        if self.batch.is_empty() {
            if self.running.is_empty() {
                state.running = false;
            } else {
                state.runner = Some(cx.waker().clone());
            }
        }
        let started = self.session.settle(&mut state);
        if started && self.batch.is_empty() {
            // Settling itself made an event, such as the end after an overflow: this runner goes on.
            drop(state);
            return self.refill(cx);
        }
        !self.batch.is_empty()
    }

    fn start(&mut self, event: Event) {
        let Self { session, idle, running, handled, alone, .. } = self;
        let handlers = &session.server.handlers;
        let socket = Socket::new(Arc::clone(session));
        let started = catch_unwind(AssertUnwindSafe(|| match (event, &handlers.message) {
            (Event::Message(message), Some(handler)) => {
                let mut slot = idle.take().unwrap_or_else(|| handler.slot());
                slot.as_mut().start(socket, message);
                running.push(slot);
            }
            (Event::Message(_), None) => *handled += 1,
            (event, _) => *alone = start_alone(handlers, socket, &event),
        }));
        if started.is_err() {
            self.handled += 1;
            self.panicked();
        }
    }

    fn poll_alone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(future) = &mut self.alone else { return Poll::Ready(()) };
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        if matches!(polled, Ok(Poll::Pending)) {
            return Poll::Pending;
        }
        self.alone = None;
        if polled.is_err() {
            self.panicked();
        }
        Poll::Ready(())
    }

    fn poll_running(&mut self, cx: &mut Context<'_>) {
        let mut index = 0;
        while let Some(slot) = self.running.get_mut(index) {
            match catch_unwind(AssertUnwindSafe(|| slot.as_mut().poll(cx))) {
                Ok(Poll::Pending) => index += 1,
                Ok(Poll::Ready(())) => {
                    self.handled += 1;
                    self.idle = Some(self.running.swap_remove(index));
                }
                Err(_) => {
                    self.handled += 1;
                    drop(self.running.swap_remove(index));
                    self.panicked();
                }
            }
        }
    }

    /// A handler panicked: its session ends, the others go on.
    fn panicked(&self) {
        tracing::error!(sid = %self.session.sid.redacted(), "a handler panicked; its session is closed");
        self.session.with(|session| session.close(clock::now(), DisconnectReason::HandlerPanicked));
    }
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
