//! A client's task: one session after another, never two at once.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use engineio_proto::Transport;
use engineio_proto::client::{Cause, Event as SessionEvent, Failed, Next, Outcome, Session};

use super::connection::Connection;
use super::http::Http;
use super::mask::fraction;
use super::run::Run;
use crate::client::shared::Shared;
use crate::client::state::{Stage, State};
use crate::client::{ConnectError, Event};
use crate::driver::clock;

/// Runs a client until it is over.
pub(crate) async fn drive(shared: Arc<Shared>, http: Arc<Http>) {
    let end = End(Arc::clone(&shared));
    let leaving = loop {
        let leaving = Run::new(Arc::clone(&shared), Arc::clone(&http)).await;
        let transport = match next(&shared) {
            Next::Over => break leaving,
            Next::Try(transport) => Some(transport),
            Next::Wait { delay, .. } => {
                wait(&shared, delay).await;
                if shared.lock().quits() {
                    break leaving;
                }
                None
            }
        };
        begin(&shared, transport);
        tokio::spawn(leave(leaving));
    };
    drop(end);
    leave(leaving).await;
}

/// Closes connections that are of no more use.
async fn leave(mut connections: Vec<Connection>) {
    poll_fn(|cx| {
        connections.retain_mut(|connection| connection.poll_closed(cx).is_pending());
        if connections.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Marks the end, also when the runtime drops the task.
struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.session.abort();
        state.note_end(clock::now());
        state.stage = Stage::Over;
        state.wake_listener();
        state.wake_waiting();
    }
}

/// What follows the session that has just ended; the application is told.
fn next(shared: &Shared) -> Next {
    let mut state = shared.lock();
    let open = state.session.open_packet().is_some();
    let next = if open { lost(&mut state, shared) } else { failed(&mut state, shared) };
    if let Next::Wait { attempt, delay } = next {
        state.notify(Event::Reconnecting { attempt, delay });
    }
    next
}

fn lost(state: &mut State, shared: &Shared) -> Next {
    shared.connector.remember(state.session.transport() == Transport::WebSocket);
    match state.outcome() {
        Some(outcome) => state.course.ended(clock::now(), outcome, random()),
        None => Next::Over,
    }
}

fn failed(state: &mut State, shared: &Shared) -> Next {
    let error = take_error(state, shared);
    state.error = Some(error.clone());
    let attempt = state.course.number();
    let failed = Failed {
        falls_through: shared.connector.config().fall_through && error.falls_through(),
        permanent: error.is_permanent(),
        retry_after: error.retry_after(),
    };
    let next = state.course.ended(clock::now(), Outcome::Failed(failed), random());
    if !matches!(next, Next::Try(_)) {
        if !state.quits() {
            shared.connector.remember(false);
        }
        state.notify(Event::ConnectFailed { attempt, error });
    }
    next
}

/// Without randomness there is still the back-off.
fn random() -> f64 {
    fraction().unwrap_or_default()
}

/// Waits for the next attempt, and until what the last session said was taken; or until the client is closed.
async fn wait(shared: &Shared, delay: Duration) {
    let mut sleep = pin!(tokio::time::sleep(delay));
    poll_fn(|cx| {
        let elapsed = sleep.as_mut().poll(cx).is_ready();
        let mut state = shared.lock();
        if state.quits() || (elapsed && (state.unheard || !state.session.wants().events)) {
            return Poll::Ready(());
        }
        state.sleep(cx);
        Poll::Pending
    })
    .await;
}

/// Begins the next session: over this transport, or with a new attempt.
fn begin(shared: &Shared, transport: Option<Transport>) {
    let config = &shared.connector.config().session;
    let mut state = shared.lock();
    let transport = transport.unwrap_or_else(|| state.course.attempt(shared.connector.transports()));
    state.begin(Session::connect(config, transport, clock::now()));
    if state.quits() {
        state.session.abort();
    }
}

/// Why there was no session: its only event.
fn take_error(state: &mut State, shared: &Shared) -> ConnectError {
    let event = state.session.poll_event(clock::now());
    let cause = match event {
        Some(SessionEvent::Closed(end)) => end.cause,
        _ => Cause::Plain("the handshake failed"),
    };
    let url = Arc::clone(&shared.url);
    if state.quits() {
        return ConnectError::closed_early(url);
    }
    ConnectError::of_session(url, &cause, state.failure.take())
}
