//! What goes out over a client's links.

use std::collections::VecDeque;

use bytes::Bytes;

use super::event::{Event, Finish, Transmit};
use super::links::Post;
use super::session::{Session, State};
use crate::link::LinkId;
use crate::upgrade::Probe;
use crate::ws::CloseCode;
use crate::{Outgoing, Packet, PayloadEncoder};

/// Packets in one POST for a server that has not shown that it takes more.
const CAUTIOUS_PACKETS: usize = 16;

/// Bytes in one POST for a server that did not say what it accepts: the usual limit.
const USUAL_MAX_PAYLOAD: usize = 1_000_000;

impl Session {
    /// How many bytes a POST's body may hold. A single packet that is larger goes alone.
    pub fn post_budget(&self) -> usize {
        self.max_payload().unwrap_or(USUAL_MAX_PAYLOAD)
    }

    /// The body of a POST: all packets that are waiting, within the [budget](Self::post_budget).
    pub fn post_body(&mut self, post: LinkId) -> Bytes {
        let mut payload = PayloadEncoder::new();
        let budget = self.post_budget();
        while let Transmit::Packet(packet) = self.poll_transmit(post, payload.room(budget)) {
            payload.push(&packet);
        }
        payload.finish()
    }

    /// What `link` shall do next. `room` is what is left of a POST's [budget](Self::post_budget); a WebSocket may
    /// write until it has enough for one write.
    pub fn poll_transmit(&mut self, link: LinkId, room: usize) -> Transmit {
        match self.links.post {
            Some(post) if post.link == link => return self.transmit_post(post, room),
            _ => {}
        }
        if self.links.websocket == Some(link) {
            self.transmit_websocket()
        } else if self.probe.link() == Some(link) {
            self.probe.take_question().map_or(Transmit::Wait, |packet| Transmit::Packet(packet.into()))
        } else if self.links.is_poll(link) {
            Transmit::Wait
        } else {
            Transmit::Finish(Finish::Close(self.close_code()))
        }
    }

    /// Everything that a WebSocket may write in one go, about `max_bytes` of data: what
    /// [`poll_transmit`](Self::poll_transmit) says, packet by packet, until there is enough.
    pub fn poll_transmit_all(
        &mut self,
        link: LinkId,
        max_bytes: usize,
        into: &mut VecDeque<Outgoing>,
    ) -> Option<Finish> {
        if self.only_messages(link) && self.outbound.take_all(max_bytes, into) {
            self.note_drained();
            return None;
        }
        Transmit::gather(max_bytes, into, || self.poll_transmit(link, usize::MAX))
    }

    /// Whether messages are all that `link` has to write, and there are some.
    fn only_messages(&self, link: LinkId) -> bool {
        self.links.websocket == Some(link)
            && self.state == State::Open
            && !self.probe.has_moved()
            && self.pongs.is_empty()
            && !self.outbound.is_empty()
    }

    fn transmit_post(&mut self, mut post: Post, room: usize) -> Transmit {
        if post.sent {
            return Transmit::Wait;
        }
        let full = post.packets >= CAUTIOUS_PACKETS && !self.large_posts;
        let fits = post.packets == 0 || self.next_payload_len().is_some_and(|len| len <= room);
        let next = if fits && !full { self.take_next() } else { None };
        post.packets += usize::from(next.is_some());
        post.sent = next.is_none();
        self.links.post = Some(post);
        next.map_or(Transmit::Finish(Finish::Payload), Transmit::Packet)
    }

    fn transmit_websocket(&mut self) -> Transmit {
        match self.take_next() {
            Some(packet) => Transmit::Packet(packet),
            None if self.is_said() => Transmit::Finish(Finish::Close(CloseCode::NORMAL)),
            None => Transmit::Wait,
        }
    }

    /// Whether [`poll_transmit`](Self::poll_transmit) has something for `link` to do. O(1). True for links that
    /// have ended: there it is to finish.
    pub fn link_wants(&self, link: LinkId) -> bool {
        match self.links.post {
            Some(post) if post.link == link => return !post.sent,
            _ => {}
        }
        if self.links.websocket == Some(link) {
            self.has_something_to_say() || self.is_said()
        } else if self.probe.link() == Some(link) {
            self.probe.wants_to_ask()
        } else {
            !self.links.is_poll(link)
        }
    }

    /// Whether `link` is of no more use. A request, or a WebSocket that is not open yet, can then be dropped; an
    /// open one asks [`poll_transmit`](Self::poll_transmit) how to close.
    pub fn has_ended(&self, link: LinkId) -> bool {
        let websocket = self.links.websocket == Some(link) || self.probe.link() == Some(link);
        !websocket && !self.links.is_poll(link) && !self.links.is_post(link)
    }

    /// Whether a packet waits for a POST or the WebSocket.
    pub(super) fn has_something_to_say(&self) -> bool {
        match self.state {
            State::Open => {
                let waits = !self.outbound.is_empty() && !self.is_holding();
                self.probe.has_moved() || !self.pongs.is_empty() || waits
            }
            State::Closing { said } => !said,
            State::Connecting | State::Mute | State::Closed(_) => false,
        }
    }

    /// Whether messages wait for the end of an upgrade.
    fn is_holding(&self) -> bool {
        let undecided = !matches!(self.probe, Probe::Idle | Probe::Moved);
        self.config.hold_for_upgrade && undecided && self.state == State::Open
    }

    /// Length of the next packet in a polling payload.
    fn next_payload_len(&self) -> Option<usize> {
        let pong = self.pongs.next_len().map(|len| 1 + len);
        let message = || self.outbound.front_payload_len().filter(|_| !self.is_holding());
        pong.or_else(message).or_else(|| self.farewell_waits().then_some(1))
    }

    /// The next packet: a pong before any message, so that a long queue does not look like a dead client.
    fn take_next(&mut self) -> Option<Outgoing> {
        if let Some(first) = self.probe.take_completion() {
            return Some(first.into());
        }
        if let Some(data) = self.pongs.take() {
            return Some(Packet::Pong(data).into());
        }
        self.pop().or_else(|| self.take_farewell())
    }

    fn pop(&mut self) -> Option<Outgoing> {
        if self.is_holding() {
            return None;
        }
        let packet = self.outbound.pop()?;
        self.note_drained();
        Some(packet)
    }

    fn note_drained(&mut self) {
        if self.config.drain_events && self.outbound.is_empty() {
            self.inbound.push_once(Event::Drained);
        }
    }

    fn farewell_waits(&self) -> bool {
        self.state == State::Closing { said: false }
    }

    fn take_farewell(&mut self) -> Option<Outgoing> {
        let waits = self.farewell_waits();
        if waits {
            self.state = State::Closing { said: true };
        }
        waits.then(|| Packet::Close.into())
    }
}
