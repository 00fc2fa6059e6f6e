//! The server's handle.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use engineio_proto::{DisconnectReason, Message, Packet, Prepared, SendError, Sid, Transport};
use tokio::task::JoinHandle;

use super::driver::random;
use super::driver::shared::SharedSession;
use super::shared::ServerShared;
use super::{ServerBuilder, Socket};

/// An Engine.IO server: cheap to clone, usable from any task or thread.
///
/// It serves HTTP requests in one of three ways: by itself with [`serve`](Self::serve), inside of any `tower` stack
/// as [`service`](Self::service) or [`layer`](Self::layer), or request by request with
/// [`handle_request`](Self::handle_request).
#[derive(Clone)]
pub struct Server(pub(crate) Arc<ServerShared>);

/// What a broadcast did.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Skipped {
    /// Sessions that did not get the message, and why: closed meanwhile, queue full, or text that polling cannot
    /// carry. For [`Server::send_many`] also ids without a session.
    pub sessions: Vec<(Sid, SendError)>,
    /// How many sessions got it.
    pub sent: usize,
}

/// A session at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SessionInfo {
    /// Its id.
    pub sid: Sid,
    /// How its packets travel.
    pub transport: Transport,
    /// Where the handshake came from.
    pub remote: Option<SocketAddr>,
    /// Time between the last answered ping and its pong.
    pub round_trip: Option<Duration>,
    /// Bytes of data that wait to be sent.
    pub buffered_bytes: usize,
}

impl Server {
    /// How long a [`shutdown`](Self::shutdown) waits for clients where nothing speaks for another time: 2 s. It is
    /// what they need to hear of the end, and less than what supervisors wait before they kill.
    pub const GRACE: Duration = Duration::from_secs(2);

