//! When a client connects again.

use std::time::Duration;

use crate::DisconnectReason;

/// How a client connects again after its session was lost: exponential back-off with jitter.
///
/// The delay before attempt `n` is `initial_delay * factor^(n - 1)`, at most `max_delay`, and of that a random part
/// between `1 - jitter` and 1, so that the clients of a server that restarts do not come back all at once. A server
/// that names a later time with `Retry-After` is waited for, up to `max_delay`. A session that stays open for
/// `stable_after` ends the count: the next loss begins with attempt 1 and the initial delay. One that is lost sooner
/// does not, so that a server which takes every session and ends it at once is asked less and less often.
///
/// A new session is a new one: the server has forgotten the old one, and messages that were not confirmed are
/// counted in [`Disconnect::unconfirmed`](super::Disconnect::unconfirmed) and never sent again by the client.
///
/// ```
/// use std::time::Duration;
/// use engineio_proto::client::Reconnect;
///
/// let policy = Reconnect {
///     max_attempts: Some(10),
///     max_delay: Duration::from_secs(30),
///     ..Reconnect::default()
/// };
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Reconnect {
    /// Delay before the first attempt. Default 500 ms.
    pub initial_delay: Duration,
    /// Longest delay. Default 10 s.
    pub max_delay: Duration,
    /// Growth of the delay from one attempt to the next, at least 1. Default 2.
    pub factor: f64,
    /// Which part of the delay is random, from 0 to 1. Default 0.5.
    pub jitter: f64,
    /// How long a session has to be open to end the count of attempts. Default 5 s.
    pub stable_after: Duration,
    /// Most attempts in a row, without a session between them that lasted. Default none: until the application closes
    /// the client.
    pub max_attempts: Option<u32>,
    /// No attempt begins later than this after the last session was lost, however short that one was. Default none.
    pub max_elapsed: Option<Duration>,
    /// Whether the first connection is tried repeatedly as well; if not, its failure is returned at once. Default no.
    pub first_connect: bool,
    /// Whether to connect again after the server closed the session in an orderly way. Default yes: servers that
    /// restart do so.
    pub after_server_disconnect: bool,
}

impl Default for Reconnect {
    fn default() -> Self {
        Self {
            initial_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(10),
            factor: 2.0,
            jitter: 0.5,
            stable_after: Duration::from_secs(5),
            max_attempts: None,
            max_elapsed: None,
            first_connect: false,
            after_server_disconnect: true,
        }
    }
}

impl Reconnect {
    /// Whether another session is to follow one that was open and ended for this reason.
    pub fn follows(&self, reason: DisconnectReason) -> bool {
        let wanted = match reason {
            DisconnectReason::ClientDisconnect => false,
            DisconnectReason::ServerDisconnect => self.after_server_disconnect,
            _ => true,
        };
        wanted && self.max_attempts != Some(0)
    }
}
