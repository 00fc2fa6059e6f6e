//! The server's handle, for threads.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::ToSocketAddrs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use engineio_proto::{DisconnectReason, Message, Packet, SendError, Sid, Transport};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::home::Home;
use super::threads::{self, Threads};
use super::{Event, IntoListener, Queue, Running, ServerBuilder, Socket};
use crate::server::{self, Listener, SessionInfo, Skipped};

/// How long disconnect handlers may take to begin, and to end, after the last handle to a server is gone.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// An Engine.IO server for threads: cheap to clone, usable from any thread.
///
/// It lives as long as there is a handle to it, this one or a [`Running`]. Dropping the last one cuts all clients off
/// without telling them, wherever that happens; the disconnect handlers still run, in the background.
/// [`shutdown`](Self::shutdown) ends it in order.
///
/// A handler that holds a handle to its own server keeps it alive for ever; [`Socket::server`] does not.
#[derive(Clone)]
pub struct Server(Arc<Shared>);

/// What all handles to a server share.
pub(super) struct Shared {
    inner: server::Server,
    threads: Threads,
    home: Arc<Home>,
    task_names: AtomicUsize,
    /// A shutdown has come to its end.
    over: CancellationToken,
}

/// A listener that is being served.
#[derive(Debug)]
pub(super) struct Serving(Receiver<io::Result<()>>);

impl Server {
    /// How long a [`shutdown`](Self::shutdown) waits for clients where nothing speaks for another time: 2 s.
    pub const GRACE: Duration = server::Server::GRACE;