    /// Settings and handlers of a new server.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    pub(crate) const fn new(shared: Arc<ServerShared>) -> Self {
        Self(shared)
    }

    /// Sends a message to one session. Waits only under the overflow policy
    /// [`Overflow::Wait`](super::Overflow::Wait).
    ///
    /// # Errors
    ///
    /// [`SendError::UnknownSession`] without such a session; otherwise as for [`Socket::send`].
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, the message was not sent.
    pub async fn send(&self, sid: &Sid, message: impl Into<Message>) -> Result<(), SendError> {
        self.known(sid)?.send(message).await
    }

    /// Sends a raw packet to one session: a message, a noop, or a close, which ends it.
    ///
    /// # Errors
    ///
    /// [`SendError::UnknownSession`] without such a session; otherwise as for [`Socket::send_packet`].
    pub fn send_packet(&self, sid: &Sid, packet: Packet) -> Result<(), SendError> {
        self.known(sid)?.send_packet(packet)
    }

    /// Sends a message to every session. It is encoded once and shared, and never waits for a slow client: under the
    /// overflow policy [`Overflow::Wait`](super::Overflow::Wait), one whose queue is full is skipped with
    /// [`SendError::Full`].
    ///
    /// ```
    /// # let server = engineio::Server::builder().build().unwrap();
    /// let done = server.broadcast("good morning");
    /// println!("{} got it", done.sent);
    /// for (sid, why) in done.sessions {
    ///     println!("{} did not: {why}", sid.redacted());
    /// }
    /// ```
    pub fn broadcast(&self, message: impl Into<Message>) -> Skipped {
        self.broadcast_where(message, |_| true)
    }

    /// Sends a message to every session but one, as [`broadcast`](Self::broadcast) does to all.
    pub fn broadcast_except(&self, except: &Sid, message: impl Into<Message>) -> Skipped {
        self.broadcast_where(message, |sid| sid != except)
    }

    /// Sends a message to these sessions, as [`broadcast`](Self::broadcast) does to all.
    ///
    /// ```
    /// use engineio::{SendError, Sid};
    ///
    /// # let server = engineio::Server::builder().build().unwrap();
    /// let gone = Sid::parse("gone").unwrap();
    /// let done = server.send_many([&gone], vec![1, 2, 3]);
    /// assert_eq!(done.sessions, [(gone, SendError::UnknownSession)]);
    /// ```
    pub fn send_many<'a>(
        &self,
        sids: impl IntoIterator<Item = &'a Sid>,
        message: impl Into<Message>,
    ) -> Skipped {
        let prepared = Prepared::new(message.into());
        let mut skipped = Skipped::default();
        for sid in sids {
            match self.0.registry.find(sid.as_str()) {
                Some(session) => {
                    skipped.note(&session, session.send(|session| session.send_prepared(&prepared)));
                }
                None => skipped.sessions.push((sid.clone(), SendError::UnknownSession)),
            }
        }
        skipped
    }

    /// Ends a session: what is queued still leaves. Returns whether there was such a session.
    pub fn disconnect(&self, sid: &Sid) -> bool {
        self.socket(sid).map(|socket| socket.disconnect()).is_some()
    }

    /// Ends all sessions, as [`disconnect`](Self::disconnect) does.
    pub fn disconnect_all(&self) {
        self.close_all(DisconnectReason::ServerDisconnect);
    }

    /// The handle to a session.
    pub fn socket(&self, sid: &Sid) -> Option<Socket> {
        self.0.registry.find(sid.as_str()).map(Socket::new)
    }

    /// How a session's packets travel; `None` without such a session.
    pub fn transport(&self, sid: &Sid) -> Option<Transport> {
        self.socket(sid).map(|socket| socket.transport())
    }

    /// How many sessions there are, those included that are closing or whose last handler still runs.
    pub fn session_count(&self) -> usize {
        self.0.registry.len()
    }

    /// All sessions that have not ended.
    pub fn sessions(&self) -> Vec<SessionInfo> {
        let sockets = self.0.registry.all().into_iter().map(Socket::new);
        sockets.filter(Socket::is_connected).map(|socket| SessionInfo::of(&socket)).collect()
    }

    /// A new session id: from the application's generator, or 128 bits of the operating system's.
    ///
    /// # Errors
    ///
    /// When the operating system's generator fails.
    pub fn generate_id(&self) -> std::io::Result<Sid> {
        match &self.0.config.generate_id {
            Some(generate) => Ok((generate.0)()),
            None => random::bits().map(Sid::from_random).map_err(std::io::Error::other),
        }
    }

    /// Runs a task of the application until it is done, or until [`shutdown`](Self::shutdown)'s grace is over.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let server = engineio::Server::builder().build().unwrap();
    /// let ticking = server.clone();
    /// server.start_background_task(async move {
    ///     while !ticking.is_shutting_down() {
    ///         ticking.broadcast("tick");
    ///         ticking.sleep(Duration::from_secs(1)).await;
    ///     }
    /// });
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, if the server has not served a request yet.
    pub fn start_background_task<F>(&self, future: F) -> JoinHandle<Option<F::Output>>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let killed = self.0.killed.clone();
        let task = async move { killed.run_until_cancelled(future).await };
        match self.0.runtime.get() {
            Some(runtime) => self.0.background.spawn_on(task, runtime),
            None => self.0.background.spawn(task),
        }
    }

    /// Sleeps.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    /// Shuts the server down: no new sessions, held polls are answered, every client is told, and what is queued
    /// leaves. What clients had sent by then is still delivered: over WebSocket until they close as well, for at most
    /// [`leave_timeout`](ServerBuilder::leave_timeout), and by polling until they have fetched their last poll. After
    /// `grace`, for which [`GRACE`](Self::GRACE) is a good value, what is left is cut off. Ready when all is over;
    /// handlers and background tasks are waited for as well.
    ///
    /// The end of each session is told once, with [`DisconnectReason::Shutdown`], after its last message.
    ///
    /// A host that waits for its connections, as axum does, ends once they have: call this while it still serves, and
    /// let it stop taking connections when this is ready.
    ///
    /// ```
    /// use engineio::Server;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let server = Server::builder().build().unwrap();
    /// let listener = engineio::server::bind("127.0.0.1:0").await?;
    /// let serving = server.clone();
    /// let serving = tokio::spawn(async move { serving.serve(listener).await });
    /// // ... until the program is told to end:
    /// server.shutdown(Server::GRACE).await;
    /// serving.await?
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// The shutdown has begun and cannot be taken back; dropped early, nothing is cut off. It may be called again.
    pub async fn shutdown(&self, grace: Duration) {
        self.0.closing.begin();
        for session in self.0.registry.all() {
            Socket::new(session).leave();
        }
        self.0.background.close();
        self.0.connections.close();
        let over = async {
            self.0.registry.emptied().await;
            // The last packets are on their way when the sessions are gone.
            self.0.connections.wait().await;
            self.0.background.wait().await;
        };
        if tokio::time::timeout(grace, over).await.is_err() {
            tracing::warn!(sessions = self.session_count(), "grace is over: cutting off what is left");
        }
        self.0.killed.cancel();
        for session in self.0.registry.all() {
            Socket::new(session).abort(DisconnectReason::Shutdown);
        }
    }

    /// Whether [`shutdown`](Self::shutdown) was called.
    pub fn is_shutting_down(&self) -> bool {
        self.0.closing.has_begun()
    }

    fn broadcast_where(&self, message: impl Into<Message>, wanted: impl Fn(&Sid) -> bool) -> Skipped {
        let prepared = Prepared::new(message.into());
        let mut skipped = Skipped::default();
        for session in self.0.registry.all() {
            if wanted(&session.sid) {
                skipped.note(&session, session.send(|session| session.send_prepared(&prepared)));
            }
        }
        skipped
    }

    fn close_all(&self, reason: DisconnectReason) {
        for session in self.0.registry.all() {
            Socket::new(session).close(reason);
        }
    }

    fn known(&self, sid: &Sid) -> Result<Socket, SendError> {
        self.socket(sid).ok_or(SendError::UnknownSession)
    }
}

impl Skipped {
    fn note<T>(&mut self, session: &SharedSession, sent: Result<T, SendError>) {
        match sent {
            Ok(_) => self.sent += 1,
            Err(error) => self.sessions.push((session.sid.clone(), error)),
        }
    }
}

impl SessionInfo {
    fn of(socket: &Socket) -> Self {
        Self {
            sid: socket.sid().clone(),
            transport: socket.transport(),
            remote: socket.remote_addr(),
            round_trip: socket.round_trip_time(),
            buffered_bytes: socket.buffered_bytes(),
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("sessions", &self.session_count()).finish_non_exhaustive()
    }
}
