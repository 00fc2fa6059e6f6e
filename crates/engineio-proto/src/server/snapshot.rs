//! What others may know of a session and set: hosts with attributes of their own, another node that takes over.

use super::session::{Session, State};
use crate::upgrade::Upgrade;
use crate::{DisconnectReason, Instant, Transport};

/// Where a session stands, apart from its queues and links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// How packets travel.
    pub transport: Transport,
    /// Whether an upgrade is under way.
    pub upgrading: bool,
    /// When the ping was sent that waits for its pong.
    pub pinged_at: Option<Instant>,
    /// Whether the session has ended for the application.
    pub ended: bool,
    /// Whether nothing is left to say either.
    pub finished: bool,
}

impl Session {
    /// Where the session stands.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            transport: self.transport,
            upgrading: self.upgrade != Upgrade::Idle,
            pinged_at: self.heartbeat.pinged_at(),
            ended: !self.is_alive(),
            finished: self.state == State::Closed,
        }
    }

    /// Puts the session where the snapshot says, as far as it differs. An ended session stays ended; an upgrade
    /// that is set here is somebody else's to conduct, until a WebSocket opens.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use engineio_proto::server::{Session, Snapshot};
    /// use engineio_proto::{Instant, SessionConfig, Sid, Transport};
    ///
    /// let sid = Sid::from_random([7; 16]);
    /// let mut session = Session::hosted(&Arc::new(SessionConfig::default()), sid);
    /// let moved = Snapshot { transport: Transport::WebSocket, ..session.snapshot() };
    /// session.restore(Instant::EPOCH, moved);
    /// assert_eq!(session.transport(), Transport::WebSocket);
    /// ```
    pub fn restore(&mut self, now: Instant, snapshot: Snapshot) {
        let current = self.snapshot();
        self.transport = snapshot.transport;
        if snapshot.upgrading != current.upgrading {
            self.fail_upgrade();
            self.upgrade = if snapshot.upgrading { Upgrade::Elsewhere } else { Upgrade::Idle };
        }
        if snapshot.pinged_at != current.pinged_at {
            let timeout = self.config.ping_timeout;
            self.heartbeat.restore(&mut self.timers, snapshot.pinged_at, timeout);
        }
        if snapshot.finished {
            self.abort(now, DisconnectReason::ServerDisconnect);
        } else if snapshot.ended {
            self.close(now, DisconnectReason::ServerDisconnect);
        }
    }
}
