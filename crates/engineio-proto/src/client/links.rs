//! The links of a client's session: which to open next, and what their loss means.

use bytes::Bytes;

use super::event::{Cause, Event};
use super::session::{Session, State};
use crate::link::{Closed, LinkId, LinkIds};
use crate::timer::Timer;
use crate::upgrade::Probe;
use crate::{DisconnectReason, Instant, Transport};

/// A link that the driver shall open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkKind {
    /// A GET that receives packets; the first one, without a `sid`, is the handshake.
    Poll,
    /// A POST that sends packets.
    Post,
    /// A WebSocket connection: the session's own when there is no `sid` yet, else the probe of an upgrade.
    WebSocket,
}

/// The links that are open. The probing WebSocket is the upgrade's.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    ids: LinkIds,
    poll: Option<LinkId>,
    pub(super) post: Option<Post>,
    /// The WebSocket that is the session's transport.
    pub(super) websocket: Option<LinkId>,
}

/// A POST under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Post {
    pub(super) link: LinkId,
    /// Packets in its body so far.
    pub(super) packets: usize,
    /// Whether its body is complete.
    pub(super) sent: bool,
}

impl Links {
    pub(super) fn is_poll(&self, link: LinkId) -> bool {
        self.poll == Some(link)
    }

    pub(super) fn is_post(&self, link: LinkId) -> bool {
        self.post.is_some_and(|post| post.link == link)
    }

    /// The GET under way was answered or lost.
    pub(super) const fn poll_over(&mut self) {
        self.poll = None;
    }

    /// Whether no request is under way.
    pub(super) const fn is_quiet(&self) -> bool {
        self.poll.is_none() && self.post.is_none()
    }

    /// Drops them all; later ids are still new ones.
    pub(super) fn clear(&mut self) {
        *self = Self { ids: self.ids.clone(), ..Self::default() };
    }
}

impl Session {
    /// The next link to open, if there is one; call it until there is none.
    ///
    /// There is never more than one GET and one POST under way, and never both a GET and a complete upgrade. The
    /// response goes to [`handle_response`](Self::handle_response) or [`handle_refused`](Self::handle_refused),
    /// its loss to [`handle_closed`](Self::handle_closed). What a POST or WebSocket writes comes from
    /// [`poll_transmit`](Self::poll_transmit), to be asked once a WebSocket is open.
    pub fn poll_link(&mut self, now: Instant) -> Option<(LinkId, LinkKind)> {
        let kind = self.next_link()?;
        let link = self.links.ids.next();
        match kind {
            LinkKind::Poll => self.links.poll = Some(link),
            LinkKind::Post => self.links.post = Some(Post { link, packets: 0, sent: false }),
            LinkKind::WebSocket if self.state == State::Connecting => self.links.websocket = Some(link),
            LinkKind::WebSocket => {
                self.probe = Probe::Probing { link, asked: false };
                self.timers.set(Timer::Upgrade, now + self.config.upgrade_timeout);
            }
        }
        Some((link, kind))
    }

    pub(super) fn next_link(&self) -> Option<LinkKind> {
        match (self.state, self.transport) {
            (State::Connecting, Transport::Polling) => self.links.poll.is_none().then_some(LinkKind::Poll),
            (State::Connecting, Transport::WebSocket) => {
                self.links.websocket.is_none().then_some(LinkKind::WebSocket)
            }
            (State::Closed(_), _) | (_, Transport::WebSocket) => None,
            (_, Transport::Polling) => self.next_polling_link(),
        }
    }

    fn next_polling_link(&self) -> Option<LinkKind> {
        if self.probe.is_pausing() {
            None
        } else if self.links.post.is_none() && self.has_something_to_say() {
            Some(LinkKind::Post)
        } else if self.links.poll.is_none() && !self.is_paused() && !self.is_said() {
            Some(LinkKind::Poll)
        } else {
            (self.probe == Probe::Wanted).then_some(LinkKind::WebSocket)
        }
    }

    /// A link was lost before it was complete, or a WebSocket was closed. Ids of links that ended before are
    /// ignored.
    pub fn handle_closed(&mut self, link: LinkId, how: Closed) {
        let (reason, words) = match how {
            Closed::TooLarge => (DisconnectReason::TooLarge, "a response over the payload limit"),
            Closed::Timeout => (DisconnectReason::TransportError, "the server did not answer in time"),
            _ if self.links.websocket != Some(link) => {
                (DisconnectReason::TransportError, "a request was lost")
            }
            _ if self.opened.is_held() => {
                (DisconnectReason::TransportError, "the WebSocket was closed right after the open packet")
            }
            _ if self.state == State::Connecting => {
                (DisconnectReason::TransportError, "the WebSocket was closed before the open packet")
            }
            _ if self.is_said() => (DisconnectReason::ClientDisconnect, "closed by the application"),
            _ => (DisconnectReason::TransportClose, "the WebSocket was closed"),
        };
        self.lose(link, reason, words.into());
    }

    /// The server answered a link's request with another status than 200 (101 for a WebSocket).
    pub fn handle_refused(&mut self, now: Instant, link: LinkId, status: u16, body: Bytes) {
        let reason = match status {
            413 => DisconnectReason::TooLarge,
            _ => DisconnectReason::TransportError,
        };
        let cause = Cause::Refused { status, body };
        if self.links.is_post(link) && self.is_open() {
            self.mute(now, reason, cause);
        } else {
            self.lose(link, reason, cause);
        }
    }

    fn lose(&mut self, link: LinkId, reason: DisconnectReason, cause: Cause) {
        if self.probe.link() == Some(link) {
            self.fail_upgrade(cause);
        } else if self.links.is_poll(link) && self.is_said() {
            // The server ends a waiting poll when it reads our close packet, each in its own way.
            self.links.poll_over();
        } else if self.links.is_poll(link) || self.links.is_post(link) || self.links.websocket == Some(link) {
            self.end(reason, cause);
        }
    }

    /// The upgrade is over and the session stays where it was.
    pub(super) fn fail_upgrade(&mut self, cause: Cause) {
        self.abandon_upgrade();
        self.inbound.push(Event::UpgradeFailed(cause));
    }

    /// No upgrade from now on, unless it has happened.
    pub(super) fn abandon_upgrade(&mut self) {
        if self.probe != Probe::Moved {
            self.probe = Probe::Idle;
        }
        self.timers.clear(Timer::Upgrade);
    }

    /// The probe was answered: the session moves once polling has come to rest, so that nothing overtakes.
    pub(super) fn settle_upgrade(&mut self, now: Instant) {
        if let Probe::Pausing(link) = self.probe
            && self.links.is_quiet()
        {
            self.probe = Probe::Moved;
            self.timers.clear(Timer::Upgrade);
            self.transport = Transport::WebSocket;
            self.links.websocket = Some(link);
            self.inbound.push(Event::Upgraded);
            self.update_pause(now);
        }
    }
}
