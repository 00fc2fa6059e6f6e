//! The upgrade from polling to WebSocket.
//!
//! ```text
//!            WebSocket opens           2probe             5
//!   Idle  ───────────────────▶ Probing ──────▶ Probed ─────▶ Idle, transport is websocket
//!     ▲                           │               │
//!     └── wrong packet, closed, timeout ──────────┘          transport stays polling
//! ```
//!
//! The client has its [`Probe`]: it asks, and once it is answered it lets the GET and the POST under way come to
//! their end before it moves, so that no packet is on two transports at once.
//!
//! ```text
//!             offered               3probe              no GET, no POST under way
//!   Wanted ────────────▶ Probing ──────────▶ Pausing ──────────────────────────────▶ `5`, websocket
//!                           │                   │
//!                           └── wrong packet, closed, timeout ──▶ polling goes on
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
    /// Somebody else conducts it (another node, a host's own code): packets are kept for the WebSocket.
    Elsewhere,
    /// The probe came; the client may complete the upgrade at any time.
    Probed(LinkId),
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
            Self::Idle | Self::Elsewhere => None,
            Self::Probing(link) | Self::Probed(link) => Some(link),
        }
    }

    /// Whether polls are being released.
    pub(crate) const fn is_probed(self) -> bool {
        matches!(self, Self::Probed(_))
    }

    /// Whether a WebSocket may begin one.
    pub(crate) const fn is_free(self) -> bool {
        matches!(self, Self::Idle | Self::Elsewhere)
    }

    /// A packet came on the WebSocket of this attempt.
    pub(crate) fn advance(&mut self, packet: &Packet) -> Step {
        match (*self, packet) {
            (Self::Probing(link), Packet::Ping(data)) if *data == PROBE => {
                *self = Self::Probed(link);
                Step::Probed
            }
            (Self::Probed(_), Packet::Upgrade) => {
                *self = Self::Idle;
                Step::Complete
            }
            _ => {
                *self = Self::Idle;
                Step::Failed
            }
        }
    }
}

/// Where the client's half of an upgrade stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Probe {
    /// None under way, and none will be.
    #[default]
    Idle,
    /// The server offers it and the application allows it.
    Wanted,
    /// The WebSocket opens; its probe is not answered.
    Probing {
        /// The WebSocket.
        link: LinkId,
        /// Whether `2probe` was handed to the driver.
        asked: bool,
    },
    /// The probe was answered: polling comes to rest.
    Pausing(LinkId),
    /// The session is on its WebSocket; `5` is the first thing to say there.
    Moved,
}

impl Probe {
    /// The WebSocket of the attempt under way.
    pub(crate) const fn link(self) -> Option<LinkId> {
        match self {
            Self::Idle | Self::Wanted | Self::Moved => None,
            Self::Probing { link, .. } | Self::Pausing(link) => Some(link),
        }
    }

    /// Whether no GET and no POST is to begin.
    pub(crate) const fn is_pausing(self) -> bool {
        matches!(self, Self::Pausing(_))
    }

    /// Whether `2probe` is still to be written.
    pub(crate) const fn wants_to_ask(self) -> bool {
        matches!(self, Self::Probing { asked: false, .. })
    }

    /// Takes the question, once.
    pub(crate) fn take_question(&mut self) -> Option<Packet> {
        match self {
            Self::Probing { asked: asked @ false, .. } => {
                *asked = true;
                Some(Packet::Ping(PROBE))
            }
            _ => None,
        }
    }

    /// Whether `5` is still to be written.
    pub(crate) const fn has_moved(self) -> bool {
        matches!(self, Self::Moved)
    }

    /// Takes the packet that completes the upgrade, once.
    pub(crate) fn take_completion(&mut self) -> Option<Packet> {
        let moved = self.has_moved();
        if moved {
            *self = Self::Idle;
        }
        moved.then_some(Packet::Upgrade)
    }

    /// A packet came on the WebSocket of this attempt. False when it is over: the server broke the rules.
    pub(crate) fn advance(&mut self, packet: &Packet) -> bool {
        match (*self, packet) {
            (Self::Probing { link, asked: true }, Packet::Pong(data)) if *data == PROBE => {
                *self = Self::Pausing(link);
                true
            }
            // Some servers let a noop of the polling side slip onto the WebSocket.
            (Self::Probing { .. } | Self::Pausing(_), Packet::Noop) => true,
            _ => false,
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
        assert_eq!(upgrade.advance(&Packet::Ping(PROBE)), Step::Probed);
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
        let mut upgrade = Upgrade::Probed(LINK);
        assert_eq!(upgrade.advance(&Packet::Ping(PROBE)), Step::Failed);
    }

    #[test]
    fn the_client_asks_once_and_pauses_when_answered() {
        let mut probe = Probe::Probing { link: LINK, asked: false };
        assert!(!probe.advance(&Packet::Pong(PROBE)), "nobody asked yet");
        assert_eq!(probe.take_question(), Some(Packet::Ping(PROBE)));
        assert_eq!(probe.take_question(), None);
        assert!(probe.advance(&Packet::Noop));
        assert!(!probe.is_pausing());
        assert!(probe.advance(&Packet::Pong(PROBE)));
        assert!(probe.is_pausing());
        assert!(!probe.advance(&Packet::Pong(PROBE)));
    }

    #[test]
    fn a_wrong_answer_is_none() {
        for packet in [Packet::PONG, Packet::Ping(PROBE), Packet::Message("probe".into()), Packet::Close] {
            assert!(!Probe::Probing { link: LINK, asked: true }.advance(&packet), "{packet:?}");
        }
    }
}
