//! What the tests share: raw clients, a network in memory and a record of what the application was told.

mod calls;
pub(crate) mod conversation;
pub(crate) mod gate;
mod host;
pub(crate) mod http;
#[path = "../../common/memory.rs"]
pub(crate) mod memory;
pub(crate) mod polling;
pub(crate) mod websocket;

use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use engineio::Sid;
use tokio::io::{AsyncRead, AsyncWrite};

pub(crate) use self::calls::{Call, Calls};
pub(crate) use self::host::Host;
pub(crate) use self::http::Http;
pub(crate) use self::polling::Polling;
pub(crate) use self::websocket::{Frame, WebSocket};

/// A connection of any kind.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Debug + Send + Unpin + 'static {}

impl<IO: AsyncRead + AsyncWrite + Debug + Send + Unpin + 'static> Stream for IO {}

/// The way to a server.
pub(crate) trait Dial: Clone + Debug {
    type Io: Stream;

    /// A new connection.
    async fn dial(&self) -> Self::Io;
}

impl Dial for std::net::SocketAddr {
    type Io = tokio::net::TcpStream;

    async fn dial(&self) -> Self::Io {
        tokio::net::TcpStream::connect(self).await.unwrap()
    }
}

impl Dial for memory::Network {
    type Io = tokio::io::DuplexStream;

    async fn dial(&self) -> Self::Io {
        self.connect("192.0.2.1:1000", memory::BUFFER)
    }
}

/// Fails a test that would wait for ever. Most tests run on a paused clock, where it takes no time.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(120), future).await.expect("it never came")
}

/// Lets the other tasks run until something is so.
pub(crate) async fn until(condition: impl Fn() -> bool) {
    for _ in 0..10_000 {
        if condition() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it never was");
}

/// The id of that text.
pub(crate) fn sid(text: &str) -> Sid {
    Sid::parse(text).unwrap()
}
