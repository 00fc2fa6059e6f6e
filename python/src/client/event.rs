//! What a client's link tells Python.

use std::sync::Arc;

use engineio_proto::client;
use engineio_proto::{DisconnectReason, Message, OpenPacket};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::keyword::keyword;
use crate::data;

/// Something that happened, in the words of Python: see [`Event::to_python`].
#[derive(Debug)]
pub(crate) enum Event {
    Open(Arc<OpenPacket>),
    Message(Message),
    Upgraded,
    UpgradeFailed(String),
    Reconnecting { attempt: u32, delay: f64 },
    ReconnectFailed { attempt: u32, error: String },
    Closed { reason: DisconnectReason, detail: String, unconfirmed: u64, reconnects: bool },
}

impl Event {
    /// A pair of a name and what belongs to it. `open` has the open packet's data, `message` the message,
    /// `upgraded` None, `upgrade failed` words, `closed` the reason, words, how many messages may be lost, and
    /// whether another session will follow.
    pub(crate) fn to_python<'py>(&self, packet_class: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
        let py = packet_class.py();
        match self {
            Self::Open(open) => ("open", opened(py, open)?).into_pyobject(py),
            Self::Message(message) => ("message", data::parsed(packet_class, message)?).into_pyobject(py),
            Self::Upgraded => ("upgraded", py.None()).into_pyobject(py),
            Self::UpgradeFailed(why) => ("upgrade failed", PyString::new(py, why)).into_pyobject(py),
            Self::Reconnecting { attempt, delay } => ("reconnecting", (*attempt, *delay)).into_pyobject(py),
            Self::ReconnectFailed { attempt, error } => {
                ("reconnect failed", (*attempt, error)).into_pyobject(py)
            }
            Self::Closed { reason, detail, unconfirmed, reconnects } => {
                ("closed", (reason_name(*reason), detail, unconfirmed, reconnects)).into_pyobject(py)
            }
        }
    }
}

impl Event {
    /// What an event of the core means to Python, if anything.
    pub(crate) fn of_core(event: client::Event) -> Option<Self> {
        Some(match event {
            client::Event::Open(open) => Self::Open(open),
            client::Event::Message(message) => Self::Message(message),
            client::Event::Upgraded => Self::Upgraded,
            client::Event::UpgradeFailed(cause) => Self::UpgradeFailed(cause.to_string()),
            client::Event::Drained => return None,
            client::Event::Closed(end) => Self::Closed {
                reason: end.reason,
                detail: end.cause.to_string(),
                unconfirmed: end.unconfirmed,
                reconnects: false,
            },
        })
    }
}

impl Event {
    /// What an event of the native client means to Python, if anything.
    pub(crate) fn of_client(event: engineio::client::Event) -> Option<Self> {
        use engineio::client::Event as Native;
        Some(match event {
            Native::Open(open) => Self::Open(open),
            Native::Message(message) => Self::Message(message),
            Native::Upgraded => Self::Upgraded,
            Native::UpgradeFailed(why) => Self::UpgradeFailed(why),
            Native::Disconnected(end) => Self::Closed {
                reason: end.reason,
                detail: end.detail,
                unconfirmed: end.unconfirmed,
                reconnects: end.reconnects,
            },
            Native::Reconnecting { attempt, delay } => {
                Self::Reconnecting { attempt, delay: delay.as_secs_f64() }
            }
            Native::ConnectFailed { attempt, error } => {
                Self::ReconnectFailed { attempt, error: error.in_words(keyword) }
            }
            _ => return None,
        })
    }
}

/// The data of the open packet.
pub(crate) fn opened<'py>(py: Python<'py>, open: &OpenPacket) -> PyResult<Bound<'py, PyDict>> {
    let data = PyDict::new(py);
    let upgrades: Vec<&str> = open.upgrades.iter().map(|transport| transport.name()).collect();
    data.set_item("sid", open.sid.as_str())?;
    data.set_item("upgrades", upgrades)?;
    data.set_item("pingInterval", open.ping_interval.as_millis())?;
    data.set_item("pingTimeout", open.ping_timeout.as_millis())?;
    data.set_item("maxPayload", open.max_payload)?;
    Ok(data)
}

/// The string of `Client.reason`: the original's clients know three.
const fn reason_name(reason: DisconnectReason) -> &'static str {
    match reason {
        DisconnectReason::ServerDisconnect => "server disconnect",
        DisconnectReason::ClientDisconnect => "client disconnect",
        _ => "transport error",
    }
}
