//! The links of a session: which may open, and what their end means.

use super::event::Event;
use super::session::{Session, State};
use crate::edge::{PostHead, Refusal};
use crate::inbound::Inbound;
use crate::link::{Closed, Link, LinkId, LinkIds};
use crate::timer::Timer;
use crate::upgrade::{FIRST_HOLD, HOLD, PROBE, Upgrade};
use crate::ws::CloseCode;
use crate::{DisconnectReason, Instant, Packet, Transport};

/// The links that are open.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    ids: LinkIds,
    pub(super) poll: Option<Poll>,
    /// The last poll that was answered, until its packets are confirmed.
    answered: Option<LinkId>,
    pub(super) post: Option<Post>,
    /// The WebSocket that is the session's transport.
    pub(super) websocket: Option<LinkId>,
    /// The WebSocket that is owed the answer to its probe, whatever it has sent since.
    pub(super) unanswered_probe: Option<LinkId>,
    /// The last probing WebSocket that sent something that is no packet, and how to close it.
    pub(super) failed_probe: Option<(LinkId, CloseCode)>,
}

/// A waiting poll.
#[derive(Clone, Copy, Debug)]
pub(super) struct Poll {
    pub(super) link: LinkId,
    /// Packets in its response so far.
    pub(super) packets: usize,
    /// Whether it gets a noop if there is nothing else.
    pub(super) released: bool,
}

/// A POST under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Post {
    pub(super) link: LinkId,
    pub(super) stage: Stage,
}

/// How far a POST has come.
#[derive(Clone, Debug, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its body is being read.
    Reading,
    /// Its body waits for room behind the bodies before it.
    Queued,
    /// Its answer can be sent.
    Accepted,
}

impl Links {
    pub(super) fn open_first(&mut self, transport: Transport) -> LinkId {
        let link = self.ids.next();
        match transport {
            Transport::Polling => self.poll = Some(Poll { link, packets: 0, released: false }),
            Transport::WebSocket => self.websocket = Some(link),
        }
        link
    }

    pub(super) fn is_poll(&self, link: LinkId) -> bool {
        self.poll.is_some_and(|poll| poll.link == link)
    }

    /// How to close a WebSocket that is of no use.
    pub(super) fn close_code(&self, link: LinkId) -> CloseCode {
        let failed = self.failed_probe.filter(|(probe, _)| *probe == link);
        failed.map_or(CloseCode::NORMAL, |(_, code)| code)
    }

    /// Takes what is said when a probe is to be answered, once.
    pub(super) fn take_probe_answer(&mut self, link: LinkId) -> Option<Packet> {
        self.unanswered_probe.take_if(|owed| *owed == link).map(|_| Packet::Pong(PROBE))
    }

    pub(super) fn is_post(&self, link: LinkId) -> bool {
        self.post.is_some_and(|post| post.link == link)
    }

    pub(super) const fn poll_waiting(&self) -> bool {
        self.poll.is_some()
    }

    pub(super) const fn post_under_way(&self) -> bool {
        matches!(self.post, Some(Post { stage: Stage::Reading, .. }))
    }

    pub(super) const fn post_accepted(&self) -> bool {
        matches!(self.post, Some(Post { stage: Stage::Accepted, .. }))
    }

    pub(super) const fn post_queued(&self) -> bool {
        matches!(self.post, Some(Post { stage: Stage::Queued, .. }))
    }

    /// A POST whose body waits is accepted as soon as another body would find room.
    pub(super) fn admit_waiting_post(&mut self, inbound: &Inbound<Event>, limit: usize) {
        if let Some(post) = &mut self.post
            && matches!(post.stage, Stage::Queued)
            && inbound.admits_body(limit)
        {
            post.stage = Stage::Accepted;
        }
    }

    pub(super) const fn release_poll(&mut self) {
        if let Some(poll) = &mut self.poll {
            poll.released = true;
        }
    }

    pub(super) fn poll_answered(&mut self) {
        self.answered = self.poll.take().map(|poll| poll.link);
    }
}

impl Session {
    /// A request of the client opens a link.
    ///
    /// A second WebSocket is no error: the link it gets has ended, so that the connection is accepted and closed.
    ///
    /// # Errors
    ///
    /// How to refuse the request. Where the protocol asks for it, the session has ended.
    pub fn handle_link(&mut self, now: Instant, link: Link) -> Result<LinkId, Refusal> {
        if self.is_alive() {
            // The client has come back after its handshake.
            self.timers.clear(Timer::Close);
        }
        match link {
            Link::Poll => self.open_poll(now),
            Link::Post(head) => self.open_post(now, head),
            Link::WebSocket => self.open_websocket(now),
        }
    }

    fn open_poll(&mut self, now: Instant) -> Result<LinkId, Refusal> {
        self.check_polling()?;
        if self.is_told() {
            return Err(Refusal::SessionClosed);
        }
        if self.links.poll.is_some() {
            if !self.is_alive() {
                // The waiting one has the last word.
                return Err(Refusal::SessionClosed);
            }
            self.end(now, DisconnectReason::TransportError, "two polls at once");
            return Err(Refusal::DuplicatePoll);
        }
        self.confirm_answered_poll();
        let link = self.links.ids.next();
        self.links.poll = Some(Poll { link, packets: 0, released: false });
        match self.upgrade {
            Upgrade::Probed(_) => self.timers.set(Timer::Hold, now + HOLD),
            Upgrade::Elsewhere => self.links.release_poll(),
            Upgrade::Idle | Upgrade::Probing(_) => {}
        }
        Ok(link)
    }

