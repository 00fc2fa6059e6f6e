//! The upgrade from polling to WebSocket.
//!
//! ```text
//!            WebSocket opens           2probe             5
//!   Idle  ───────────────────▶ Probing ──────▶ Probed ─────▶ Idle, transport is websocket
//!     ▲                           │               │
//!     └── wrong packet, closed, timeout ──────────┘          transport stays polling
//! ```

use std::time::Duration;

use crate::link::LinkId;
use crate::{Packet, Text};

/// The data of the probe's ping and pong.
pub(crate) const PROBE: Text = Text::from_static("probe");

/// A poll that waits when the probe comes gets its noop after this: later than `3probe`, so that the client is
/// ready to stop polling.
pub(crate) const FIRST_HOLD: Duration = Duration::from_millis(10);

/// A poll that comes while the client could already have completed the upgrade is held this long, so that
/// clients do not spin.
pub(crate) const HOLD: Duration = Duration::from_millis(100);

/// Where the server's half of an upgrade stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Upgrade {
    /// None under way.
    #[default]
    Idle,
    /// A WebSocket is open and has not sent its probe.
    Probing(LinkId),
    /// The probe came; the client may complete the upgrade at any time.
    Probed {
        /// The WebSocket.
        link: LinkId,
        /// Whether `3probe` was handed to the driver.
        answered: bool,
    },
}

/// What a packet on the probing WebSocket means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The probe was accepted.
    Probed,
    /// The client has moved.
    Complete,
    /// The client broke the rules: this attempt is over.
    Failed,
}

impl Upgrade {
    /// The WebSocket of the attempt under way.
    pub(crate) const fn link(self) -> Option<LinkId> {
        match self {
            Self::Idle => None,
            Self::Probing(link) | Self::Probed { link, .. } => Some(link),
        }
    }

    /// Whether polls are being released.
    pub(crate) const fn is_probed(self) -> bool {
        matches!(self, Self::Probed { .. })
    }

    /// A packet came on the WebSocket of this attempt.
    pub(crate) fn advance(&mut self, packet: &Packet) -> Step {
        match (*self, packet) {
            (Self::Probing(link), Packet::Ping(data)) if *data == PROBE => {
                *self = Self::Probed { link, answered: false };
                Step::Probed
            }
            (Self::Probed { .. }, Packet::Upgrade) => {
                *self = Self::Idle;
                Step::Complete
            }
            _ => {
                *self = Self::Idle;
                Step::Failed
            }
        }
    }

    /// Whether `3probe` is still to be written.
    pub(crate) const fn wants_answer(self) -> bool {
        matches!(self, Self::Probed { answered: false, .. })
    }

    /// Takes the answer to the probe, once.
    pub(crate) fn take_answer(&mut self) -> Option<Packet> {
        match self {
            Self::Probed { answered: answered @ false, .. } => {
                *answered = true;
                Some(Packet::Pong(PROBE))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: LinkId = LinkId(7);

    #[test]
    fn probe_then_upgrade() {
        let mut upgrade = Upgrade::Probing(LINK);
        assert_eq!(upgrade.take_answer(), None);
        assert_eq!(upgrade.advance(&Packet::Ping(PROBE)), Step::Probed);
        assert_eq!(upgrade.take_answer(), Some(Packet::Pong(PROBE)));
        assert_eq!(upgrade.take_answer(), None);
        assert_eq!(upgrade.advance(&Packet::Upgrade), Step::Complete);
        assert_eq!(upgrade.link(), None);
    }

    #[test]
    fn anything_else_fails_the_attempt() {
        let wrong = [Packet::Upgrade, Packet::PING, Packet::Message("probe".into()), Packet::Noop];
        for packet in wrong {
            let mut upgrade = Upgrade::Probing(LINK);
            assert_eq!(upgrade.advance(&packet), Step::Failed, "{packet:?}");
            assert_eq!(upgrade, Upgrade::Idle);
        }
        let mut upgrade = Upgrade::Probed { link: LINK, answered: true };
        assert_eq!(upgrade.advance(&Packet::Ping(PROBE)), Step::Failed);
    }
}
