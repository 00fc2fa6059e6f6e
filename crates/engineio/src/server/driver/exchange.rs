//! A request whose link is open.

use std::sync::Arc;

use engineio_proto::{Closed, LinkId};

use super::clock;
use super::shared::SharedSession;

/// A request under way: the session learns if it is dropped before its end.
pub(super) struct Exchange {
    pub(super) session: Arc<SharedSession>,
    pub(super) link: LinkId,
    done: bool,
}

impl Exchange {
    pub(super) const fn new(session: Arc<SharedSession>, link: LinkId) -> Self {
        Self { session, link, done: false }
    }

    /// The session knows how it ended.
    pub(super) const fn done(&mut self) {
        self.done = true;
    }

    /// Ends it in a way that the session has to know.
    pub(super) fn fail(mut self, how: Closed) {
        self.done = true;
        self.session.with(|session| session.handle_closed(clock::now(), self.link, how));
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.done {
            self.session.with(|session| session.handle_closed(clock::now(), self.link, Closed::Aborted));
        }
    }
}
