//! One WebSocket connection: one task, one read, one lock for all of its packets, one write.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Buf;
use engineio_proto::server::Finish;
use engineio_proto::ws::{CloseCode, Decoder, Limits, Rest, Role, WriteBatch};
use engineio_proto::{Closed, Instant, LinkId, Outgoing};
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant as TokioInstant;

use super::alarm::Alarm;
use super::clock;
use super::input::{Input, poll_input};
use super::io::{discard, poll_write_all};
use super::scratch::{self, Scratch};
use super::shared::{SharedSession, State, WakesFor};
use super::turn::{self, Turn};

/// Bytes after which a write is not made any larger.
const WRITE: usize = 64 * 1024;

/// Rounds of reading and writing after which other tasks get a turn.
const ROUNDS: usize = 16;

/// How long a closed connection waits for the peer to take the close frame and to close as well.
const LINGER: Duration = Duration::from_secs(1);

pin_project! {
    /// The task of a WebSocket connection.
    pub(crate) struct Connection<IO> {
        #[pin]
        io: IO,
        session: Arc<SharedSession>,
        link: LinkId,
        decoder: Decoder,
        // What the socket did not take yet.
        rest: Rest,
        // The data of a WebSocket ping that is to be answered; a later ping replaces it.
        ping: Option<Box<[u8]>>,
        phase: Phase,
        view: View,
        // The time of the last read, for as long as the task is polled.
        now: Option<Instant>,
        // Wakes this task at the session's next deadline.
        alarm: Alarm,
        // When a connection that is closed is given up.
        until: Option<TokioInstant>,
    }

    impl<IO> PinnedDrop for Connection<IO> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.session.lock().gone(*this.link);
            let link = *this.link;
            this.session.with(|session| session.handle_closed(clock::now(), link, Closed::Eof));
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// The close frame is written; what still comes is delivered, until the peer closes, too, or the session ends.
    Leaving,
    /// The close frame is written; what still comes is discarded.
    Lingering,
    /// The peer closed first; nothing is left but to flush.
    Flushing,
}

impl Phase {
    /// Whether nothing more is read for the session.
    const fn is_over(self) -> bool {
        matches!(self, Self::Lingering | Self::Flushing)
    }
}

/// What the session looked like when the lock was last held.
#[derive(Clone, Copy, Debug, Default)]
struct View {
    /// The application is behind: do not read.
    paused: bool,
    deadline: Option<Instant>,
    /// Everything that was taken from the session is written, and the session does not know yet.
    sent: bool,
    /// It had nothing more for the link, and wakes the task when it has.
    listed: bool,
}

impl View {
    fn of(state: &State, link: LinkId) -> Self {
        let deadline = if state.session.is_websocket(link) { state.session.poll_timeout() } else { None };
        Self { paused: state.session.is_reading_paused(link), deadline, sent: false, listed: false }
    }
}

impl<IO: AsyncRead + AsyncWrite> Connection<IO> {
    /// A connection that carries `link` of `session`.
    pub(crate) fn new(io: IO, session: Arc<SharedSession>, link: LinkId) -> Self {
        let config = &session.server.config;
        let limits = Limits { max_message: config.session.max_payload, max_fragments: config.max_fragments };
        Self {
            io,
            session,
            link,
            decoder: Decoder::new(Role::Server, limits),
            rest: Rest::default(),
            ping: None,
            phase: Phase::Open,
            view: View::default(),
            now: None,
            alarm: Alarm::default(),
            until: None,
        }
    }

    /// One round of an open connection: read, deliver, write. Ready when there is nothing more to do now.
    fn poll_round(mut self: Pin<&mut Self>, cx: &mut Context<'_>, last: bool) -> Poll<io::Result<()>> {
        let input = if self.view.paused { None } else { self.as_mut().poll_input(cx) };
        let idle = input.is_none();
        match input {
            Some(input) => self.as_mut().deliver(cx, input),
            None if self.view.listed => {
                self.confirm();
                return Poll::Ready(Ok(()));
            }
            None => {}
        }
        if self.phase == Phase::Leaving {
            let resumed = self.as_mut().poll_leaving(cx)?;
            return if idle && !resumed { Poll::Ready(Ok(())) } else { Poll::Pending };
        }
        if self.phase == Phase::Open {
            let last = last || turn::left() == 0;
            let progress = self.as_mut().poll_output(cx, idle, idle || last)?;
            if idle && self.view.listed {
                self.confirm();
                return Poll::Ready(Ok(()));
            }
            if idle && !progress {
                return Poll::Ready(Ok(()));
            }
        }
        Poll::Pending
    }