    fn open_post(&mut self, now: Instant, head: PostHead) -> Result<LinkId, Refusal> {
        self.check_polling()?;
        if !self.is_listening() || self.is_told() {
            return Err(Refusal::SessionClosed);
        }
        if let Some((refusal, reason, detail)) = self.objection(head) {
            self.end(now, reason, detail);
            return Err(refusal);
        }
        let link = self.links.ids.next();
        self.links.post = Some(Post { link, stage: Stage::Reading });
        Ok(link)
    }

    /// Why a POST ends the session before its body is read.
    fn objection(&self, head: PostHead) -> Option<(Refusal, DisconnectReason, &'static str)> {
        let limit = self.config.max_payload;
        let declared = head.content_length.unwrap_or(0);
        if self.links.post.is_some() {
            Some((Refusal::DuplicatePost, DisconnectReason::TransportError, "two POSTs at once"))
        } else if head.octet_stream {
            Some((
                Refusal::OctetStream,
                DisconnectReason::TransportError,
                "a POST of application/octet-stream",
            ))
        } else if head.content_encoding {
            Some((Refusal::ContentEncoding, DisconnectReason::TransportError, "a compressed POST"))
        } else if usize::try_from(declared).is_ok_and(|declared| declared <= limit) {
            None
        } else {
            Some((Refusal::TooLarge { limit }, DisconnectReason::TooLarge, "a POST over the payload limit"))
        }
    }

    fn open_websocket(&mut self, now: Instant) -> Result<LinkId, Refusal> {
        if self.state == State::Opening {
            return Err(Refusal::NotOpen);
        }
        let link = self.links.ids.next();
        let free = self.transport == Transport::Polling && self.upgrade.is_free();
        if self.state == State::Open && free {
            self.upgrade = Upgrade::Probing(link);
            self.timers.set(Timer::Upgrade, now + self.config.upgrade_timeout);
        }
        Ok(link)
    }

    /// Polling requests are for sessions that are accepted and have not moved on.
    fn check_polling(&self) -> Result<(), Refusal> {
        match self.state {
            State::Opening => Err(Refusal::NotOpen),
            _ if self.transport == Transport::WebSocket => Err(Refusal::TransportMismatch),
            State::Closed => Err(Refusal::SessionClosed),
            State::Open | State::Leaving(_) | State::Closing(_) => Ok(()),
        }
    }

    /// A link ended. Ids of links that ended before are ignored.
    pub fn handle_closed(&mut self, now: Instant, link: LinkId, how: Closed) {
        self.links.take_probe_answer(link);
        if self.links.is_poll(link) {
            self.links.poll = None;
            self.lost_poll(now);
        } else if self.links.answered == Some(link) {
            if how != Closed::Answered {
                self.links.answered = None;
                self.lost_poll(now);
            }
        } else if self.links.is_post(link) {
            self.links.post = None;
            self.lost_post(now, how);
        } else if self.links.websocket == Some(link) {
            self.links.websocket = None;
            self.end(now, DisconnectReason::TransportClose, "the WebSocket was closed");
            self.finish();
        } else if self.upgrade.link() == Some(link) {
            self.fail_upgrade();
        }
    }

    /// A poll's response did not reach the client: nobody knows which packets it has seen.
    fn lost_poll(&mut self, now: Instant) {
        match self.state {
            State::Leaving(_) | State::Closing(_) => self.give_up(),
            State::Opening => {
                self.end(now, DisconnectReason::TransportClose, "the client left during the handshake");
            }
            State::Open | State::Closed => {
                self.end(now, DisconnectReason::TransportError, "a poll was aborted");
            }
        }
    }

    fn lost_post(&mut self, now: Instant, how: Closed) {
        let (reason, detail) = match how {
            Closed::Answered => {
                self.update_pause(now);
                return self.conclude();
            }
            Closed::TooLarge => (DisconnectReason::TooLarge, "a POST over the payload limit"),
            Closed::Timeout => (DisconnectReason::TransportError, "a POST did not arrive in time"),
            Closed::Aborted | Closed::Eof => (DisconnectReason::TransportError, "a POST was aborted"),
        };
        self.end(now, reason, detail);
    }

    /// What the last poll carried has arrived: the client would not ask for more otherwise.
    pub(super) fn confirm_answered_poll(&mut self) {
        self.links.answered = None;
        self.outbound.confirm_taken();
    }

    /// The probe came: polls are let go, so that the client can stop polling.
    pub(super) fn release_polls(&mut self, now: Instant) {
        if self.links.poll.is_some() {
            self.timers.set(Timer::Hold, now + FIRST_HOLD);
        }
    }

    /// The upgrade attempt is over and the session stays where it was.
    pub(super) fn fail_upgrade(&mut self) {
        self.upgrade = Upgrade::Idle;
        self.timers.clear(Timer::Upgrade);
        self.timers.clear(Timer::Hold);
    }

    /// The client has moved: from now on packets go to the WebSocket only.
    pub(super) fn complete_upgrade(&mut self, now: Instant, link: LinkId) {
        self.fail_upgrade();
        self.transport = Transport::WebSocket;
        self.links.websocket = Some(link);
        self.confirm_answered_poll();
        self.links.release_poll();
        self.inbound.push(Event::Upgraded);
        self.update_pause(now);
    }
}
