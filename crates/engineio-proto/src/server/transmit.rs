//! What goes out over the links.

use std::collections::VecDeque;

use super::event::{Event, Finish, Transmit};
use super::links::{Poll, Stage};
use super::session::{LastPacket, Session, State};
use crate::edge::Refusal;
use crate::link::LinkId;
use crate::upgrade::Upgrade;
use crate::ws::CloseCode;
use crate::{Outgoing, Packet, Transport};

impl Session {
    /// What `link` shall do next. `room` is what is left of a poll's byte budget; a WebSocket may write until it
    /// has enough for one write.
    ///
    /// A poll that is finished, and a POST that is accepted, need no [`handle_closed`](Self::handle_closed).
    pub fn poll_transmit(&mut self, link: LinkId, room: usize) -> Transmit {
        match self.links.poll {
            Some(poll) if poll.link == link => return self.transmit_poll(poll, room),
            _ => {}
        }
        if let Some(answer) = self.links.take_probe_answer(link) {
            return Transmit::Packet(answer.into());
        }
        if self.links.websocket == Some(link) {
            return self.transmit_websocket();
        }
        if self.upgrade.link() == Some(link) {
            return Transmit::Wait;
        }
        match self.links.post {
            Some(post) if post.link == link => self.transmit_post(post.stage),
            _ => Transmit::Finish(Finish::Close(self.links.close_code(link))),
        }
    }

    /// Everything that a WebSocket may write in one go, about `max_bytes` of data: what
    /// [`poll_transmit`](Self::poll_transmit) says, packet by packet, until there is enough.
    #[inline]
    pub fn poll_transmit_all(
        &mut self,
        link: LinkId,
        max_bytes: usize,
        into: &mut VecDeque<Outgoing>,
    ) -> Option<Finish> {
        if self.links.websocket == Some(link) && self.only_queue() {
            let had = !self.outbound.is_empty();
            if self.outbound.take_all(max_bytes, into) {
                if had {
                    self.note_drained();
                }
                return None;
            }
        }
        Transmit::gather(max_bytes, into, || self.poll_transmit(link, usize::MAX))
    }

    /// Whether the queue is all that the WebSocket has to write.
    #[inline]
    fn only_queue(&self) -> bool {
        self.state == State::Open && self.links.unanswered_probe.is_none()
    }

    fn transmit_poll(&mut self, mut poll: Poll, room: usize) -> Transmit {
        let full = self.config.max_packets_per_poll.is_some_and(|max| poll.packets >= max);
        let next = if full { None } else { self.next_for_poll(poll, room) };
        if let Some(packet) = next {
            poll.packets += 1;
            self.links.poll = Some(poll);
            return Transmit::Packet(packet);
        }
        if poll.packets == 0 && self.state != State::Closed {
            return Transmit::Wait;
        }
        self.links.poll_answered();
        self.conclude();
        Transmit::Finish(Finish::Payload)
    }

    /// The next packet of a poll's response: from the queue while the session is on polling, then the last one.
    fn next_for_poll(&mut self, poll: Poll, room: usize) -> Option<Outgoing> {
        if self.state == State::Opening {
            return None;
        }
        if self.serves_polls() {
            if let Some(len) = self.outbound.front_payload_len() {
                let fits = poll.packets == 0 || len <= room;
                return if fits { self.pop() } else { None };
            }
            if let Some(last) = self.take_last() {
                return Some(last);
            }
        }
        (poll.released && poll.packets == 0).then(|| Packet::Noop.into())
    }

    fn transmit_websocket(&mut self) -> Transmit {
        if self.state == State::Opening {
            return Transmit::Wait;
        }
        if let Some(packet) = self.pop().or_else(|| self.take_last()) {
            return Transmit::Packet(packet);
        }
        match &mut self.state {
            State::Opening | State::Open => Transmit::Wait,
            // The link stays: what the client sends is read until it closes, too.
            State::Leaving(farewell) => {
                farewell.code.take().map_or(Transmit::Wait, |code| Transmit::Finish(Finish::Close(code)))
            }
            State::Closing(farewell) => {
                let code = farewell.code.unwrap_or(CloseCode::NORMAL);
                self.finish();
                Transmit::Finish(Finish::Close(code))
            }
            State::Closed => Transmit::Finish(Finish::Close(CloseCode::NORMAL)),
        }
    }

    fn transmit_post(&mut self, stage: Stage) -> Transmit {
        let finish = match stage {
            Stage::Reading if !self.is_listening() => Finish::Refused(Refusal::SessionClosed),
            Stage::Queued if !self.is_listening() => Finish::Accepted,
            Stage::Accepted => Finish::Accepted,
            Stage::Reading | Stage::Queued => return Transmit::Wait,
        };
        self.links.post = None;
        Transmit::Finish(finish)
    }

    /// Whether [`poll_transmit`](Self::poll_transmit) has something for `link` to do. O(1). True for links that
    /// have ended: there it is to finish.
    #[inline]
    pub fn link_wants(&self, link: LinkId) -> bool {
        if let Some(poll) = self.links.poll
            && poll.link == link
        {
            let waits = self.serves_polls() && self.has_something_to_say();
            return waits || poll.released || poll.packets > 0;
        }
        if self.links.unanswered_probe == Some(link) {
            return true;
        }
        if self.links.websocket == Some(link) {
            return self.has_something_to_say();
        }
        let waits = self.links.is_post(link) && self.is_listening() && !self.links.post_accepted();
        !(waits || self.upgrade.link() == Some(link))
    }

    /// Whether polls get what is queued.
    fn serves_polls(&self) -> bool {
        self.transport == Transport::Polling && self.upgrade != Upgrade::Elsewhere
    }

    fn has_something_to_say(&self) -> bool {
        match self.state {
            State::Opening => false,
            State::Open => !self.outbound.is_empty(),
            State::Leaving(_) => !self.is_told(),
            State::Closing(_) | State::Closed => true,
        }
    }

    /// Takes the last packet, once.
    fn take_last(&mut self) -> Option<Outgoing> {
        let (State::Leaving(farewell) | State::Closing(farewell)) = &mut self.state else { return None };
        let packet = match farewell.packet.take()? {
            LastPacket::Close => Packet::Close,
            LastPacket::Noop => Packet::Noop,
        };
        Some(packet.into())
    }

    /// Takes the last packet for a reply that no link stands for.
    pub(super) fn say_last(&mut self) -> Option<Outgoing> {
        let last = self.take_last()?;
        self.give_up();
        Some(last)
    }

    /// Whether everything was said to a client that is being told of the end.
    pub(super) fn is_told(&self) -> bool {
        let (State::Leaving(farewell) | State::Closing(farewell)) = self.state else { return false };
        let closed = self.transport == Transport::Polling || farewell.code.is_none();
        farewell.packet.is_none() && closed && self.outbound.is_empty()
    }

    fn pop(&mut self) -> Option<Outgoing> {
        let packet = self.outbound.pop()?;
        self.note_drained();
        Some(packet)
    }

    fn note_drained(&mut self) {
        if self.config.drain_events && self.outbound.is_empty() {
            self.inbound.push_once(Event::Drained);
        }
    }
}