    /// Tells the session that all it gave is written. The task may then sleep: since the session was last looked
    /// at, it would have been woken for anything new.
    fn confirm(self: Pin<&mut Self>) {
        let this = self.project();
        this.view.listed = false;
        if std::mem::take(&mut this.view.sent) {
            let mut state = this.session.lock();
            state.confirm(*this.link);
            if state.is_awaited() {
                this.session.leave(state);
            }
        }
    }

    /// Reads once. `None` when there is nothing: the task is woken when there is something.
    fn poll_input(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Option<Input> {
        let this = self.project();
        poll_input(this.io, cx, this.decoder, this.ping)
    }

    /// Hands what was read to the session under one lock, and runs the handlers it starts.
    fn deliver(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut input: Input) {
        let this = self.as_mut().project();
        let (link, now) = (*this.link, clock::now());
        *this.now = Some(now);
        this.view.listed = false;
        let mut state = this.session.lock();
        state.awake(link);
        scratch::lend_lists(|events, packets| state.session.lend(events, packets));
        state.session.handle_packets(now, link, &mut input.packets);
        state.session.handle_partial(now, link, this.decoder.is_partial());
        if let Some(code) = input.bad {
            state.session.handle_bad_frame(now, link, code);
        }
        if input.end.is_some() {
            state.session.handle_closed(now, link, Closed::Eof);
        }
        // Judged before handlers run: what they change shows when the session is asked for packets.
        this.view.paused = state.session.is_reading_paused(link);
        scratch::give_packets(input.packets);
        this.session.leave_inline(state, cx, now);
        if let Some(end) = input.end {
            self.peer_closed(end.code);
        }
    }

    /// The peer is done, with a close frame that wants its answer, or without one.
    fn peer_closed(mut self: Pin<&mut Self>, code: Option<CloseCode>) {
        let this = self.as_mut().project();
        // A peer that closes while our last write is stuck will not read the answer either.
        if let Some(code) = code
            && *this.phase == Phase::Open
            && !this.rest.has_remaining()
        {
            *this.rest = scratch::lend(|Scratch { write, .. }| {
                let mut batch = WriteBatch::new(write);
                batch.close(code, "", None);
                batch.into_rest()
            });
        }
        self.enter(Phase::Flushing);
    }

    /// Writes what the session has for this link. Returns whether there was anything to do.
    fn poll_output(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        idle: bool,
        timely: bool,
    ) -> io::Result<bool> {
        if self.as_mut().poll_rest(cx)?.is_pending() {
            self.settle_down(cx, timely);
            return Ok(false);
        }
        scratch::lend(|Scratch { write, packets, .. }| {
            let was_paused = self.view.paused;
            let finish = self.as_mut().gather(cx, packets, idle, timely);
            let mut batch = WriteBatch::new(write);
            if let Some(data) = self.as_mut().project().ping.take() {
                batch.pong(&data, None);
            }
            for packet in packets.iter() {
                batch.frame(packet, None);
            }
            packets.clear();
            if let Some((code, next)) = finish {
                batch.close(code, "", None);
                self.as_mut().enter(next);
            }
            if batch.is_empty() {
                return Ok(was_paused && !self.view.paused);
            }
            self.as_mut().write(cx, batch)
        })
    }

    /// Takes packets from the session until there are enough for a write. If that was all, the task may sleep as
    /// soon as it is written and there is nothing to read. Returns the code of a close frame that is to follow, and what
    /// follows that.
    fn gather(
        self: Pin<&mut Self>,
        cx: &Context<'_>,
        packets: &mut VecDeque<Outgoing>,
        idle: bool,
        timely: bool,
    ) -> Option<(CloseCode, Phase)> {
        let this = self.project();
        let link = *this.link;
        let mut state = this.session.lock();
        if std::mem::take(&mut this.view.sent) {
            state.confirm(link);
        }
        if timely {
            apply_deadlines(&mut state, link, *this.now);
        }
        let finish = state.session.poll_transmit_all(link, WRITE, packets);
        // Settled before the task is listed as asleep: there is nobody to wake but others.
        let start = this.session.settle(&mut state);
        let nothing = finish.is_none() && packets.is_empty() && this.ping.is_none();
        let all = finish.is_none() && !state.session.link_wants(link);
        if all || (idle && nothing) {
            state.sleep(link, cx, WakesFor::Packets);
        }
        if !all {
            // What settling brought up.
            state.wake_links();
        }
        // A task that did not read because the application was behind has yet to try.
        let listed = all && !(idle && (nothing || this.view.paused));
        *this.view = View { listed, ..View::of(&state, link) };
        let next = if state.session.is_leaving() { Phase::Leaving } else { Phase::Lingering };
        drop(state);
        this.session.start_runner(start);
        match finish? {
            Finish::Close(code) => Some((code, next)),
            _ => None,
        }
    }

    /// Goes to sleep although packets may wait: the socket takes nothing.
    fn settle_down(mut self: Pin<&mut Self>, cx: &Context<'_>, timely: bool) {
        let this = self.as_mut().project();
        let mut state = this.session.lock();
        if timely {
            apply_deadlines(&mut state, *this.link, *this.now);
        }
        // What has happened already would wake the task over and over, until the socket takes something.
        let next = if state.session.is_alive() { WakesFor::End } else { WakesFor::GivingUp };
        state.sleep(*this.link, cx, next);
        let start = this.session.settle(&mut state);
        let over = !state.session.is_alive();
        *this.view = View::of(&state, *this.link);
        drop(state);
        this.session.start_runner(start);
        if over && this.view.deadline.is_none() {
            // Over and given up: no more than a moment for what the socket may still take.
            self.enter(Phase::Flushing);
        }
    }

    /// Keeps the time of a session that is still read after everything for its client was gathered. Returns whether
    /// reading goes on that had stopped.
    fn poll_leaving(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> io::Result<bool> {
        let was_paused = self.view.paused;
        if self.as_mut().poll_rest(cx)?.is_ready() {
            self.as_mut().confirm();
        }
        self.as_mut().settle_down(cx, true);
        Ok(was_paused && !self.view.paused)
    }

    /// Writes a batch; what the socket does not take is kept.
    fn write(self: Pin<&mut Self>, cx: &mut Context<'_>, mut batch: WriteBatch<'_>) -> io::Result<bool> {
        let mut this = self.project();
        if poll_write_all(this.io.as_mut(), cx, &mut batch)?.is_pending() {
            *this.rest = batch.into_rest();
            this.view.listed = false;
        } else {
            this.view.sent = true;
        }
        Ok(true)
    }

    /// Writes what an earlier write left.
    fn poll_rest(self: Pin<&mut Self>, cx: &mut Context<'_>) -> io::Result<Poll<()>> {
        let mut this = self.project();
        if this.rest.has_remaining() {
            if poll_write_all(this.io.as_mut(), cx, this.rest)?.is_pending() {
                return Ok(Poll::Pending);
            }
            this.view.sent = true;
        }
        Ok(Poll::Ready(()))
    }

    fn enter(self: Pin<&mut Self>, phase: Phase) {
        let this = self.project();
        *this.phase = phase;
        *this.until = Some(TokioInstant::now() + LINGER);
    }

    /// Gets rid of a connection that is closed: first its last bytes, then the peer's.
    fn poll_linger(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.as_mut().project();
        if this.alarm.poll_at(cx, *this.until).is_ready() {
            return Poll::Ready(());
        }
        match self.as_mut().poll_rest(cx) {
            Err(_) => return Poll::Ready(()),
            Ok(Poll::Pending) => {}
            Ok(Poll::Ready(())) => {
                let shut = self.as_mut().project().io.poll_shutdown(cx);
                if matches!(shut, Poll::Ready(Err(_))) || self.phase == Phase::Flushing {
                    return shut.map(drop);
                }
            }
        }
        discard(self.project().io, cx)
    }

    /// Has this task woken at the session's next deadline. Ready if that has come.
    fn arm(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let deadline = this.view.deadline.map(clock::to_tokio);
        match (deadline, this.now.map(clock::to_tokio)) {
            (Some(deadline), Some(now)) if this.alarm.is_set_for(now, deadline) => Poll::Pending,
            _ => this.alarm.poll_at(cx, deadline),
        }
    }
}

impl<IO: AsyncRead + AsyncWrite> Future for Connection<IO> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let _turn = Turn::begin();
        *self.as_mut().project().now = None;
        for round in 1..=ROUNDS {
            if self.phase.is_over() {
                return self.poll_linger(cx);
            }
            match self.as_mut().poll_round(cx, round == ROUNDS) {
                Poll::Pending if turn::left() == 0 => break,
                Poll::Pending => {}
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Ready(Ok(())) if self.phase.is_over() => {}
                // A deadline that has come meanwhile takes another round.
                Poll::Ready(Ok(())) => match self.as_mut().arm(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(()) => {}
                },
            }
        }
        // The session may wake the task meanwhile, which would be one and the same wake-up: it has to be asked again.
        self.project().view.listed = false;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// A WebSocket's own deadlines, after its socket was read.
fn apply_deadlines(state: &mut State, link: LinkId, now: Option<Instant>) {
    if state.session.is_websocket(link)
        && let Some(at) = state.session.poll_timeout()
    {
        let now = now.unwrap_or_else(clock::now);
        if at <= now {
            state.session.handle_timeout(now);
        }
    }
}
