//! A server that has always more to say. The clock is paused, and never moves by itself: somebody always works.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use engineio::{Client, DisconnectReason, Transport};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::support::{Request, frame, switch};

const OPEN: &str =
    r#"0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

/// What a request ends with.
const END: &[u8] = b"\r\n\r\n";

/// Reads after which even the flood ends: many more than a client makes before it applies a deadline.
const READS: usize = 10_000;

/// A connection to a server on WebSocket whose messages come without end, and no ping among them.
#[derive(Default)]
struct Flood {
    request: Vec<u8>,
    /// What comes before the flood.
    answer: Vec<u8>,
    reader: Option<Waker>,
    reads: usize,
}

impl AsyncRead for Flood {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.request.ends_with(END) {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let size = self.answer.len().min(buffer.remaining());
        buffer.put_slice(&self.answer.drain(..size).collect::<Vec<_>>());
        if size > 0 {
            return Poll::Ready(Ok(()));
        }
        self.reads += 1;
        let message = frame(&format!("4{}", "x".repeat(100)));
        while self.reads < READS && buffer.remaining() >= message.len() {
            buffer.put_slice(&message);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Flood {
    fn poll_write(mut self: Pin<&mut Self>, _cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.request.ends_with(END) {
            return Poll::Ready(Ok(bytes.len()));
        }
        self.request.extend_from_slice(bytes);
        if let Some(head) = self.request.strip_suffix(END) {
            let request = Request { head: String::from_utf8_lossy(head).into_owned(), body: String::new() };
            self.answer = [switch(&request).unwrap(), frame(OPEN)].concat();
            self.reader.take().into_iter().for_each(Waker::wake);
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn deadlines_are_kept_while_there_is_always_something_to_read() {
    let builder = Client::builder().transports([Transport::WebSocket]);
    let builder = builder.dial(async |_, _| Ok(Flood::default()));
    let (client, events) = builder.connect("http://h").await.unwrap();
    // What comes is forgotten, as soon as the client has heard of this. Until then it does not read.
    drop(events);
    for _ in 0..10 {
        tokio::time::advance(Duration::from_secs(10)).await;
    }
    let end = client.closed().await.unwrap();
    assert_eq!(end.reason, DisconnectReason::PingTimeout, "{end}");
}
