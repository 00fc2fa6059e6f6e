//! One session: its requests, its WebSocket and its timer, as one future.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use engineio_proto::client::{Finish, LinkKind, Session};
use engineio_proto::ws::Limits;
use engineio_proto::{Closed, Instant, LinkId, Load, Outgoing, Transport};

use super::connection::Connection;
use super::http::Http;
use super::open::{Opened, open};
use super::overdue::{Found, Overdue};
use super::wire;
use crate::client::connect_error::Phase;
use crate::client::failure::Failure;
use crate::client::shared::Shared;
use crate::client::state::{Stage, State};
use crate::driver::alarm::Alarm;
use crate::driver::clock;
use crate::driver::input::Input;
use crate::driver::scratch::{self, Scratch};

/// Bytes after which a write is not made any larger.
const WRITE: usize = 64 * 1024;

/// Rounds of reading and writing after which other tasks get a turn.
const ROUNDS: usize = 16;

/// A session, from its handshake until it is over. Ready then, with connections that are still to be closed.
pub(crate) struct Run {
    shared: Arc<Shared>,
    http: Arc<Http>,
    /// A GET and a POST at most.
    requests: Vec<Request<Bytes>>,
    opening: Option<Request<Opened>>,
    websocket: Option<Connection>,
    /// Connections without use for the session, on their way out.
    leaving: Vec<Connection>,
    view: View,
    overdue: Overdue,
    /// Wakes this task at the session's next deadline.
    alarm: Alarm,
    /// Whether it is remembered that WebSocket works.
    remembered: bool,
}

/// What the session looked like when the lock was last held.
#[derive(Clone, Copy, Debug, Default)]
struct View {
    /// The application is behind: do not read.
    paused: bool,
    deadline: Option<Instant>,
    finished: bool,
    /// The WebSocket is of no more use to the session.
    websocket_ended: bool,
}

/// What one hold of the lock came to.
struct Turn {
    /// When the round trip may be measured: now, unless the WebSocket still probes. Some servers take nothing but
    /// packets then.
    measure: Option<Instant>,
    /// How the WebSocket ends, if it does.
    finish: Option<Finish>,
    /// Whether there is more to do at once: links were opened, or reading goes on.
    more: bool,
}

/// A request under way.
struct Request<T> {
    link: LinkId,
    /// When it began, if it is one that servers answer at once.
    begun: Option<Instant>,
    answer: Pin<Box<dyn Future<Output = Result<T, Failure>> + Send>>,
}

/// How a request ended.
struct Answer<T> {
    link: LinkId,
    begun: Option<Instant>,
    result: Result<T, Failure>,
}

