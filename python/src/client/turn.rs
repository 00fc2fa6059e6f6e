//! Whose turn it is to deliver a client's events.
//!
//! Events are delivered in order, by one thread at a time. A handler may wait for what only a later event brings (an
//! acknowledgement, say): when it has blocked for a while and events wait, a thread that stands by takes over. All
//! threads are Python's; they wait here without holding the interpreter. Where they are greenlets, which must not wait
//! here, they ask instead, and have a bell rung when to ask again.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engineio_proto::Instant;

use super::event::Event;
use super::runtime;
use super::signal::Signal;
use crate::clock;

/// How often a handler is seen at work until another thread goes on, and how long it takes from one look to the next.
///
/// Looks are counted, and not the time alone: a process that stood still, or waited for a processor, has not shown that its
/// handler blocks.
const LOOKS: u32 = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// The number of a thread's turn; none of them is zero.
pub(crate) type Ticket = u32;

/// Nobody's turn.
const NOBODY: Ticket = 0;

#[derive(Debug)]
pub(crate) struct Turn {
    /// The process of its threads. In a forked one its lock may be held by a thread that does not exist.
    generation: u32,
    inner: Mutex<Inner>,
    /// The holder of the turn waits for events.
    work: Condvar,
    /// Another thread waits for the turn.
    stand_by: Condvar,
    signal: Signal,
}

#[derive(Debug, Default)]
struct Inner {
    queue: VecDeque<Event>,
    /// The source has more than what is in the queue.
    ready: bool,
    /// How often it has said so since somebody waited for that.
    news: u32,
    over: bool,
    holder: Ticket,
    last_ticket: Ticket,
    /// The holder handles an event.
    busy: Option<Busy>,
    /// A thread stands by and does not look at the clock.
    parked: bool,
    /// Rung, once, when the source has something, or at the end.
    bells: Vec<Arc<Signal>>,
    /// Rung when whoever stands by has to look.
    stand_by_bell: Option<Arc<Signal>>,
}

/// A handler at work.
#[derive(Clone, Copy, Debug)]
struct Busy {
    /// How often it has been seen.
    looks: u32,
    /// When it began, or was last seen.
    seen: Instant,
}

/// What a thread that has the turn shall do.
#[derive(Debug)]
pub(crate) enum Next {
    Deliver(Event),
    /// Take what the source has, and ask again.
    Refill,
    /// It is no longer its turn.
    End,
}

/// What becomes of a greenlet that stands by.
#[derive(Debug)]
pub(crate) enum StandBy {
    /// The turn is its own.
    Turn(Ticket),
    /// It has to ask again once the bell was rung, or after so long.
    Wait(Option<Duration>),
    End,
}

impl Default for Turn {
    fn default() -> Self {
        Self {
            generation: runtime::generation(),
            inner: Mutex::default(),
            work: Condvar::new(),
            stand_by: Condvar::new(),
            signal: Signal::default(),
        }
    }
}

impl Turn {
    /// The turn of the first thread.
    pub(crate) fn begin(&self) -> Ticket {
        self.lock().take_turn()
    }

