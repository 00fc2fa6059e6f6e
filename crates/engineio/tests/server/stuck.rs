//! Connections whose clients read nothing.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use engineio::server::{Accepted, Listener};
use engineio::{DisconnectReason, Server};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::task::yield_now;

use crate::support::http::get;
use crate::support::memory::{Memory, network};
use crate::support::{Calls, WebSocket, sid, websocket};

/// Connections that count how often something is written to them, or tried to be.
struct Counting {
    inner: Memory,
    writes: Arc<AtomicUsize>,
}

impl Listener for Counting {
    type Raw = Counted;
    type Io = Counted;

    async fn accept(&mut self) -> io::Result<Accepted<Counted>> {
        let Accepted { io, remote } = self.inner.accept().await?;
        Ok(Accepted { io: Counted { io, writes: Arc::clone(&self.writes) }, remote })
    }

    fn prepare(&self, raw: Counted) -> impl Future<Output = io::Result<Counted>> + Send + 'static {
        std::future::ready(Ok(raw))
    }
}

struct Counted {
    io: DuplexStream,
    writes: Arc<AtomicUsize>,
}

impl Counted {
    fn write(&mut self) -> Pin<&mut DuplexStream> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.io)
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write().poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write().poll_write_vectored(cx, slices)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_its_session_does_not_keep_the_processor_busy() {
    for by_client in [false, true] {
        let (builder, mut calls) = Calls::of(Server::builder());
        let server = builder.build().unwrap();
        let (network, inner) = network();
        let writes = Arc::new(AtomicUsize::new(0));
        let (serving, listener) = (server.clone(), Counting { inner, writes: Arc::clone(&writes) });
        tokio::spawn(async move { serving.serve(listener).await });
        let io = network.connect("192.0.2.1:1000", 1000);
        let mut websocket = WebSocket::connect(io, &get(websocket::OPEN)).await;
        let id = sid(&websocket.opened().await);
        server.send(&id, "x".repeat(5000)).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        if by_client {
            // Clients do not ping.
            websocket.send("2").await;
            assert_eq!(calls.reason().await, DisconnectReason::TransportError);
        } else {
            server.disconnect(&id);
            assert_eq!(calls.reason().await, DisconnectReason::ServerDisconnect);
        }
        let before = writes.load(Ordering::Relaxed);
        for _ in 0..1000 {
            yield_now().await;
        }
        let tried = writes.load(Ordering::Relaxed) - before;
        assert!(tried < 10, "{tried} attempts to write to a connection that takes nothing");
    }
}
