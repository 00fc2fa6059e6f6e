//! A WebSocket connection.

use std::time::Duration;

use engineio_proto::{Instant, LinkId};

use crate::pair::Side;
use crate::pipe::Pipe;

/// How long the side that closes waits for the other.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// A WebSocket connection, from the client's request to the end of both sides.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The client's link.
    pub(crate) link: LinkId,
    /// The server's link, once the request is there.
    pub(crate) server_link: Option<LinkId>,
    pub(crate) stage: Opening,
    /// From the client to the server.
    pub(crate) up: Pipe,
    /// From the server to the client.
    pub(crate) down: Pipe,
    pub(crate) client: Tip,
    pub(crate) server: Tip,
    /// Whether the client has read anything.
    pub(crate) used: bool,
}

/// How far the opening handshake has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// The request arrives then.
    Request(Instant),
    /// The client learns then that it is open.
    Accepted(Instant),
    /// The client learns then that it was refused.
    Refused(Instant, u16),
    /// The client learns then that it failed.
    Failed(Instant),
    /// Nothing arrives any more, and nobody is told.
    Silent,
    /// Over, one way or the other.
    Done,
}

/// What one side makes of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tip {
    /// Not yet open here.
    Waiting,
    /// Open.
    Open,
    /// Closed by this side, whose session still gets what comes.
    Leaving,
    /// Closed by this side, which waits for the other until then.
    Closing(Instant),
    /// Over.
    Gone,
}

impl Connection {
    pub(crate) const fn new(link: LinkId, arrival: Instant) -> Self {
        Self {
            link,
            server_link: None,
            stage: Opening::Request(arrival),
            up: Pipe::new(),
            down: Pipe::new(),
            client: Tip::Waiting,
            server: Tip::Waiting,
            used: false,
        }
    }

    /// The client no longer waits for it to open.
    pub(crate) fn give_up(&mut self, arrival: Instant) {
        self.stage = Opening::Done;
        self.client = Tip::Gone;
        self.up.end(arrival);
    }

    /// Nothing arrives any more, and nobody is told.
    pub(crate) fn silence(&mut self) {
        if self.stage != Opening::Done {
            self.stage = Opening::Silent;
        }
        self.up.silence();
        self.down.silence();
    }

    /// The connection breaks; of what is on its way each side still gets so many frames.
    pub(crate) fn cut(&mut self, kept: (usize, usize), up: Instant, down: Instant) {
        if self.client == Tip::Waiting && self.stage != Opening::Done {
            self.stage = Opening::Failed(down);
        }
        self.up.cut(kept.0, up);
        self.down.cut(kept.1, down);
    }

    pub(crate) const fn tip(&self, side: Side) -> Tip {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }

    pub(crate) const fn tip_mut(&mut self, side: Side) -> &mut Tip {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    /// Where `side` reads.
    pub(crate) const fn inbound(&mut self, side: Side) -> &mut Pipe {
        match side {
            Side::Client => &mut self.down,
            Side::Server => &mut self.up,
        }
    }

    /// Where `side` writes.
    pub(crate) const fn outbound(&mut self, side: Side) -> &mut Pipe {
        self.inbound(side.other())
    }

    pub(crate) const fn opening_time(&self) -> Option<Instant> {
        match self.stage {
            Opening::Request(at) | Opening::Accepted(at) | Opening::Refused(at, _) | Opening::Failed(at) => {
                Some(at)
            }
            Opening::Silent | Opening::Done => None,
        }
    }

    /// Whether nothing will happen to it any more.
    pub(crate) fn is_over(&self) -> bool {
        let over = |tip| matches!(tip, Tip::Gone | Tip::Waiting);
        self.stage == Opening::Done && over(self.client) && over(self.server)
    }

    /// When `side` has something to read or to give up, if it reads.
    pub(crate) fn reading_time(&self, side: Side, reads: bool) -> Option<Instant> {
        let pipe = match side {
            Side::Client => &self.down,
            Side::Server => &self.up,
        };
        match self.tip(side) {
            Tip::Open | Tip::Leaving if reads => pipe.next_time(),
            Tip::Closing(deadline) => Some(pipe.next_time().map_or(deadline, |at| at.min(deadline))),
            Tip::Waiting | Tip::Open | Tip::Leaving | Tip::Gone => None,
        }
    }
}