    /// Waits for something to do for the thread whose turn it is, and was done with what it did before.
    pub(crate) fn next(&self, ticket: Ticket) -> Next {
        if self.is_inherited() {
            return Next::End;
        }
        let mut inner = self.lock();
        loop {
            if let Some(next) = inner.next(ticket) {
                return next;
            }
            inner = self.work.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// As [`next`](Self::next), for a greenlet: None if there is nothing to do until the bell is rung.
    pub(crate) fn poll_next(&self, ticket: Ticket, bell: &Arc<Signal>) -> Option<Next> {
        if self.is_inherited() {
            return Some(Next::End);
        }
        let mut inner = self.lock();
        let next = inner.next(ticket);
        if next.is_none() {
            inner.listen(bell);
        }
        next
    }

    /// Has a bell rung, once, when the source has something.
    pub(crate) fn listen(&self, bell: &Arc<Signal>) {
        self.lock().listen(bell);
    }

    /// The thread has come to call the handler of what it was given. The wait for the interpreter before that is not
    /// the handler's, and does not count: otherwise a later handler could begin before it.
    pub(crate) fn begun(&self, ticket: Ticket) {
        let mut inner = self.lock();
        if inner.holder == ticket {
            inner.busy = Some(Busy::new());
            self.rouse(&inner);
        }
    }

    /// Waits until another thread's turn has become this one's. None at the end.
    ///
    /// After each look at a handler, `give_way` waits until others had a chance to run.
    pub(crate) fn stand_by(&self, give_way: impl Fn()) -> Option<Ticket> {
        if self.is_inherited() {
            return None;
        }
        let mut inner = self.lock();
        loop {
            if inner.over {
                return None;
            }
            match inner.patience() {
                Some(Duration::ZERO) => return Some(inner.take_turn()),
                Some(patience) => {
                    let waited = self.stand_by.wait_timeout(inner, patience);
                    drop(waited.unwrap_or_else(PoisonError::into_inner));
                    give_way();
                    inner = self.lock();
                    inner.look();
                }
                None => {
                    inner.parked = true;
                    inner = self.stand_by.wait(inner).unwrap_or_else(PoisonError::into_inner);
                    inner.parked = false;
                }
            }
        }
    }

    /// As [`stand_by`](Self::stand_by), for a greenlet.
    pub(crate) fn poll_stand_by(&self, bell: &Arc<Signal>) -> StandBy {
        if self.is_inherited() {
            return StandBy::End;
        }
        let mut inner = self.lock();
        inner.stand_by_bell = Some(Arc::clone(bell));
        inner.parked = false;
        inner.look();
        match inner.patience() {
            _ if inner.over => StandBy::End,
            Some(Duration::ZERO) => StandBy::Turn(inner.take_turn()),
            patience => {
                inner.parked = patience.is_none();
                StandBy::Wait(patience)
            }
        }
    }

    /// The thread is about to wait for something: others go on meanwhile.
    pub(crate) fn release(&self, ticket: Ticket) {
        if self.is_inherited() {
            return;
        }
        let mut inner = self.lock();
        if inner.holder == ticket {
            inner.holder = NOBODY;
            inner.busy = None;
            self.rouse(&inner);
        }
    }

    /// The thread waits for what no other handler brings, or goes on after that: nobody takes over meanwhile.
    pub(crate) fn hold(&self, ticket: Ticket, on: bool) {
        if self.is_inherited() {
            return;
        }
        let mut inner = self.lock();
        if inner.holder == ticket {
            inner.busy = (!on).then(Busy::new);
            self.rouse(&inner);
        }
    }

    /// Waits until the source says that it has something. False at the end.
    pub(crate) fn wait_news(&self) -> bool {
        let idle = |inner: &mut Inner| inner.news == 0 && !inner.over;
        let mut inner = self.work.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        inner.news = 0;
        !inner.over
    }

    /// The source has something.
    pub(crate) fn wake(&self) {
        let mut inner = self.lock();
        inner.ready = true;
        inner.news = inner.news.saturating_add(1);
        self.rouse(&inner);
        let bells = std::mem::take(&mut inner.bells);
        drop(inner);
        self.work.notify_one();
        self.signal.raise();
        for bell in bells {
            bell.raise();
        }
    }

    /// Adds what the source had.
    pub(crate) fn put(&self, events: impl IntoIterator<Item = Event>) {
        let mut inner = self.lock();
        inner.queue.extend(events);
        self.rouse(&inner);
    }

    /// The next event, if one was taken from the source already; else whether the source has some.
    pub(crate) fn pop(&self) -> (Option<Event>, bool) {
        let mut inner = self.lock();
        let event = inner.queue.pop_front();
        let ready = event.is_none() && std::mem::take(&mut inner.ready);
        (event, ready)
    }

    /// Ends every wait.
    pub(crate) fn stop(&self) {
        if self.is_inherited() {
            return;
        }
        let mut inner = self.lock();
        inner.over = true;
        let bells = std::mem::take(&mut inner.bells);
        let stand_by_bell = inner.stand_by_bell.take();
        drop(inner);
        self.work.notify_all();
        self.stand_by.notify_all();
        for bell in bells.iter().chain(&stand_by_bell) {
            bell.raise();
        }
    }

    pub(crate) const fn signal(&self) -> &Signal {
        &self.signal
    }

    fn is_inherited(&self) -> bool {
        self.generation != runtime::generation()
    }

    /// Wakes the thread that stands by, if it may have to watch the one whose turn it is.
    fn rouse(&self, inner: &Inner) {
        if inner.parked && inner.patience().is_some() {
            self.stand_by.notify_one();
            if let Some(bell) = &inner.stand_by_bell {
                bell.raise();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// What the thread whose turn it is shall do; None if it has to wait.
    fn next(&mut self, ticket: Ticket) -> Option<Next> {
        if self.over || self.holder != ticket {
            return Some(Next::End);
        }
        self.busy = None;
        match self.queue.pop_front() {
            Some(event) => Some(Next::Deliver(event)),
            None => std::mem::take(&mut self.ready).then_some(Next::Refill),
        }
    }

    fn listen(&mut self, bell: &Arc<Signal>) {
        if !self.bells.iter().any(|known| Arc::ptr_eq(known, bell)) {
            self.bells.push(Arc::clone(bell));
        }
    }

    fn take_turn(&mut self) -> Ticket {
        self.last_ticket = self.last_ticket.wrapping_add(1).max(1);
        self.holder = self.last_ticket;
        self.busy = None;
        self.holder
    }

    /// How long to wait before the turn is taken over; None while there is no reason to.
    fn patience(&self) -> Option<Duration> {
        let waiting = !self.queue.is_empty() || self.ready;
        match (waiting, self.holder, self.busy) {
            (true, NOBODY, _) => Some(Duration::ZERO),
            (true, _, Some(busy)) => Some(busy.patience()),
            _ => None,
        }
    }

    /// Looks whether a handler is at work.
    fn look(&mut self) {
        if let Some(busy) = &mut self.busy {
            busy.look();
        }
    }
}

impl Busy {
    fn new() -> Self {
        Self { looks: 0, seen: clock::now() }
    }

    fn look(&mut self) {
        let now = clock::now();
        if now.saturating_since(self.seen) >= BETWEEN_LOOKS {
            *self = Self { looks: self.looks + 1, seen: now };
        }
    }

    /// How long to wait before the handler is overtaken, or looked at again.
    fn patience(&self) -> Duration {
        if self.looks >= LOOKS {
            return Duration::ZERO;
        }
        BETWEEN_LOOKS.saturating_sub(clock::now().saturating_since(self.seen)).max(Duration::from_micros(1))
    }
}
