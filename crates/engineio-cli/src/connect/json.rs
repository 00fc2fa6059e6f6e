//! Events as JSON.

use engineio::Message;
use engineio::client::{Event, OpenPacket};
use serde_json::{Value, json};

use super::line::encode;
use super::printer::millis;
use crate::args::flag;

/// An event as an object; `transport` is the one in use. None for what is no news.
pub(crate) fn event(event: &Event, transport: &str) -> Option<Value> {
    Some(match event {
        Event::Open(open) => opened(open, transport),
        Event::Message(Message::Text(text)) => json!({ "event": "message", "text": &**text }),
        Event::Message(Message::Binary(data)) => json!({ "event": "message", "binary": encode(data) }),
        Event::Upgraded => json!({ "event": "upgrade", "transport": "websocket" }),
        Event::UpgradeFailed(detail) => json!({ "event": "upgrade_failed", "detail": detail }),
        Event::Disconnected(end) => json!({
            "event": "disconnect", "reason": end.reason.as_str(), "detail": end.detail,
            "unconfirmed": end.unconfirmed, "reconnects": end.reconnects,
        }),
        Event::Reconnecting { attempt, delay } => {
            json!({ "event": "reconnecting", "attempt": attempt, "delay_ms": millis(*delay) })
        }
        Event::ConnectFailed { attempt, error } => {
            json!({ "event": "connect_failed", "attempt": attempt, "detail": error.in_words(flag) })
        }
        _ => return None,
    })
}

fn opened(open: &OpenPacket, transport: &str) -> Value {
    let upgrades: Vec<_> = open.upgrades.iter().map(|transport| transport.name()).collect();
    json!({
        "event": "open", "sid": open.sid.as_str(), "transport": transport, "upgrades": upgrades,
        "ping_interval_ms": millis(open.ping_interval), "ping_timeout_ms": millis(open.ping_timeout),
        "max_payload": open.max_payload,
    })
}
