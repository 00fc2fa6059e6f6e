//! The lock of a client's state, which wakes those concerned once it is open again: woken before, a task on another
//! thread would at once wait for it.

use std::ops::{Deref, DerefMut};
use std::sync::MutexGuard;
use std::task::Waker;

use super::state::State;

/// A client's state, locked. What is dropped first comes first.
pub(crate) struct Guard<'a> {
    state: MutexGuard<'a, State>,
    /// Nobody, most often: that has to cost next to nothing.
    awake: Option<Awake>,
}

/// Those who are woken when the lock is open.
#[derive(Default)]
pub(crate) struct Awake {
    pub(crate) driver: Option<Waker>,
    pub(crate) listener: Option<Waker>,
    pub(crate) waiting: Vec<Waker>,
}

impl<'a> Guard<'a> {
    pub(crate) fn new(state: MutexGuard<'a, State>) -> Self {
        Self { state, awake: None }
    }
}

impl Deref for Guard<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Guard<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl Drop for Guard<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.state.awake.is_some() {
            self.awake = self.state.awake.take();
        }
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        let waiting = self.waiting.drain(..);
        self.driver.take().into_iter().chain(self.listener.take()).chain(waiting).for_each(Waker::wake);
    }
}
