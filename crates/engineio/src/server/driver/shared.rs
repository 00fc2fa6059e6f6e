//! A session with its lock: what its connections, its handlers and the application share.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use engineio_proto::server::Session;
use engineio_proto::{Instant, LinkId, SendError, Sid, Transport};
use http::Extensions;

use super::clock;
use crate::server::runner::Runner;
use crate::server::shared::ServerShared;

/// A session of a server.
pub(crate) struct SharedSession {
    pub(crate) server: Arc<ServerShared>,
    pub(crate) sid: Sid,
    pub(crate) remote: Option<SocketAddr>,
    /// It is not, or will not be, in the registry any more.
    forgotten: AtomicBool,
    state: Mutex<State>,
    /// The application's data, made on first use.
    pub(crate) data: Mutex<Option<Box<Extensions>>>,
}

/// What the lock guards.
pub(crate) struct State {
    pub(crate) session: Session,
    websocket: Option<Waiter>,
    /// The waiting poll and POST.
    requests: [Option<(LinkId, Waker)>; 2],
    /// Senders and flushers who wait for progress.
    pub(crate) progress: Vec<Waker>,
    /// Whether a runner exists: it, and only it, delivers events.
    pub(crate) running: bool,
    /// The runner, where it could take more than it has.
    pub(crate) runner: Option<Waker>,
    /// The earliest entry in the server's timers.
    timer_at: Option<Instant>,
}

/// A WebSocket's task.
struct Waiter {
    link: LinkId,
    waker: Waker,
    wakes_for: WakesFor,
    /// It does not read because the application is behind.
    paused: bool,
}

/// What wakes a WebSocket's task, apart from its socket.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WakesFor {
    /// It is awake, and will look by itself.
    Nothing,
    /// Packets to write, or the end.
    Packets,
    /// The end only: the socket does not take what was written before.
    End,
    /// As `End`, where that has come: that the session does not wait for its last packets any more.
    GivingUp,
}

impl SharedSession {
    /// A session whose first events wait until [`release`](Self::release).
    pub(crate) fn new(server: Arc<ServerShared>, remote: Option<SocketAddr>, session: Session) -> Arc<Self> {
        let sid = session.sid().clone();
        let state = State {
            session,
            websocket: None,
            requests: [None, None],
            progress: Vec::new(),
            running: true,
            runner: None,
            timer_at: None,
        };
        let (forgotten, state, data) = (AtomicBool::new(false), Mutex::new(state), Mutex::new(None));
        Arc::new(Self { server, sid, remote, forgotten, state, data })
    }

    /// Takes the lock. Whoever changes the session calls [`settle`](Self::settle) before giving it back.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the session and then whatever follows from it.
    pub(crate) fn with<R>(self: &Arc<Self>, run: impl FnOnce(&mut Session) -> R) -> R {
        let mut state = self.lock();
        let result = run(&mut state.session);
        self.leave(state);
        result
    }

    /// Sends something. Nothing follows from that while nobody waits for it: so it is for the answers of a handler
    /// that runs within its connection's task, which will come to them.
    #[inline]
    pub(crate) fn send<T>(
        self: &Arc<Self>,
        send: impl FnOnce(&mut Session) -> Result<T, SendError>,
    ) -> Result<T, SendError> {
        let mut state = self.lock();
        let result = send(&mut state.session);
        if result.is_err() || state.somebody_waits() {
            self.leave(state);
        }
        result
    }

    /// As [`with`](Self::with), but a runner that has to start is polled here first: most handlers are done at
    /// once and need no task.
    pub(crate) fn with_inline<R>(
        self: &Arc<Self>,
        cx: &mut Context<'_>,
        run: impl FnOnce(&mut Session, Instant) -> R,
    ) -> R {
        let now = clock::now();
        let mut state = self.lock();
        let result = run(&mut state.session, now);
        self.leave_inline(state, cx, now);
        result
    }

    /// As [`leave`](Self::leave), but a runner that has to start takes its events under the lock that is held, and is
    /// polled here first.
    pub(crate) fn leave_inline(
        self: &Arc<Self>,
        mut state: MutexGuard<'_, State>,
        cx: &mut Context<'_>,
        now: Instant,
    ) {
        if !self.settle(&mut state) {
            return;
        }
        let mut runner = Runner::new(Arc::clone(self));
        runner.take_events(&mut state.session, now);
        drop(state);
        if runner.poll_events(cx).is_pending() {
            self.server.spawn(runner);
        }
    }

    /// Settles what was done under the lock and gives the lock back.
    pub(crate) fn leave(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        let start = self.settle(&mut state);
        drop(state);
        self.start_runner(start);
    }

    /// Starts a runner on a task of its own if [`settle`](Self::settle) said so.
    pub(crate) fn start_runner(self: &Arc<Self>, start: bool) {
        if start {
            self.server.spawn(Runner::new(Arc::clone(self)));
        }
    }

    /// Forgets a session that the application did not accept.
    pub(crate) fn reject(self: &Arc<Self>) {
        let mut state = self.lock();
        state.running = false;
        state.session.reject();
        self.leave(state);
    }

    /// Lets events flow: the connect handler is done.
    pub(crate) fn release(self: &Arc<Self>, cx: &mut Context<'_>) {
        self.lock().running = false;
        self.with_inline(cx, |_, _| ());
    }