impl<T> Request<T> {
    fn new(
        link: LinkId,
        begun: Option<Instant>,
        answer: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Self {
        Self { link, begun, answer: Box::pin(answer) }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Answer<T>> {
        self.answer.as_mut().poll(cx).map(|result| Answer { link: self.link, begun: self.begun, result })
    }
}

/// What came in since the lock was last held.
#[derive(Default)]
struct News {
    input: Option<Input>,
    answers: Vec<Answer<Bytes>>,
    opened: Option<Answer<Opened>>,
    /// The WebSocket's connection failed while writing.
    lost: Option<(LinkId, Failure)>,
    /// A WebSocket that the session closed is closed now.
    closed: Option<LinkId>,
}

impl News {
    fn is_empty(&self) -> bool {
        self.input.is_none()
            && self.answers.is_empty()
            && self.opened.is_none()
            && self.lost.is_none()
            && self.closed.is_none()
    }
}

impl Run {
    pub(crate) fn new(shared: Arc<Shared>, http: Arc<Http>) -> Self {
        Self {
            shared,
            http,
            requests: Vec::new(),
            opening: None,
            websocket: None,
            leaving: Vec::new(),
            view: View::default(),
            overdue: Overdue::default(),
            alarm: Alarm::default(),
            remembered: false,
        }
    }

    /// One round: what came in goes to the session, what it wants goes out. Ready when there is nothing more to do.
    fn poll_round(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let news = self.poll_news(cx);
        let idle = news.is_empty();
        let mut packets = scratch::lend(|Scratch { packets, .. }| std::mem::take(packets));
        let turn = self.turn(cx, news, idle, &mut packets);
        let wrote = self.write(cx, &turn, &mut packets);
        scratch::lend(|scratch| scratch.packets = packets);
        self.leaving.retain_mut(|connection| connection.poll_closed(cx).is_pending());
        let busy = turn.more || wrote || !idle;
        if busy && !self.view.finished { Poll::Pending } else { Poll::Ready(()) }
    }

    fn poll_news(&mut self, cx: &mut Context<'_>) -> News {
        let mut news = News::default();
        self.requests.retain_mut(|request| match request.poll(cx) {
            Poll::Ready(answer) => {
                news.answers.push(answer);
                false
            }
            Poll::Pending => true,
        });
        if let Some(opening) = &mut self.opening
            && let Poll::Ready(opened) = opening.poll(cx)
        {
            news.opened = Some(opened);
            self.opening = None;
        }
        if let Some(websocket) = &mut self.websocket {
            poll_websocket(websocket, cx, self.view.paused, &mut news);
        }
        news
    }

    /// Everything that needs the lock: hands in the news, applies deadlines, opens and drops links, and takes what is
    /// to be written.
    fn turn(&mut self, cx: &Context<'_>, news: News, idle: bool, packets: &mut VecDeque<Outgoing>) -> Turn {
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock();
        let now = clock::now();
        // First of all: what was written is written, also if the news is the end.
        self.confirm(&mut state);
        self.apply_deadlines(&mut state.session, now, idle);
        if !idle {
            self.hand_in(&mut state, now, news);
        }
        // Before links are opened and the pause is looked at: it may end here, and nobody else would wake this task.
        if state.unheard {
            forget_events(&mut state, now);
        }
        let opened = self.open_links(&mut state, now);
        let finish = self.gather(&mut state.session, packets);
        self.drop_links(&state.session);
        let resumed = self.look(&mut state, now);
        if idle && !opened && !resumed && packets.is_empty() && finish.is_none() {
            state.sleep(cx);
        }
        let settled = state.session.transport() == Transport::WebSocket;
        Turn { measure: settled.then_some(now), finish, more: opened || resumed }
    }

    /// Before the news: a flood may stop the watchdog each time, until the application has taken what came.
    fn apply_deadlines(&mut self, session: &mut Session, now: Instant, idle: bool) {
        let resumes = self.view.paused && !session.wants().reading_paused;
        let found = match idle {
            false => Found::Something,
            true if resumes => Found::NotAsked,
            true => Found::Nothing,
        };
        if self.overdue.applies(session.poll_timeout(), now, found) {
            session.handle_timeout(now);
        }
    }

    fn hand_in(&mut self, state: &mut State, now: Instant, news: News) {
        if let Some(input) = news.input {
            self.deliver(state, now, input);
        }
        for answer in news.answers {
            answered(state, now, answer);
        }
        if let Some(answer) = news.opened {
            self.websocket_opened(state, now, answer);
        }
        if let Some((link, failure)) = news.lost {
            self.websocket = None;
            lose(state, link, failure);
        }
        if let Some(link) = news.closed {
            self.websocket = None;
            state.session.handle_closed(link, Closed::Eof);
        }
    }

    fn deliver(&mut self, state: &mut State, now: Instant, mut input: Input) {
        let Some(websocket) = &mut self.websocket else { return };
        let link = websocket.link;
        for packet in input.packets.drain(..) {
            state.session.handle_packet(now, link, packet);
        }
        scratch::give_packets(input.packets);
        if let Some(round_trip) = input.pong.and_then(|data| websocket.meter.answered(data, now)) {
            state.round_trip = Some(round_trip);
        }
        state.session.handle_partial(now, link, websocket.is_partial());
        if let Some(code) = input.bad {
            state.session.handle_bad_frame(link, code);
        }
        if let Some(end) = input.end {
            websocket.peer_closed(end);
            state.session.handle_closed(link, Closed::Eof);
            self.leaving.extend(self.websocket.take());
        }
    }

    fn websocket_opened(&mut self, state: &mut State, now: Instant, answer: Answer<Opened>) {
        let Answer { link, begun, result } = answer;
        measure(state, now, begun);
        match result {
            Ok(mut opened) => {
                state.protocol = opened.protocol.take();
                let config = &self.http.config;
                let limits =
                    Limits { max_message: config.session.max_payload, max_fragments: config.max_fragments };
                self.websocket = Some(Connection::new(opened, link, limits));
            }
            Err(failure) => fail(state, now, link, failure),
        }
    }

    /// Tells the session what was written.
    fn confirm(&mut self, state: &mut State) {
        if let Some(websocket) = &mut self.websocket
            && std::mem::take(&mut websocket.sent)
        {
            let taken = state.session.progress().taken;
            state.session.handle_sent(websocket.link, taken);
        }
    }

    fn open_links(&mut self, state: &mut State, now: Instant) -> bool {
        let mut any = false;
        while let Some((link, kind)) = state.session.poll_link(now) {
            any = true;
            let (http, sid) = (Arc::clone(&self.http), state.session.sid().cloned());
            match kind {
                LinkKind::Poll => {
                    let begun = sid.is_none().then_some(now);
                    self.requests.push(Request::new(link, begun, http.get(sid)));
                }
                LinkKind::Post => {
                    let body = state.session.post_body(link);
                    self.requests.push(Request::new(link, Some(now), http.post(sid, body)));
                }
                LinkKind::WebSocket => {
                    self.opening = Some(Request::new(link, Some(now), open(http, sid)));
                }
            }
        }
        any
    }

    /// Takes packets for the WebSocket until there are enough for a write.
    fn gather(&mut self, session: &mut Session, packets: &mut VecDeque<Outgoing>) -> Option<Finish> {
        let websocket = self.websocket.as_ref().filter(|websocket| websocket.takes_more())?;
        session.poll_transmit_all(websocket.link, WRITE, packets)
    }

    /// Gives up what is of no more use to the session. A WebSocket that is open is told by a close frame.
    fn drop_links(&mut self, session: &Session) {
        self.requests.retain(|request| !session.has_ended(request.link));
        if self.opening.as_ref().is_some_and(|opening| session.has_ended(opening.link)) {
            self.opening = None;
        }
        self.view.websocket_ended =
            self.websocket.as_ref().is_some_and(|websocket| session.has_ended(websocket.link));
    }

    /// Looks at what the session wants, and wakes whom it concerns. Returns whether reading goes on after a pause:
    /// this round has not asked the socket, so that nothing would wake this task.
    fn look(&mut self, state: &mut State, now: Instant) -> bool {
        let wants = state.session.wants();
        let resumed = self.view.paused && !wants.reading_paused;
        self.view.paused = wants.reading_paused;
        self.view.deadline = state.session.poll_timeout();
        self.view.finished = wants.finished;
        state.note_open(now);
        if !self.remembered && state.session.is_open() && state.session.transport() == Transport::WebSocket {
            self.remembered = true;
            self.shared.connector.remember(true);
        }
        if wants.finished && state.stage == Stage::Session {
            state.note_end(now);
            state.stage = Stage::Between;
        }
        if wants.events {
            state.wake_listener();
        }
        state.wake_waiting();
        resumed
    }

    /// Writes what was gathered. Returns whether there was anything.
    fn write(
        &mut self,
        cx: &mut Context<'_>,
        &Turn { measure, finish, .. }: &Turn,
        packets: &mut VecDeque<Outgoing>,
    ) -> bool {
        let Some(websocket) = &mut self.websocket else { return false };
        if packets.is_empty() && finish.is_none() && !(websocket.has_ping() && websocket.takes_more()) {
            return false;
        }
        wire::sent(&*packets, finish);
        if let Err(error) = websocket.write(cx, measure, packets, finish) {
            websocket.fail(error);
        }
        if self.view.websocket_ended {
            self.leaving.extend(self.websocket.take());
        }
        true
    }

    /// The session is over: what is left are connections that have to be closed.
    fn finish(&mut self) -> Vec<Connection> {
        if let Some(mut websocket) = self.websocket.take() {
            websocket.give_up();
            self.leaving.push(websocket);
        }
        std::mem::take(&mut self.leaving)
    }
}

impl Future for Run {
    type Output = Vec<Connection>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Vec<Connection>> {
        for _ in 0..ROUNDS {
            let rests = self.poll_round(cx).is_ready();
            if self.view.finished {
                return Poll::Ready(self.finish());
            }
            // A deadline that has come meanwhile takes another round.
            let deadline = self.view.deadline.map(clock::to_tokio);
            if rests && self.alarm.poll_at(cx, deadline).is_pending() {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

fn poll_websocket(websocket: &mut Connection, cx: &mut Context<'_>, paused: bool, news: &mut News) {
    if !websocket.is_open() {
        if websocket.poll_closed(cx).is_ready() {
            news.closed = Some(websocket.link);
        }
        return;
    }
    let failure = websocket.failure().or_else(|| match websocket.poll_rest(cx) {
        Poll::Ready(Err(error)) => Some(error),
        _ => None,
    });
    if let Some(error) = failure {
        let failure = Failure::of(Phase::Handshake, error);
        news.lost = Some((websocket.link, failure));
    } else if !paused {
        news.input = websocket.poll_input(cx);
        news.input.iter().for_each(wire::received);
    }
}

/// A GET or POST was answered, or not.
fn answered(state: &mut State, now: Instant, answer: Answer<Bytes>) {
    let Answer { link, begun, result } = answer;
    measure(state, now, begun);
    match result {
        Ok(body) => state.session.handle_response(now, link, body),
        Err(failure) => fail(state, now, link, failure),
    }
}

/// A request failed: it was refused, or lost.
fn fail(state: &mut State, now: Instant, link: LinkId, failure: Failure) {
    if state.session.has_ended(link) {
        return;
    }
    match &failure.answer {
        Some(refused) => {
            let (status, body) = (refused.status.as_u16(), refused.body.clone());
            state.session.handle_refused(now, link, status, body);
        }
        None => state.session.handle_closed(link, failure.closed),
    }
    state.note_failure(failure);
}

fn lose(state: &mut State, link: LinkId, failure: Failure) {
    state.session.handle_closed(link, failure.closed);
    state.note_failure(failure);
}

fn measure(state: &mut State, now: Instant, begun: Option<Instant>) {
    if let Some(begun) = begun {
        state.round_trip = Some(now.saturating_since(begun));
    }
}

/// Nobody listens: what would be told is forgotten.
fn forget_events(state: &mut State, now: Instant) {
    let mut done = Load::default();
    while let Some(event) = state.poll_event(now) {
        done += event.load();
    }
    if done.messages > 0 {
        state.session.handle_handled(now, done);
    }
}
