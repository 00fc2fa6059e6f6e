//! What a client's handles and its driver share.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use engineio_proto::client::{Course, Session};

use super::connector::Connector;
use super::guard::Guard;
use super::state::{Stage, State};
use crate::driver::clock;

pub(crate) struct Shared {
    pub(crate) connector: Connector,
    /// For errors.
    pub(crate) url: Arc<str>,
    state: Mutex<State>,
}

impl Shared {
    /// A client whose first attempt has begun.
    pub(crate) fn new(connector: Connector, url: Arc<str>) -> Arc<Self> {
        let config = connector.config();
        let now = clock::now();
        let mut course = Course::new(config.reconnect.clone(), now);
        let first = course.attempt(connector.transports());
        let session = Session::connect(&config.session, first, now);
        let state = State::new(session, course);
        Arc::new(Self { connector, url, state: Mutex::new(state) })
    }

    pub(crate) fn lock(&self) -> Guard<'_> {
        Guard::new(self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Closes the client: what is queued leaves first, and no session follows.
    pub(crate) fn close(&self) {
        self.quit(|session| session.close(clock::now()));
    }

    /// Closes the client at once.
    pub(crate) fn abort(&self) {
        self.quit(Session::abort);
    }

    fn quit(&self, end: impl FnOnce(&mut Session)) {
        let mut state = self.lock();
        state.course.stop();
        if state.stage == Stage::Session {
            end(&mut state.session);
        }
        state.wake_driver();
        state.wake_waiting();
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What the handles of a client have in common: when the last one goes, the client is closed.
#[derive(Debug)]
pub(crate) struct Owner(pub(crate) Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.close();
    }
}