    /// Settings and handlers of a new server.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    pub(super) fn new(inner: server::Server, threads: Threads, home: Arc<Home>) -> Self {
        {
            let _entered = threads.handle().enter();
            inner.0.enter();
        }
        let shared = Arc::new(Shared {
            inner,
            threads,
            home,
            task_names: AtomicUsize::new(0),
            over: CancellationToken::new(),
        });
        shared.home.settle(&shared);
        Self(shared)
    }

    pub(super) const fn from_shared(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// Serves HTTP/1.1 on an address or a listener, and blocks until a [`shutdown`](Self::shutdown) has come to its
    /// end. Other paths than the server's get 404. The limits are those of
    /// [`server::Server::serve`](crate::Server::serve).
    ///
    /// # Errors
    ///
    /// When the address cannot be bound.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # fn run(server: engineio::blocking::Server) -> std::io::Result<()> {
    /// server.serve("127.0.0.1:3000")
    /// # }
    /// ```
    pub fn serve(&self, listener: impl IntoListener) -> io::Result<()> {
        let listener = self.listen(|| listener.into_listener())?;
        self.launch(listener).join()
    }

    /// As [`serve`](Self::serve), but in the background, and on a TCP address only. For TLS and other listeners call
    /// `serve` on a thread of your own.
    ///
    /// # Errors
    ///
    /// When the address cannot be bound.
    ///
    /// # Example
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = engineio::blocking::Server::builder().build()?;
    /// let running = server.start("127.0.0.1:0")?;
    /// println!("listening on {}", running.local_addr());
    /// server.shutdown(std::time::Duration::from_secs(5));
    /// running.join()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn start(&self, address: impl ToSocketAddrs) -> io::Result<Running> {
        let listener = self.listen(|| server::bind_first(address.to_socket_addrs()?))?;
        let local_addr = listener.local_addr()?;
        Ok(Running::new(self.clone(), local_addr, self.launch(listener)))
    }

    /// Handles one HTTP request of any kind, whatever its path, for an HTTP server of threads around this one. Blocks
    /// until there is an answer: a poll waits for packets, up to the ping interval and longer.
    ///
    /// Such a host cannot hand connections over: [`host_can_upgrade`](ServerBuilder::host_can_upgrade) tells clients.
    pub fn handle_request(&self, request: Request<Bytes>) -> Response<Bytes> {
        let inner = self.0.inner.clone();
        let answer = threads::wait(self.runtime(), async move {
            let (parts, body) = inner.handle_request(request.map(Full::new)).await.into_parts();
            let Ok(body) = body.collect().await;
            Response::from_parts(parts, body.to_bytes())
        });
        answer.unwrap_or_else(|| {
            let mut failed = Response::new(Bytes::new());
            *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            failed
        })
    }

    /// Sends a message to one session. Blocks only under the overflow policy
    /// [`Overflow::Wait`](crate::server::Overflow::Wait).
    ///
    /// # Errors
    ///
    /// [`SendError::UnknownSession`] without such a session; otherwise as for [`Socket::send`].
    pub fn send(&self, sid: &Sid, message: impl Into<Message>) -> Result<(), SendError> {
        self.socket(sid).ok_or(SendError::UnknownSession)?.send(message)
    }

    /// Sends a raw packet to one session: a message, a noop, or a close, which ends it.
    ///
    /// # Errors
    ///
    /// [`SendError::UnknownSession`] without such a session; otherwise as for [`Socket::send_packet`].
    pub fn send_packet(&self, sid: &Sid, packet: Packet) -> Result<(), SendError> {
        self.0.inner.send_packet(sid, packet)
    }

    /// Sends a message to every session. It is encoded once and shared, and never waits for a slow client.
    pub fn broadcast(&self, message: impl Into<Message>) -> Skipped {
        self.0.inner.broadcast(message)
    }

    /// Sends a message to every session but one, as [`broadcast`](Self::broadcast) does to all.
    pub fn broadcast_except(&self, except: &Sid, message: impl Into<Message>) -> Skipped {
        self.0.inner.broadcast_except(except, message)
    }

    /// Sends a message to these sessions, as [`broadcast`](Self::broadcast) does to all.
    pub fn send_many<'a>(
        &self,
        sids: impl IntoIterator<Item = &'a Sid>,
        message: impl Into<Message>,
    ) -> Skipped {
        self.0.inner.send_many(sids, message)
    }

    /// Ends a session: what is queued still leaves. Returns whether there was such a session.
    pub fn disconnect(&self, sid: &Sid) -> bool {
        self.0.inner.disconnect(sid)
    }

    /// Ends all sessions, as [`disconnect`](Self::disconnect) does.
    pub fn disconnect_all(&self) {
        self.0.inner.disconnect_all();
    }

    /// The handle to a session.
    pub fn socket(&self, sid: &Sid) -> Option<Socket> {
        self.0.inner.socket(sid).map(|socket| Socket::new(socket, Arc::clone(&self.0.home)))
    }

    /// How a session's packets travel; `None` without such a session.
    pub fn transport(&self, sid: &Sid) -> Option<Transport> {
        self.0.inner.transport(sid)
    }

    /// How many sessions there are, those included that are closing or whose last handler still runs.
    pub fn session_count(&self) -> usize {
        self.0.inner.session_count()
    }

    /// All sessions that have not ended.
    pub fn sessions(&self) -> Vec<SessionInfo> {
        self.0.inner.sessions()
    }

    /// A new session id: from the application's generator, or 128 bits of the operating system's.
    ///
    /// # Errors
    ///
    /// When the operating system's generator fails.
    pub fn generate_id(&self) -> io::Result<Sid> {
        self.0.inner.generate_id()
    }

    /// Runs a function of the application on a thread of its own. [`shutdown`](Self::shutdown) waits for it within
    /// its grace; it learns of one by [`is_shutting_down`](Self::is_shutting_down).
    ///
    /// # Errors
    ///
    /// When the operating system gives no thread.
    ///
    /// # Example
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = engineio::blocking::Server::builder().build()?;
    /// let sum = server.start_background_task(|| 1 + 2)?;
    /// assert_eq!(sum.join().unwrap(), 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn start_background_task<F, T>(&self, task: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (running, owner) = (self.0.inner.0.background.token(), self.0.threads.owner());
        let number = self.0.task_names.fetch_add(1, Ordering::Relaxed);
        thread::Builder::new().name(format!("engineio-task-{number}")).spawn(move || {
            let _running = running;
            owner.adopt();
            task()
        })
    }

    /// Sleeps.
    pub fn sleep(&self, duration: Duration) {
        thread::sleep(duration);
    }

    /// A queue between threads for at most `capacity` items.
    pub fn create_queue<T>(&self, capacity: usize) -> Queue<T> {
        Queue::new(capacity)
    }

    /// A flag that threads can wait for.
    pub fn create_event(&self) -> Event {
        Event::new()
    }

    /// Shuts the server down: no new connections and sessions, held polls are answered, every client is told, and
    /// what is queued leaves. What clients had sent by then is still delivered. After `grace`, for which
    /// [`GRACE`](Self::GRACE) is a good value, what is left is cut off. Blocks until all is over: disconnect handlers
    /// and background tasks are waited for as well, within the grace.
    ///
    /// In a handler or a background task of this server it only starts all this, and returns. It may be called again.
    pub fn shutdown(&self, grace: Duration) {
        self.0.inner.0.closing.begin();
        let ending = self.0.end(grace);
        if self.0.threads.owner().is_here() {
            self.runtime().spawn(ending);
        } else {
            threads::wait(self.runtime(), ending);
        }
    }

    /// Whether [`shutdown`](Self::shutdown) was called.
    pub fn is_shutting_down(&self) -> bool {
        self.0.inner.is_shutting_down()
    }

    fn runtime(&self) -> &Handle {
        self.0.threads.handle()
    }

    /// Makes a listener within the runtime, which will poll it.
    fn listen<L>(&self, bind: impl FnOnce() -> io::Result<L>) -> io::Result<L> {
        let _entered = self.runtime().enter();
        bind()
    }

    fn launch(&self, listener: impl Listener) -> Serving {
        let (inner, over) = (self.0.inner.clone(), self.0.over.clone());
        let serving = async move {
            inner.serve(listener).await?;
            over.cancelled().await;
            Ok(())
        };
        Serving(threads::start(self.runtime(), serving))
    }
}

impl Serving {
    pub(super) fn join(self) -> io::Result<()> {
        self.0.recv().unwrap_or_else(|_| Err(io::Error::other("the server's threads have ended")))
    }
}

impl Shared {
    /// All of a shutdown.
    fn end(&self, grace: Duration) -> impl Future<Output = ()> + Send + use<> {
        let (inner, over) = (self.inner.clone(), self.over.clone());
        async move {
            inner.shutdown(grace).await;
            over.cancel();
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let shared = &self.inner.0;
        shared.closing.begin();
        shared.killed.cancel();
        for session in shared.registry.all() {
            server::Socket::new(session).abort(DisconnectReason::Shutdown);
        }
        if self.inner.session_count() > 0 {
            let inner = self.inner.clone();
            self.threads.end_after(async move {
                let _ = tokio::time::timeout(LAST_WORDS, inner.0.registry.emptied()).await;
            });
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("sessions", &self.session_count()).finish_non_exhaustive()
    }
}
