//! What both clients can do, in one text: each test runs with the client for tasks and with the one for threads.

mod accessors;
mod connecting;
mod ending;
mod face;
mod sending;
mod transports;

pub(crate) use self::face::{Face, Happenings, run};

use engineio::client::ClientBuilder;
use engineio::{Client, Transport};

/// Has each of these functions be a test of both clients.
macro_rules! both {
    ($($test:ident),* $(,)?) => {
        mod tasks {
            $(#[test]
            fn $test() {
                crate::api::run(super::$test::<engineio::Client>);
            })*
        }

        #[cfg(feature = "blocking")]
        mod threads {
            $(#[test]
            fn $test() {
                crate::api::run(super::$test::<engineio::blocking::Client>);
            })*
        }
    };
}
pub(crate) use both;

/// Each way of transport, with its name.
pub(crate) fn ways() -> [(&'static str, ClientBuilder); 3] {
    [
        ("polling", Client::builder().upgrade(false)),
        ("websocket", Client::builder().transports([Transport::WebSocket])),
        ("upgrade", Client::builder()),
    ]
}
