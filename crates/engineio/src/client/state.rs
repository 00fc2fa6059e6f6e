//! What a client's lock guards.

use std::collections::VecDeque;
use std::fmt;
use std::task::{Context, Waker};
use std::time::Duration;

use engineio_proto::client::{Course, Outcome, Session};
use engineio_proto::{Instant, Mark, SendError, Sid, client};

use super::failure::{Failure, in_full};
use super::guard::Awake;
use super::{ConnectError, Disconnect, Event};

/// Notices that wait for an application which does not listen; older ones give way.
const MAX_NOTICES: usize = 64;

/// Where a client stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientState {
    /// The server has not answered the first handshake.
    Connecting,
    /// A session is open.
    Open,
    /// The session is ending: what is queued still leaves.
    Closing,
    /// The session was lost; the client waits for the next attempt, or makes it.
    Reconnecting,
    /// Over for good.
    Closed,
}

impl ClientState {
    /// A short text, as in `open`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Open => "open",
            Self::Closing => "closing",
            Self::Reconnecting => "reconnecting",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for ClientState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where the driver stands between sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// A session is under way, or its handshake.
    Session,
    /// The session has ended; whether another one follows is not decided, or it waits for its time.
    Between,
    /// No session follows.
    Over,
}

/// What somebody waits for who flushes: that so much of a session was taken over.
#[derive(Clone, Debug)]
pub(crate) struct Flush {
    sid: Option<Sid>,
    upto: Mark,
}

pub(crate) struct State {
    pub(crate) session: Session,
    pub(crate) stage: Stage,
    /// What the driver has to say between two sessions.
    notices: VecDeque<Event>,
    /// The driver, asleep.
    driver: Option<Waker>,
    /// The application, waiting for an event.
    listener: Option<Waker>,
    /// Whoever waits for progress: senders, flushers, those who wait for the beginning or the end.
    waiting: Vec<Waker>,
    /// Those of them who are woken when the lock is open again.
    pub(crate) awake: Option<Awake>,
    /// Nobody listens any more.
    pub(crate) unheard: bool,
    /// Whether there was ever a session.
    pub(crate) was_open: bool,
    /// When this session opened.
    opened: Option<Instant>,
    /// Why the link was lost with which the session ended.
    pub(crate) failure: Option<Failure>,
    /// Why the WebSocket was lost to which the session should have moved.
    upgrade_failure: Option<Failure>,
    /// Why the last attempt to connect failed.
    pub(crate) error: Option<ConnectError>,
    /// What follows this session.
    pub(crate) course: Course,
    /// How this session ended, if it was open.
    ended: Option<Disconnect>,
    /// For how long it was open then.
    lasted: Duration,
    /// How the one before did.
    ended_before: Option<Disconnect>,
    pub(crate) round_trip: Option<Duration>,
    pub(crate) protocol: Option<String>,
}

impl State {
    pub(crate) fn new(session: Session, course: Course) -> Self {
        Self {
            session,
            stage: Stage::Session,
            notices: VecDeque::new(),
            driver: None,
            listener: None,
            waiting: Vec::new(),
            awake: None,
            unheard: false,
            was_open: false,
            opened: None,
            failure: None,
            upgrade_failure: None,
            error: None,
            course,
            ended: None,
            lasted: Duration::ZERO,
            ended_before: None,
            round_trip: None,
            protocol: None,
        }
    }

    pub(crate) fn client_state(&self) -> ClientState {
        match self.stage {
            Stage::Over => ClientState::Closed,
            Stage::Between if self.quits() => ClientState::Closing,
            Stage::Between => ClientState::Reconnecting,
            Stage::Session if self.session.is_open() => ClientState::Open,
            Stage::Session if self.session.open_packet().is_some() => ClientState::Closing,
            Stage::Session if self.was_open => ClientState::Reconnecting,
            Stage::Session => ClientState::Connecting,
        }
    }

    /// A link was lost, and the session knows. One that goes on has lost its upgrade.
    pub(crate) fn note_failure(&mut self, failure: Failure) {
        let noted = if self.session.is_open() { &mut self.upgrade_failure } else { &mut self.failure };
        *noted = Some(failure);
    }

    /// Whether the application has closed the client: no session follows.
    pub(crate) const fn quits(&self) -> bool {
        self.course.is_stopped()
    }

    /// Whether a message finds room, once that is known.
    pub(crate) fn room(&mut self) -> Option<Result<(), SendError>> {
        match self.session.is_open() {
            true if self.session.has_room() => Some(Ok(())),
            true => None,
            false => Some(Err(SendError::Closed)),
        }
    }

    /// Whether everything was taken over that was sent by the time of the first call, once that is known.
    pub(crate) fn flushed(&self, wanted: &mut Option<Flush>) -> Option<Result<(), SendError>> {
        let Flush { sid, upto } = wanted.get_or_insert_with(|| Flush {
            sid: self.session.sid().cloned(),
            upto: self.session.progress().accepted,
        });
        let is_same = self.session.sid() == sid.as_ref();
        if is_same && self.session.progress().confirmed >= *upto {
            return Some(Ok(()));
        }
        let lives = self.stage == Stage::Session && is_same && !self.session.wants().finished;
        (!lives).then_some(Err(SendError::Closed))
    }

