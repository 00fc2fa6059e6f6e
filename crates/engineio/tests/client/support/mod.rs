//! What the tests share: our own server on a port of its own, and a raw one that says what a test wants.

mod host;
#[path = "../../common/memory.rs"]
mod memory;
mod network;
#[cfg(feature = "tls")]
pub(crate) mod pki;
pub(crate) mod proxy;
mod raw;

use std::future::Future;
use std::time::Duration;

use engineio::client::{Event, Events};

pub(crate) use self::host::{Host, echo};
pub(crate) use self::memory::Memory;
pub(crate) use self::network::{Network, Way, network};
pub(crate) use self::raw::{Raw, Request, frame, page, switch};

/// Fails a test that would wait for ever.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("it never came")
}

/// The next event.
pub(crate) async fn next(events: &mut Events) -> Event {
    soon(events.next()).await.expect("the client is over")
}

/// The next message's text.
pub(crate) async fn text(events: &mut Events) -> String {
    soon(events.next_message()).await.expect("the client is over").as_text().unwrap().to_owned()
}
