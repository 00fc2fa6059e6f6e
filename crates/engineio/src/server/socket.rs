//! The application's handle to a session.

use std::fmt;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use engineio_proto::server::Session;
use engineio_proto::{
    DisconnectReason, Message, Overflow, Packet, Prepared, Progress, SendError, Sid, Transport,
};
use http::Extensions;

use super::Server;
use super::driver::clock;
use super::driver::shared::SharedSession;
use super::shared::ServerShared;

/// The application's handle to a session: cheap to clone, usable from any task or thread, also after the end.
///
/// ```no_run
/// # use engineio::{Server, Socket, Message};
/// let server = Server::builder().on_message(|socket: Socket, message: Message| async move {
///     if let Err(error) = socket.send(message).await {
///         eprintln!("{}: {error}", socket.sid().redacted());
///     }
/// });
/// ```
#[derive(Clone)]
pub struct Socket(Arc<SharedSession>);

impl Socket {
    pub(crate) const fn new(session: Arc<SharedSession>) -> Self {
        Self(session)
    }

    pub(crate) const fn shared(&self) -> &Arc<SharedSession> {
        &self.0
    }

    pub(crate) fn server_shared(&self) -> &ServerShared {
        &self.0.server
    }

    /// The session's id.
    pub fn sid(&self) -> &Sid {
        &self.0.sid
    }

    /// The server that the session belongs to: for handlers that have something to tell to others.
    pub fn server(&self) -> Server {
        Server::new(Arc::clone(&self.0.server))
    }