    /// Notes when the session has opened, if it has.
    pub(crate) fn note_open(&mut self, now: Instant) {
        if self.opened.is_none() && self.session.open_packet().is_some() {
            self.opened = Some(now);
            self.was_open = true;
        }
    }

    /// Begins with another session; the events of the one before were taken.
    pub(crate) fn begin(&mut self, session: Session) {
        self.session = session;
        self.stage = Stage::Session;
        self.opened = None;
        self.failure = None;
        self.upgrade_failure = None;
        self.ended_before = self.ended.take().or(self.ended_before.take());
    }

    /// Notes how the session has ended, unless the application was told already. An attempt that came to nothing is
    /// no session, and its end no session's.
    pub(crate) fn note_end(&mut self, now: Instant) {
        if let Some(end) = self.session.ended().cloned()
            && self.session.open_packet().is_some()
        {
            self.judge_end(now, &end);
        }
    }

    fn judge_end(&mut self, now: Instant, end: &client::Disconnect) -> Disconnect {
        if let Some(ended) = &self.ended {
            return ended.clone();
        }
        self.lasted = self.opened.map_or(Duration::ZERO, |opened| now.saturating_since(opened));
        let follows = self.course.follows(end.reason, self.lasted);
        self.ended.insert(Disconnect::new(end, self.failure.as_ref(), follows)).clone()
    }

    /// How this session ended, for what follows it.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.ended.as_ref().map(|end| Outcome::Lost { reason: end.reason, lasted: self.lasted })
    }

    /// How the last session that was open ended.
    pub(crate) fn last_end(&self) -> Option<&Disconnect> {
        self.ended.as_ref().or(self.ended_before.as_ref())
    }

    /// Says something between two sessions.
    pub(crate) fn notify(&mut self, notice: Event) {
        if self.notices.len() >= MAX_NOTICES {
            self.notices.pop_front();
        }
        self.notices.push_back(notice);
        self.wake_listener();
    }

    /// The next event for the application.
    ///
    /// Notices are about the time between two sessions: when they come, everything of the session before was taken,
    /// and what the next one says comes after them.
    pub(crate) fn poll_event(&mut self, now: Instant) -> Option<Event> {
        if self.stage == Stage::Session
            && let Some(notice) = self.notices.pop_front()
        {
            return Some(notice);
        }
        match self.session_event(now) {
            Some(event) => Some(self.translate(now, event)),
            None => self.notices.pop_front(),
        }
    }

    /// What a session that never opened has to say is the driver's, who tells it in its own words.
    fn session_event(&mut self, now: Instant) -> Option<client::Event> {
        self.session.open_packet()?;
        self.session.poll_event(now)
    }

    fn translate(&mut self, now: Instant, event: client::Event) -> Event {
        match event {
            client::Event::Open(open) => Event::Open(open),
            client::Event::Message(message) => Event::Message(message),
            client::Event::Upgraded => Event::Upgraded,
            client::Event::UpgradeFailed(cause) => {
                Event::UpgradeFailed(in_full(&cause, self.upgrade_failure.as_ref()))
            }
            client::Event::Drained => Event::Drained,
            client::Event::Closed(end) => Event::Disconnected(self.judge_end(now, &end)),
        }
    }

    /// Nobody listens any more.
    pub(crate) fn unhear(&mut self) {
        self.unheard = true;
        self.wake_driver();
    }

    /// The driver goes to sleep.
    pub(crate) fn sleep(&mut self, cx: &Context<'_>) {
        set(&mut self.driver, cx);
    }

    pub(crate) fn wake_driver(&mut self) {
        if self.driver.is_some() {
            self.awake.get_or_insert_default().driver = self.driver.take();
        }
    }

    /// The application waits for an event.
    pub(crate) fn listen(&mut self, cx: &Context<'_>) {
        set(&mut self.listener, cx);
    }

    pub(crate) fn wake_listener(&mut self) {
        if self.listener.is_some() {
            self.awake.get_or_insert_default().listener = self.listener.take();
        }
    }

    /// Somebody waits for progress.
    pub(crate) fn wait(&mut self, cx: &Context<'_>) {
        if !self.waiting.iter().any(|waiting| waiting.will_wake(cx.waker())) {
            self.waiting.push(cx.waker().clone());
        }
    }

    pub(crate) fn wake_waiting(&mut self) {
        if !self.waiting.is_empty() {
            self.awake.get_or_insert_default().waiting.append(&mut self.waiting);
        }
    }
}

fn set(slot: &mut Option<Waker>, cx: &Context<'_>) {
    match slot {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *slot = Some(cx.waker().clone()),
    }
}
