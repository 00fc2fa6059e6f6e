//! How a client's packets may travel.

use engineio::client::ClientBuilder;
use engineio::{Client, Transport};

/// Each way of transport, with its name.
pub(crate) fn ways() -> [(&'static str, ClientBuilder); 3] {
    [
        ("polling", Client::builder().upgrade(false)),
        ("websocket", Client::builder().transports([Transport::WebSocket])),
        ("upgrade", Client::builder()),
    ]
}