    /// Sends a message.
    ///
    /// The message is queued and leaves in order; the call returns before it has. Only under the overflow policy
    /// [`Overflow::Wait`] does it wait, for room in the queue.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] when the session has ended, [`SendError::Separator`] for text that polling cannot
    /// carry, [`SendError::Full`] with the message under [`Overflow::DropNewest`].
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, the message was not sent.
    pub fn send(&self, message: impl Into<Message>) -> Send<'_> {
        Send { socket: self, message: Some(message.into()) }
    }

    /// Sends a message without ever waiting.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send); [`SendError::Full`] with the message under [`Overflow::Wait`] as well.
    #[inline]
    pub fn try_send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        let message = message.into();
        self.0.send(|session| session.send(message)).map(drop)
    }

    /// Sends a message that is encoded once for many sessions, without waiting.
    ///
    /// # Errors
    ///
    /// As for [`try_send`](Self::try_send).
    pub fn send_prepared(&self, prepared: &Prepared) -> Result<(), SendError> {
        self.0.send(|session| session.send_prepared(prepared)).map(drop)
    }

    /// Sends a raw packet: a message, a noop, or a close, which ends the session.
    ///
    /// # Errors
    ///
    /// [`SendError::PacketType`] for any other packet; otherwise as for [`try_send`](Self::try_send).
    pub fn send_packet(&self, packet: Packet) -> Result<(), SendError> {
        self.0.with(|session| session.send_packet(clock::now(), packet))
    }

    /// Waits until everything sent so far has arrived: was written to the WebSocket, or was followed by the
    /// client's next poll.
    ///
    /// ```
    /// # use engineio::{SendError, Socket};
    /// async fn tell(socket: Socket) -> Result<(), SendError> {
    ///     socket.send("your order is complete").await?;
    ///     socket.flush().await // the client has it, or it has gone
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] when the session ends first.
    ///
    /// # Cancel safety
    ///
    /// Dropping it has no effect on what was sent.
    pub async fn flush(&self) -> Result<(), SendError> {
        let upto = self.progress().accepted;
        poll_fn(|cx| {
            let mut state = self.0.lock();
            if state.session.progress().confirmed >= upto {
                return Poll::Ready(Ok(()));
            }
            if !state.session.is_alive() {
                return Poll::Ready(Err(SendError::Closed));
            }
            state.progress.push(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Ends the session: what is queued still leaves, then the client is told. Without effect after the end.
    pub fn disconnect(&self) {
        self.close(DisconnectReason::ServerDisconnect);
    }

    /// How packets travel now.
    pub fn transport(&self) -> Transport {
        self.look(Session::transport)
    }

    /// Whether the session has not ended.
    pub fn is_connected(&self) -> bool {
        self.look(Session::is_alive)
    }

    /// The address that the handshake came from, where the host knows it.
    ///
    /// Behind a proxy it is the proxy's.
    pub fn remote_addr(&self) -> Option<SocketAddr> {
        self.0.remote
    }

    /// Time between the last answered ping and its pong; none before the first.
    pub fn round_trip_time(&self) -> Option<Duration> {
        self.look(Session::round_trip)
    }

    /// Bytes of data that wait to be sent.
    pub fn buffered_bytes(&self) -> usize {
        self.progress().queued_bytes
    }

    /// How far the messages sent have come.
    pub fn progress(&self) -> Progress {
        self.look(Session::progress)
    }

    /// A copy of the session's data of type `T`, if any was saved.
    pub fn session<T: Clone + std::marker::Send + Sync + 'static>(&self) -> Option<T> {
        self.data().as_ref()?.get::<T>().cloned()
    }

    /// Saves data of the application with the session, one value of each type. Returns what was there.
    ///
    /// ```
    /// # use engineio::Socket;
    /// #[derive(Clone)]
    /// struct User {
    ///     id: u32,
    /// }
    ///
    /// async fn log_in(socket: Socket) {
    ///     socket.save_session(User { id: 123 });
    ///     assert_eq!(socket.session::<User>().map(|user| user.id), Some(123));
    /// }
    /// ```
    pub fn save_session<T: Clone + std::marker::Send + Sync + 'static>(&self, value: T) -> Option<T> {
        self.data().get_or_insert_default().insert(value)
    }

    /// Changes the session's data of type `T` in place, starting from its default.
    ///
    /// ```
    /// # use engineio::Socket;
    /// #[derive(Clone, Default)]
    /// struct Visits(u32);
    ///
    /// fn count(socket: &Socket) -> u32 {
    ///     socket.update_session(|visits: &mut Visits| {
    ///         visits.0 += 1;
    ///         visits.0
    ///     })
    /// }
    /// ```
    ///
    /// Other users of the data wait meanwhile: keep it short, and do not use this session's data within it.
    pub fn update_session<T, R>(&self, update: impl FnOnce(&mut T) -> R) -> R
    where
        T: Clone + Default + std::marker::Send + Sync + 'static,
    {
        let mut data = self.data();
        update(data.get_or_insert_default().get_or_insert_default::<T>())
    }

    pub(crate) fn close(&self, reason: DisconnectReason) {
        self.0.with(|session| session.close(clock::now(), reason));
    }

    /// Ends the session as a shutdown does: what its client has sent is still delivered.
    pub(crate) fn leave(&self) {
        self.0.with(|session| session.leave(clock::now()));
    }

    pub(crate) fn abort(&self, reason: DisconnectReason) {
        self.0.with(|session| session.abort(clock::now(), reason));
    }

    fn data(&self) -> MutexGuard<'_, Option<Box<Extensions>>> {
        self.0.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look<R>(&self, look: impl FnOnce(&Session) -> R) -> R {
        look(&self.0.lock().session)
    }

    fn wait_for_room(&self, cx: &Context<'_>) -> Poll<Result<(), SendError>> {
        let mut state = self.0.lock();
        if state.session.has_room() || !state.session.is_alive() {
            // It changed meanwhile: try again at once.
            cx.waker().wake_by_ref();
        } else {
            state.progress.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

/// The future of [`Socket::send`].
#[derive(Debug)]
#[must_use = "a message is sent when its future is polled"]
pub struct Send<'a> {
    socket: &'a Socket,
    message: Option<Message>,
}

impl Future for Send<'_> {
    type Output = Result<(), SendError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Polled again after it was ready, there is nothing to send.
        let Some(message) = self.message.take() else { return Poll::Ready(Err(SendError::Closed)) };
        match self.socket.0.send(|session| session.send(message)) {
            Ok(_) => Poll::Ready(Ok(())),
            Err(SendError::Full(back)) if self.socket.look(Session::overflow) == Overflow::Wait => {
                self.message = Some(back);
                self.socket.wait_for_room(cx)
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Socket").field(self.sid()).finish()
    }
}
