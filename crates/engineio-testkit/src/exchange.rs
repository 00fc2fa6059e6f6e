//! One HTTP request and its response.

use std::time::Duration;

use bytes::Bytes;
use engineio_proto::client::LinkKind;
use engineio_proto::{Instant, LinkId};

/// How long the server's driver waits for a body.
const BODY_PATIENCE: Duration = Duration::from_secs(10);

/// A GET or POST on its way there or back.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// The client's link.
    pub(crate) link: LinkId,
    pub(crate) kind: LinkKind,
    /// What a POST carries.
    pub(crate) body: Bytes,
    /// The server's link, once the request is there.
    pub(crate) server_link: Option<LinkId>,
    /// The client has dropped it.
    pub(crate) orphan: bool,
    pub(crate) stage: Stage,
}

/// How far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The head arrives then.
    Head(Instant),
    /// The server knows the head; the body arrives then.
    Body(Instant),
    /// The server has it all.
    Serving,
    /// The response arrives then.
    Answer(Instant, Answer),
    /// The client learns then that there will be no response.
    Lost(Instant),
    /// The server learns then that the client has gone.
    HungUp(Instant),
    /// The server gives up then on a body that does not come.
    Overdue(Instant),
    /// Nothing arrives any more, and nobody is told.
    Silent,
    /// Complete.
    Over,
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

impl Exchange {
    pub(crate) const fn next_time(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Head(at)
            | Stage::Body(at)
            | Stage::Answer(at, _)
            | Stage::Lost(at)
            | Stage::HungUp(at)
            | Stage::Overdue(at) => Some(*at),
            Stage::Serving | Stage::Silent | Stage::Over => None,
        }
    }

    /// The response takes that much longer.
    pub(crate) fn delay(&mut self, by: Duration) {
        if let Stage::Answer(at, _) = &mut self.stage {
            *at = *at + by;
        }
    }

    /// Nothing arrives any more, and nobody is told.
    pub(crate) fn silence(&mut self, now: Instant) {
        self.stage = match self.stage {
            Stage::Body(_) => Stage::Overdue(now + BODY_PATIENCE),
            _ => Stage::Silent,
        };
    }

    /// Whether the server's session holds a link for it.
    pub(crate) const fn is_served(&self) -> bool {
        matches!(self.stage, Stage::Body(_) | Stage::Serving)
    }
}
