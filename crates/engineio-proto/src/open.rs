//! The data of the `open` packet.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Sid, Text, Transport};

/// What the server tells a client at the handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPacket {
    /// The session's id.
    pub sid: Sid,
    /// Transports that the client may upgrade to; names that we do not know are left out.
    pub upgrades: Vec<Transport>,
    /// Time between two pings of the server; exact to the millisecond.
    pub ping_interval: Duration,
    /// How long the server waits for a pong.
    pub ping_timeout: Duration,
    /// Largest polling body and largest WebSocket message that the server accepts, in bytes; zero when it did
    /// not say.
    pub max_payload: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    #[serde(borrow)]
    sid: std::borrow::Cow<'a, str>,
    #[serde(default, borrow)]
    upgrades: Vec<std::borrow::Cow<'a, str>>,
    ping_interval: u64,
    ping_timeout: u64,
    #[serde(default)]
    max_payload: usize,
}

impl OpenPacket {
    /// The JSON text, as the packet carries it.
    pub fn encode(&self) -> Text {
        let json = Json {
            sid: self.sid.as_str().into(),
            upgrades: self.upgrades.iter().map(|transport| transport.name().into()).collect(),
            ping_interval: millis(self.ping_interval),
            ping_timeout: millis(self.ping_timeout),
            max_payload: self.max_payload,
        };
        // Strings and numbers always serialise: an error cannot happen, and an empty text would be no packet.
        serde_json::to_string(&json).unwrap_or_default().into()
    }

    /// Reads the JSON text of a server.
    ///
    /// # Errors
    ///
    /// The server's fault: no JSON object, a field that is missing or of another type, an unusable `sid`, or an
    /// interval of more than 24 hours.
    pub fn decode(text: &str) -> Result<Self, OpenError> {
        let json: Json<'_> =
            serde_json::from_str(text).map_err(|error| OpenError::Json(error.to_string()))?;
        Ok(Self {
            sid: Sid::parse(&json.sid).ok_or(OpenError::Sid)?,
            upgrades: json.upgrades.iter().filter_map(|name| Transport::from_name(name)).collect(),
            ping_interval: duration(json.ping_interval)?,
            ping_timeout: duration(json.ping_timeout)?,
            max_payload: json.max_payload,
        })
    }
}

/// Why an `open` packet is unusable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not the JSON object that the protocol asks for.
    #[error("not the JSON object of an open packet: {0}")]
    Json(String),
    /// The `sid` is empty, too long, or holds characters that have no place in a query.
    #[error("the sid is unusable")]
    Sid,
    /// An interval or timeout of more than 24 hours.
    #[error("a ping interval or timeout of more than 24 hours")]
    Interval,
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn duration(millis: u64) -> Result<Duration, OpenError> {
    let duration = Duration::from_millis(millis);
    if duration > Duration::from_secs(24 * 3600) { Err(OpenError::Interval) } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet() -> OpenPacket {
        OpenPacket {
            sid: Sid::parse("lv_VI97HAXpY6yYWAAAC").unwrap(),
            upgrades: vec![Transport::WebSocket],
            ping_interval: Duration::from_millis(300),
            ping_timeout: Duration::from_secs(20),
            max_payload: 1_000_000,
        }
    }

    #[test]
    fn the_wire_form_keeps_milliseconds() {
        let text = packet().encode();
        let wire = r#"{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"pingInterval":300,"pingTimeout":20000,"maxPayload":1000000}"#;
        assert_eq!(text, wire);
        assert_eq!(OpenPacket::decode(&text), Ok(packet()));
    }

    #[test]
    fn unknown_upgrades_and_fields_are_no_error() {
        let text = r#"{"sid":"a","upgrades":["webtransport"],"pingInterval":1,"pingTimeout":2,"x":[]}"#;
        let open = OpenPacket::decode(text).unwrap();
        assert_eq!((open.upgrades.len(), open.max_payload), (0, 0));
    }

    #[test]
    fn unusable_packets_are_refused() {
        for text in ["", "{}", "[]", r#"{"sid":"","pingInterval":1,"pingTimeout":1}"#] {
            assert!(OpenPacket::decode(text).is_err(), "{text}");
        }
        let text = r#"{"sid":"a","pingInterval":1,"pingTimeout":99999999999}"#;
        assert_eq!(OpenPacket::decode(text), Err(OpenError::Interval));
    }
}
