//! The application's handle to a session, for threads.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::home::Home;
use super::{Server, threads};
use crate::server;
use engineio_proto::{Message, Packet, Prepared, Progress, SendError, Sid, Transport};

/// The application's handle to a session: cheap to clone, usable from any thread, also after the end.
///
/// ```no_run
/// # use engineio::Message;
/// # use engineio::blocking::{Server, Socket};
/// let server = Server::builder().on_message(|socket: Socket, message: Message| {
///     if let Err(error) = socket.send(message) {
///         eprintln!("{}: {error}", socket.sid().redacted());
///     }
/// });
/// ```
#[derive(Clone)]
pub struct Socket {
    inner: server::Socket,
    home: Arc<Home>,
}

impl Socket {
    pub(super) const fn new(inner: server::Socket, home: Arc<Home>) -> Self {
        Self { inner, home }
    }

    /// The server, unless its last handle is gone. This way a handler reaches its server without keeping it alive.
    ///
    /// ```no_run
    /// # use engineio::blocking::{Server, Socket};
    /// let chat = Server::builder().on_message(|socket: Socket, message| {
    ///     if let Some(server) = socket.server() {
    ///         server.broadcast_except(socket.sid(), message);
    ///     }
    /// });
    /// ```
    pub fn server(&self) -> Option<Server> {
        self.home.server()
    }

    /// The session's id.
    pub fn sid(&self) -> &Sid {
        self.inner.sid()
    }

    /// Sends a message.
    ///
    /// The message is queued and leaves in order; the call returns before it has. Only under the overflow policy
    /// [`Overflow::Wait`](crate::server::Overflow::Wait) does it block, until there is room in the queue or the
    /// session ends.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] when the session has ended, [`SendError::Separator`] for text that polling cannot
    /// carry, [`SendError::Full`] with the message under
    /// [`Overflow::DropNewest`](crate::server::Overflow::DropNewest).
    ///
    /// # Example
    ///
    /// ```no_run
    /// # fn run(socket: engineio::blocking::Socket) -> Result<(), engineio::SendError> {
    /// socket.send("text")?;
    /// socket.send(vec![0x62, 0x69, 0x6e])?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        match self.inner.try_send(message) {
            Err(SendError::Full(message)) => {
                let socket = self.inner.clone();
                self.wait(async move { socket.send(message).await })
            }
            sent => sent,
        }
    }

    /// Sends a message without ever blocking.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send); [`SendError::Full`] with the message under
    /// [`Overflow::Wait`](crate::server::Overflow::Wait) as well.
    pub fn try_send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        self.inner.try_send(message)
    }

    /// Sends a message that is encoded once for many sessions, without blocking.
    ///
    /// # Errors
    ///
    /// As for [`try_send`](Self::try_send).
    pub fn send_prepared(&self, prepared: &Prepared) -> Result<(), SendError> {
        self.inner.send_prepared(prepared)
    }

    /// Sends a raw packet: a message, a noop, or a close, which ends the session. Does not block.
    ///
    /// # Errors
    ///
    /// [`SendError::PacketType`] for any other packet; otherwise as for [`try_send`](Self::try_send).
    pub fn send_packet(&self, packet: Packet) -> Result<(), SendError> {
        self.inner.send_packet(packet)
    }

    /// Blocks until everything sent so far has arrived: was written to the WebSocket, or was followed by the
    /// client's next poll. A client that does neither is given up by its heartbeat.
    ///
    /// In a handler it keeps the handler's thread. In the connect handler it does not return before the client has
    /// given up: messages leave when that handler has accepted the client.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] when the session ends first.
    pub fn flush(&self) -> Result<(), SendError> {
        let socket = self.inner.clone();
        self.wait(async move { socket.flush().await })
    }

    /// Ends the session: what is queued still leaves, then the client is told. Without effect after the end.
    pub fn disconnect(&self) {
        self.inner.disconnect();
    }

    /// How packets travel now.
    pub fn transport(&self) -> Transport {
        self.inner.transport()
    }

    /// Whether the session has not ended.
    pub fn is_connected(&self) -> bool {
        self.inner.is_connected()
    }

    /// The address that the handshake came from, where the host knows it.
    ///
    /// Behind a proxy it is the proxy's.
    pub fn remote_addr(&self) -> Option<SocketAddr> {
        self.inner.remote_addr()
    }

    /// Time between the last answered ping and its pong; none before the first.
    pub fn round_trip_time(&self) -> Option<Duration> {
        self.inner.round_trip_time()
    }

    /// Bytes of data that wait to be sent.
    pub fn buffered_bytes(&self) -> usize {
        self.inner.buffered_bytes()
    }

    /// How far the messages sent have come.
    pub fn progress(&self) -> Progress {
        self.inner.progress()
    }

    /// A copy of the session's data of type `T`, if any was saved.
    pub fn session<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        self.inner.session()
    }

    /// Saves data of the application with the session, one value of each type. Returns what was there.
    pub fn save_session<T: Clone + Send + Sync + 'static>(&self, value: T) -> Option<T> {
        self.inner.save_session(value)
    }

    /// Changes the session's data of type `T` in place, starting from its default.
    ///
    /// Other users of the data wait meanwhile: keep it short, and do not use this session's data within it.
    pub fn update_session<T, R>(&self, update: impl FnOnce(&mut T) -> R) -> R
    where
        T: Clone + Default + Send + Sync + 'static,
    {
        self.inner.update_session(update)
    }

    /// Blocks until a future is ready, if it is not at once.
    fn wait(
        &self,
        future: impl Future<Output = Result<(), SendError>> + Send + 'static,
    ) -> Result<(), SendError> {
        let mut future = Box::pin(future);
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result,
            Poll::Pending => threads::wait(self.home.runtime(), future).unwrap_or(Err(SendError::Closed)),
        }
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Socket").field(self.sid()).finish()
    }
}
