//! A client's task: one session after another, never two at once.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use engineio_proto::client::{Cause, Event as SessionEvent, Session};
use engineio_proto::{Instant, Transport};

use super::connection::Connection;
use super::http::Http;
use super::mask::fraction;
use super::run::Run;
use crate::client::backoff::Backoff;
use crate::client::connect_error::Phase;
use crate::client::failure::Failure;
use crate::client::shared::Shared;
use crate::client::state::{Stage, State};
use crate::client::{ConnectError, Event};
use crate::driver::clock;

/// Runs a client until it is over.
pub(crate) async fn drive(shared: Arc<Shared>, http: Arc<Http>) {
    let end = End(Arc::clone(&shared));
    let config = Arc::clone(&http.config);
    let policy = config.reconnect.clone().unwrap_or_default();
    let mut course = Course::new(&shared, Backoff::new(&policy), config.reconnect.is_some());
    let leaving = loop {
        let leaving = Run::new(Arc::clone(&shared), Arc::clone(&http)).await;
        match course.next() {
            Next::Over => break leaving,
            Next::At(delay) => {
                course.wait(delay).await;
                if shared.lock().quits {
                    break leaving;
                }
            }
            Next::Now => {}
        }
        course.begin();
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
        state.stage = Stage::Over;
        state.wake_listener();
        state.wake_waiting();
    }
}

/// What follows a session.
enum Next {
    /// Another transport, at once.
    Now,
    /// Another attempt, later.
    At(Duration),
    Over,
}

/// What leads from one session to the next.
struct Course<'a> {
    shared: &'a Shared,
    backoff: Backoff<'a>,
    policy_given: bool,
    /// When the last session was lost, or the client began.
    since: Instant,
    /// Those that are left of this attempt.
    transports: Vec<Transport>,
}

impl<'a> Course<'a> {
    fn new(shared: &'a Shared, backoff: Backoff<'a>, policy_given: bool) -> Self {
        let mut course = Self { shared, backoff, policy_given, since: clock::now(), transports: Vec::new() };
        course.renew();
        course.transports.pop();
        course
    }

    /// All transports may be tried again. They are kept in reverse order.
    fn renew(&mut self) {
        self.transports = self.shared.connector.transports();
        self.transports.reverse();
    }

    /// What follows the session that has just ended.
    fn next(&mut self) -> Next {
        let mut state = self.shared.lock();
        let asked = if state.session.open_packet().is_some() {
            self.shared.connector.remember(state.session.transport() == Transport::WebSocket);
            self.since = clock::now();
            self.backoff.reset();
            if !state.ended.as_ref().is_some_and(|end| end.reconnects) {
                return Next::Over;
            }
            None
        } else {
            let error = take_error(&mut state, self.shared);
            state.error = Some(error.clone());
            if !state.quits && !self.transports.is_empty() && self.falls_through(&error) {
                return Next::Now;
            }
            self.shared.connector.remember(false);
            let asked = error.retry_after();
            let stays = self.tries_again(&state, &error);
            state.notify(Event::ConnectFailed { attempt: self.backoff.attempt(), error });
            if !stays {
                return Next::Over;
            }
            asked
        };
        self.schedule(&mut state, asked)
    }

    fn falls_through(&self, error: &ConnectError) -> bool {
        let reached = !matches!(error.phase(), Phase::Connect | Phase::Proxy | Phase::Tls | Phase::Closed);
        let refused =
            error.status().is_some_and(|status| matches!(status.as_u16(), 300..=399 | 401 | 403 | 407));
        self.shared.connector.config().fall_through && reached && !refused
    }

    fn tries_again(&self, state: &State, error: &ConnectError) -> bool {
        let config = self.shared.connector.config();
        let first = config.reconnect.as_ref().is_some_and(|policy| policy.first_connect);
        self.policy_given && !state.quits && !error.is_permanent() && (state.was_open || first)
    }

    fn schedule(&mut self, state: &mut State, asked: Option<Duration>) -> Next {
        let elapsed = clock::now().saturating_since(self.since);
        // Without randomness there is still the back-off.
        let random = fraction().unwrap_or_default();
        let Some(delay) = self.backoff.next(elapsed, random, asked) else { return Next::Over };
        state.notify(Event::Reconnecting { attempt: self.backoff.attempt(), delay });
        self.renew();
        Next::At(delay)
    }

    /// Waits for the next attempt, and until what the last session said was taken; or until the client is closed.
    async fn wait(&self, delay: Duration) {
        let mut sleep = pin!(tokio::time::sleep(delay));
        poll_fn(|cx| {
            let elapsed = sleep.as_mut().poll(cx).is_ready();
            let mut state = self.shared.lock();
            if state.quits || (elapsed && (state.unheard || !state.session.wants().events)) {
                return Poll::Ready(());
            }
            state.sleep(cx);
            Poll::Pending
        })
        .await;
    }

    /// Begins the next session.
    fn begin(&mut self) {
        let transport = self.transports.pop().unwrap_or(Transport::Polling);
        let config = &self.shared.connector.config().session;
        let mut state = self.shared.lock();
        state.begin(Session::connect(config, transport, clock::now()));
        if state.quits {
            state.session.abort();
        }
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
    if state.quits {
        let words = "the client was closed before the server answered";
        return ConnectError::new(url, Failure::new(Phase::Closed, words));
    }
    ConnectError::of_session(url, &cause, state.failure.take())
}