    /// Wakes whoever has something to do, arms the timer, and forgets a session that is over. Returns whether a
    /// runner has to start, which is then the caller's to do.
    pub(crate) fn settle(self: &Arc<Self>, state: &mut State) -> bool {
        if state.session.poll_timeout() == Some(Instant::EPOCH) {
            state.session.handle_timeout(clock::now());
        }
        if state.somebody_waits() {
            state.wake_links();
        }
        let wants = state.session.wants();
        if !wants.finished {
            if state.session.transport() == Transport::Polling {
                self.arm(state);
            }
        } else if !wants.events && !state.running {
            // Not before its last handler is done, so that a shutdown waits for that.
            self.forget();
        }
        if !wants.events {
            return false;
        }
        if let Some(runner) = state.runner.take() {
            runner.wake();
        }
        !std::mem::replace(&mut state.running, true)
    }

    /// The server's timer task came to this session's entry.
    pub(crate) fn timer_fired(self: &Arc<Self>) {
        self.lock().timer_at = None;
        self.with(|session| {
            // A WebSocket's task keeps its own time, because it has to read before it judges.
            if session.transport() == Transport::Polling {
                session.handle_timeout(clock::now());
            }
        });
    }

    fn arm(&self, state: &mut State) {
        let Some(at) = state.session.poll_timeout() else { return };
        if state.timer_at.is_none_or(|armed| at < armed) {
            state.timer_at = Some(at);
            self.server.timers.push(at, self.sid.clone(), &self.server.weak);
        }
    }

    /// Takes it out of the registry.
    pub(crate) fn forget(&self) {
        if !self.forgotten.swap(true, Ordering::AcqRel) {
            self.server.registry.remove(self);
        }
    }

    /// Whether requests no longer find it.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.forgotten.load(Ordering::Acquire)
    }
}

impl State {
    /// Registers the task of a WebSocket that goes to sleep. The task of another one there has lost its link.
    pub(crate) fn sleep(&mut self, link: LinkId, cx: &Context<'_>, wakes_for: WakesFor) {
        let paused = self.session.is_reading_paused(link);
        if let Some(waiter) = &mut self.websocket
            && waiter.link == link
            && waiter.waker.will_wake(cx.waker())
        {
            (waiter.wakes_for, waiter.paused) = (wakes_for, paused);
            return;
        }
        let waiter = Waiter { link, waker: cx.waker().clone(), wakes_for, paused };
        if let Some(other) = self.websocket.replace(waiter)
            && other.link != link
        {
            other.waker.wake();
        }
    }

    /// The WebSocket's task is awake: what is sent meanwhile, above all by handlers that run within it, it will
    /// find by itself.
    pub(crate) fn awake(&mut self, link: LinkId) {
        if let Some(waiter) = &mut self.websocket
            && waiter.link == link
        {
            waiter.wakes_for = WakesFor::Nothing;
        }
    }

    /// The WebSocket's task has ended.
    pub(crate) fn gone(&mut self, link: LinkId) {
        if self.websocket.as_ref().is_some_and(|waiter| waiter.link == link) {
            self.websocket = None;
        }
    }

    /// Registers the request of a poll or POST, unless it has something to do already.
    pub(crate) fn wait(&mut self, link: LinkId, cx: &Context<'_>) -> Poll<()> {
        if self.session.link_wants(link) {
            return Poll::Ready(());
        }
        let mine =
            |slot: &&mut Option<(LinkId, Waker)>| slot.as_ref().is_none_or(|(other, _)| *other == link);
        if let Some(slot) = self.requests.iter_mut().find(mine) {
            *slot = Some((link, cx.waker().clone()));
            return Poll::Pending;
        }
        // A session has one poll and one POST at a time; whatever is in the way has ended.
        if let Some((_, stale)) = self.requests[0].replace((link, cx.waker().clone())) {
            stale.wake();
        }
        Poll::Pending
    }

    /// Everything that was taken for the WebSocket is written.
    pub(crate) fn confirm(&mut self, link: LinkId) {
        let taken = self.session.progress().taken;
        self.session.handle_sent(link, taken);
    }

    /// Whether somebody waits for what was sent to arrive, or for room.
    pub(crate) const fn is_awaited(&self) -> bool {
        !self.progress.is_empty()
    }

    fn somebody_waits(&self) -> bool {
        let asleep = |waiter: &Waiter| waiter.wakes_for != WakesFor::Nothing;
        self.websocket.as_ref().is_some_and(asleep)
            || self.requests.iter().any(Option::is_some)
            || self.is_awaited()
    }

    /// Wakes those of them who have something to do.
    pub(crate) fn wake_links(&mut self) {
        for slot in &mut self.requests {
            if let Some((link, _)) = slot
                && self.session.link_wants(*link)
                && let Some((_, waker)) = slot.take()
            {
                waker.wake();
            }
        }
        if let Some(waiter) = &self.websocket
            && self.wakes(waiter)
        {
            waiter.waker.wake_by_ref();
            self.awake(waiter.link);
        }
        if self.is_awaited() {
            self.progress.drain(..).for_each(Waker::wake);
        }
    }

    fn wakes(&self, waiter: &Waiter) -> bool {
        match waiter.wakes_for {
            WakesFor::Nothing => false,
            _ if waiter.paused && !self.session.is_reading_paused(waiter.link) => true,
            WakesFor::Packets => self.session.link_wants(waiter.link),
            WakesFor::End => !self.session.is_alive(),
            WakesFor::GivingUp => self.session.wants().finished,
        }
    }
}

impl fmt::Debug for SharedSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("sid", &self.sid).finish_non_exhaustive()
    }
}
