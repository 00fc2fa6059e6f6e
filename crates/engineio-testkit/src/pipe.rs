//! One direction of a WebSocket connection.

use std::collections::VecDeque;

use engineio_proto::{Instant, Packet};

/// Frames that fit on the way: enough to keep it busy, few enough that writers feel a reader who stops.
const CAPACITY: usize = 6;

/// What travels.
#[derive(Clone, Debug)]
pub(crate) enum Frame {
    /// One packet.
    Packet(Packet),
    /// The connection ends here.
    End,
}

/// Frames on their way, in order.
#[derive(Debug)]
pub(crate) struct Pipe {
    frames: VecDeque<(Instant, Frame)>,
    /// When the last one arrives: none overtakes.
    last: Instant,
    stalled_until: Instant,
    /// Nothing arrives any more, and nobody is told.
    silent: bool,
    ended: bool,
}

impl Pipe {
    pub(crate) const fn new() -> Self {
        Self {
            frames: VecDeque::new(),
            last: Instant::EPOCH,
            stalled_until: Instant::EPOCH,
            silent: false,
            ended: false,
        }
    }

    /// Whether another packet fits.
    pub(crate) fn has_room(&self) -> bool {
        self.frames.len() < CAPACITY
    }

    pub(crate) fn push(&mut self, arrival: Instant, packet: Packet) {
        if !self.ended {
            self.last = self.last.max(arrival);
            self.frames.push_back((self.last, Frame::Packet(packet)));
        }
    }

    /// Nothing follows.
    pub(crate) fn end(&mut self, arrival: Instant) {
        if !self.ended {
            self.last = self.last.max(arrival);
            self.frames.push_back((self.last, Frame::End));
            self.ended = true;
        }
    }

    /// The connection breaks: of what is on its way only the first `kept` frames arrive.
    pub(crate) fn cut(&mut self, kept: usize, arrival: Instant) {
        self.frames.truncate(kept);
        self.ended = false;
        self.last = Instant::EPOCH;
        self.end(arrival);
    }

    pub(crate) fn stall(&mut self, until: Instant) {
        self.stalled_until = self.stalled_until.max(until);
    }

    pub(crate) const fn silence(&mut self) {
        self.silent = true;
    }

    /// When the next frame can be read.
    pub(crate) fn next_time(&self) -> Option<Instant> {
        let (arrival, _) = self.frames.front().filter(|_| !self.silent)?;
        Some(self.stalled_until.max(*arrival))
    }

    /// The next frame, if it has arrived.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Frame> {
        self.next_time().filter(|at| *at <= now)?;
        self.frames.pop_front().map(|(_, frame)| frame)
    }
}
