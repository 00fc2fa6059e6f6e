//! A network in memory, so that a paused clock is the only clock from end to end: time passes when everybody waits.

use std::future::pending;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use engineio::Client;
use engineio::client::ClientBuilder;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use super::memory::{self, BUFFER, Memory};

/// The client's end of the network, with what goes wrong in it.
#[derive(Clone)]
pub(crate) struct Network(Arc<Mutex<Inner>>);

struct Inner {
    listener: memory::Network,
    state: Way,
    dials: usize,
    open: usize,
    most_open: usize,
    asleep: Vec<Waker>,
}

/// What becomes of bytes and of new connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// They arrive.
    Open,
    /// They vanish, and nobody is told.
    Silent,
    /// Nobody listens, and connections are gone.
    Down,
}

/// A network with one listener.
pub(crate) fn network() -> (Network, Memory) {
    let (listener, accepted) = memory::network();
    let inner = Inner { listener, state: Way::Open, dials: 0, open: 0, most_open: 0, asleep: Vec::new() };
    (Network(Arc::new(Mutex::new(inner))), accepted)
}

impl Network {
    /// A client that connects through it.
    pub(crate) fn client(&self) -> ClientBuilder {
        let network = self.clone();
        Client::builder().dial(move |_, _| network.clone().dial())
    }

    pub(crate) fn set(&self, way: Way) {
        let mut inner = self.0.lock().unwrap();
        inner.state = way;
        inner.asleep.drain(..).for_each(Waker::wake);
    }

    /// How many connections were asked for.
    pub(crate) fn dials(&self) -> usize {
        self.0.lock().unwrap().dials
    }

    /// How many connections there were at a time.
    pub(crate) fn most_open(&self) -> usize {
        self.0.lock().unwrap().most_open
    }

    async fn dial(self) -> io::Result<Cable> {
        let way = {
            let mut inner = self.0.lock().unwrap();
            inner.dials += 1;
            inner.state
        };
        match way {
            Way::Open => Ok(self.cable()),
            Way::Silent => pending().await,
            Way::Down => Err(io::ErrorKind::ConnectionRefused.into()),
        }
    }

    fn cable(self) -> Cable {
        let mut inner = self.0.lock().unwrap();
        let ours = inner.listener.connect("192.0.2.1:1000", BUFFER);
        inner.open += 1;
        inner.most_open = inner.most_open.max(inner.open);
        drop(inner);
        Cable { io: ours, network: self, cut: None }
    }
}

/// A client's connection.
pub(crate) struct Cable {
    io: DuplexStream,
    network: Network,
    /// What has happened to it for good.
    cut: Option<Way>,
}

impl Cable {
    /// What becomes of its bytes; whoever asks is woken when that changes.
    fn way(&mut self, cx: &Context<'_>) -> Way {
        let mut inner = self.network.0.lock().unwrap();
        inner.asleep.push(cx.waker().clone());
        if self.cut.is_none() && inner.state != Way::Open {
            self.cut = Some(inner.state);
        }
        self.cut.unwrap_or(Way::Open)
    }
}

impl AsyncRead for Cable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.way(cx) {
            Way::Open => Pin::new(&mut self.io).poll_read(cx, buffer),
            Way::Silent => Poll::Pending,
            Way::Down => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        }
    }
}

impl AsyncWrite for Cable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.way(cx) {
            Way::Open => Pin::new(&mut self.io).poll_write(cx, bytes),
            Way::Silent => Poll::Ready(Ok(bytes.len())),
            Way::Down => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.network.0.lock().unwrap().open -= 1;
    }
}
