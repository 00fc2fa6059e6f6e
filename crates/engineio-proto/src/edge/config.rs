//! What the edge is configured with.

use super::{Cors, EdgePath, ReplyStyle, SessionCookie};
use crate::{Transport, TransportSet};

/// How requests are judged and answered. The default is the protocol's specification: both transports, upgrades,
/// the server's own pages only, no cookie.
#[derive(Clone, Debug)]
pub struct EdgeConfig {
    /// The path of the server: `/engine.io`, with and without a slash at the end.
    pub path: EdgePath,
    /// Which transports are offered.
    pub transports: TransportSet,
    /// Whether a session may move from polling to WebSocket.
    pub allow_upgrades: bool,
    /// Whether the host can hand a connection over to WebSocket at all.
    pub host_can_upgrade: bool,
    /// Which pages may talk to the server.
    pub cors: Cors,
    /// Whose replies are given.
    pub style: ReplyStyle,
    /// A cookie with the session id at the handshake, for load balancers that look at cookies.
    pub cookie: Option<SessionCookie>,
    /// Whether `j=` asks for JSONP; if not, it is a bad request.
    pub jsonp: bool,
}

impl Default for EdgeConfig {
    fn default() -> Self {
        Self {
            path: EdgePath::default(),
            transports: TransportSet::ALL,
            allow_upgrades: true,
            host_can_upgrade: true,
            cors: Cors::default(),
            style: ReplyStyle::Spec,
            cookie: None,
            jsonp: false,
        }
    }
}

impl EdgeConfig {
    /// Refuses what cannot work or is not safe. To be called once, before the first request.
    ///
    /// # Errors
    ///
    /// Names the option, its value and what to choose instead.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.transports.is_empty() {
            return Err(ConfigError::NoTransport);
        }
        if !self.host_can_upgrade && !self.transports.contains(Transport::Polling) {
            return Err(ConfigError::HostCannotUpgrade);
        }
        self.cors.validate()
    }

    /// The `upgrades` of the open packet: what a session on `transport` may move to.
    pub fn upgrades(&self, transport: Transport) -> Vec<Transport> {
        match transport {
            Transport::Polling if self.can_upgrade() => vec![Transport::WebSocket],
            Transport::Polling | Transport::WebSocket => Vec::new(),
        }
    }

    pub(super) fn can_upgrade(&self) -> bool {
        self.allow_upgrades && self.host_can_upgrade && self.transports.contains(Transport::WebSocket)
    }
}

/// Options that cannot work together, or not safely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The set of transports is empty.
    #[error("no valid transports provided: `transports` is empty; expected polling, websocket or both")]
    NoTransport,
    /// WebSocket is the only transport, and the host cannot hand connections over to it.
    #[error(
        "`transports` is websocket only, but this host cannot upgrade connections; \
         add polling, or let the host upgrade"
    )]
    HostCannotUpgrade,
    /// Any page could use the cookies of whoever visits it.
    #[error(
        "`cors_allowed_origins` is any (`*`) while `cors_credentials` is true, so every site could act as the \
         user who visits it; list the origins (AllowedOrigins::list([\"https://app.example\"])) or set \
         `cors_credentials` to false"
    )]
    AnyOriginWithCredentials,
}

#[cfg(test)]
mod tests {
    use super::super::AllowedOrigins;
    use super::*;

    #[test]
    fn upgrades_are_offered_only_where_they_can_happen() {
        use Transport::{Polling, WebSocket};
        let both = TransportSet::ALL;
        for (transports, allowed, host, from, wanted) in [
            (both, true, true, Polling, vec![WebSocket]),
            (both, true, true, WebSocket, vec![]),
            (both, false, true, Polling, vec![]),
            (both, true, false, Polling, vec![]),
            (Polling.into(), true, true, Polling, vec![]),
        ] {
            let config = EdgeConfig {
                transports,
                allow_upgrades: allowed,
                host_can_upgrade: host,
                ..EdgeConfig::default()
            };
            assert_eq!(config.upgrades(from), wanted);
        }
    }

    #[test]
    fn unsafe_or_useless_options_are_named() {
        let any = Cors { origins: AllowedOrigins::Any, ..Cors::default() };
        let websocket = TransportSet::from(Transport::WebSocket);
        for (config, wanted) in [
            (EdgeConfig::default(), Ok(())),
            (EdgeConfig { transports: websocket, ..EdgeConfig::default() }, Ok(())),
            (EdgeConfig { host_can_upgrade: false, ..EdgeConfig::default() }, Ok(())),
            (
                EdgeConfig { transports: TransportSet::EMPTY, ..EdgeConfig::default() },
                Err(ConfigError::NoTransport),
            ),
            (
                EdgeConfig { transports: websocket, host_can_upgrade: false, ..EdgeConfig::default() },
                Err(ConfigError::HostCannotUpgrade),
            ),
            (
                EdgeConfig { cors: any.clone(), ..EdgeConfig::default() },
                Err(ConfigError::AnyOriginWithCredentials),
            ),
            (EdgeConfig { cors: Cors { credentials: false, ..any }, ..EdgeConfig::default() }, Ok(())),
        ] {
            assert_eq!(config.validate(), wanted);
        }
        let text = ConfigError::AnyOriginWithCredentials.to_string();
        assert!(text.contains("cors_credentials") && text.contains("AllowedOrigins::list"), "{text}");
    }
}
