//! A connection to the server, with or without TLS, with or without a proxy.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(feature = "tls")]
use tokio_rustls::client::TlsStream;

use crate::client::dialer;

/// A connection to the server.
#[derive(Debug)]
pub(crate) struct Stream {
    io: Io,
    /// It ends at an HTTP proxy, which has to be told with each request where that shall go.
    forwarded: bool,
}

#[derive(Debug)]
enum Io {
    Tcp(TcpStream),
    /// The application's own.
    Own(Own),
    /// TLS over TCP, or over the TLS of a proxy.
    #[cfg(feature = "tls")]
    Tls(Box<TlsStream<Stream>>),
}

impl Stream {
    pub(crate) const fn tcp(stream: TcpStream) -> Self {
        Self { io: Io::Tcp(stream), forwarded: false }
    }

    pub(crate) fn own(stream: Box<dyn dialer::Io>) -> Self {
        Self { io: Io::Own(Own(stream)), forwarded: false }
    }

    #[cfg(feature = "tls")]
    pub(crate) fn tls(stream: TlsStream<Self>) -> Self {
        Self { io: Io::Tls(Box::new(stream)), forwarded: false }
    }

    /// The same, for a proxy that forwards requests.
    pub(crate) fn forwarded(self) -> Self {
        Self { forwarded: true, ..self }
    }
}

/// A connection that the application made.
struct Own(Box<dyn dialer::Io>);

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Own(..)")
    }
}

/// Calls the same method of whichever stream it is.
macro_rules! each {
    ($self:ident, $stream:ident => $call:expr) => {
        match &mut $self.get_mut().io {
            Io::Tcp($stream) => $call,
            Io::Own(Own($stream)) => $call,
            #[cfg(feature = "tls")]
            Io::Tls($stream) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_read(cx, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.io {
            Io::Tcp(stream) => stream.is_write_vectored(),
            Io::Own(Own(stream)) => stream.is_write_vectored(),
            #[cfg(feature = "tls")]
            Io::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new().proxy(self.forwarded)
    }
}
