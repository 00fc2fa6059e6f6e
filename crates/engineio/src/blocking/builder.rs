//! Makes a [`Server`].

use std::fmt;
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use engineio_proto::Message;
use engineio_proto::edge::Rejection;
use engineio_proto::server::Disconnect;

use super::home::Home;
use super::pool::{Handler, Pool};
use super::threads::Threads;
use super::{BuildError, Server, Socket};
use crate::server::{self, ConnectRequest, ConnectionError};

/// Fewest threads for handlers, unless the application says otherwise. Handlers of this server are expected to wait
/// for others more than for the processor, and a thread is started only when all are busy.
const MIN_HANDLER_THREADS: usize = 32;

/// Most threads of each kind that can be asked for.
const MAX_THREADS: usize = 16_384;

/// Settings and handlers of a [`Server`]. Everything has a default; [`build`](Self::build) checks what was set.
///
/// Handlers are plain functions, which may block. They run on the server's threads for handlers: in order and one at
/// a time for each client, clients in parallel. One that panics ends the session that it was called for.
#[must_use = "a builder does nothing until `build`"]
pub struct ServerBuilder {
    pub(super) inner: server::ServerBuilder,
    handler_threads: usize,
    io_threads: Option<usize>,
    handlers: Handlers,
}

/// What the application wants to be told.
#[derive(Default)]
struct Handlers {
    connect: Option<Handler<ConnectRequest, Result<(), Rejection>>>,
    message: Option<Handler<Message>>,
    disconnect: Option<Handler<Disconnect>>,
    upgrade: Option<Handler<()>>,
    drain: Option<Handler<()>>,
}

impl Default for ServerBuilder {
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, NonZero::get);
        Self {
            inner: server::Server::builder(),
            handler_threads: cores.saturating_mul(4).clamp(MIN_HANDLER_THREADS, MAX_THREADS),
            io_threads: None,
            handlers: Handlers::default(),
        }
    }
}

/// Handlers.
impl ServerBuilder {
    /// Decides about new clients, before their session exists for them and before the 101 of a WebSocket.
    ///
    /// Messages sent to the socket here are in the handshake's reply. An error rejects the client: with 403 and a
    /// message, or with the status and JSON of the [`Rejection`]. Without this handler everybody is accepted.
    pub fn on_connect<F, E>(mut self, handler: F) -> Self
    where
        F: Fn(Socket, ConnectRequest) -> Result<(), E> + Send + Sync + 'static,
        E: Into<Rejection>,
    {
        let handler = move |socket, request| handler(socket, request).map_err(Into::into);
        self.handlers.connect = Some(Arc::new(handler));
        self
    }

    /// Handles messages: in order and one at a time for each client, clients in parallel.
    pub fn on_message(mut self, handler: impl Fn(Socket, Message) + Send + Sync + 'static) -> Self {
        self.handlers.message = Some(Arc::new(handler));
        self
    }

    /// Is told the end of each accepted session: exactly once, after all of its messages.
    pub fn on_disconnect(mut self, handler: impl Fn(Socket, Disconnect) + Send + Sync + 'static) -> Self {
        self.handlers.disconnect = Some(Arc::new(handler));
        self
    }

    /// Is told when a session has moved from polling to WebSocket.
    pub fn on_upgrade(mut self, handler: impl Fn(Socket) + Send + Sync + 'static) -> Self {
        self.handlers.upgrade = Some(Arc::new(move |socket, ()| handler(socket)));
        self
    }

    /// Is told when a session's outbound queue has become empty.
    pub fn on_drain(mut self, handler: impl Fn(Socket) + Send + Sync + 'static) -> Self {
        self.handlers.drain = Some(Arc::new(move |socket, ()| handler(socket)));
        self
    }

    /// Is told about each request that is refused. It is no handler: it runs within the request, on a thread that
    /// moves bytes, and must not block.
    pub fn on_connection_error(mut self, hook: impl Fn(&ConnectionError) + Send + Sync + 'static) -> Self {
        self.inner = self.inner.on_connection_error(hook);
        self
    }
}

/// Threads.
impl ServerBuilder {
    /// Handlers of all clients that may run at a time. Default four for each core, and at least 32.
    ///
    /// Threads are started when they are needed and end after ten idle seconds. While all are busy, messages wait
    /// with their sessions: at most [`max_inbound`](Self::max_inbound) for each, after which it is not read; its
    /// heartbeat goes on. Who came first gets the next thread.
    pub fn handler_threads(mut self, threads: usize) -> Self {
        self.handler_threads = threads;
        self
    }

    /// Threads that move bytes and keep heartbeats. Default one for each core.
    pub fn io_threads(mut self, threads: usize) -> Self {
        self.io_threads = Some(threads);
        self
    }
}

impl ServerBuilder {
    /// Checks the settings, starts the threads that move bytes, and makes the server.
    ///
    /// # Errors
    ///
    /// The first option that cannot work, with its name and what is accepted; or what the operating system says.
    pub fn build(self) -> Result<Server, BuildError> {
        check("handler_threads", self.handler_threads)?;
        check("io_threads", self.io_threads.unwrap_or(1))?;
        let threads = Threads::start(self.io_threads, self.handler_threads).map_err(BuildError::Threads)?;
        let home = Home::new(threads.handle().clone());
        let pool = Pool::new(self.handler_threads, Arc::clone(&home));
        let inner = self.handlers.register(self.inner, pool).build()?;
        Ok(Server::new(inner, threads, home))
    }
}

impl Handlers {
    /// Has the server call them on the threads of `pool`.
    fn register(self, mut inner: server::ServerBuilder, pool: Pool) -> server::ServerBuilder {
        if let Some(handler) = self.connect {
            let pool = pool.clone();
            inner = inner.on_connect(move |socket, request| pool.call(&handler, socket, request));
        }
        if let Some(handler) = self.message {
            let pool = pool.clone();
            inner = inner.on_message(move |socket, message| pool.call(&handler, socket, message));
        }
        if let Some(handler) = self.upgrade {
            let pool = pool.clone();
            inner = inner.on_upgrade(move |socket| pool.call(&handler, socket, ()));
        }
        if let Some(handler) = self.drain {
            let pool = pool.clone();
            inner = inner.on_drain(move |socket| pool.call(&handler, socket, ()));
        }
        if let Some(handler) = self.disconnect {
            inner = inner.on_disconnect(move |socket, end| pool.call(&handler, socket, end));
        }
        inner
    }
}

fn check(option: &'static str, value: usize) -> Result<(), server::BuildError> {
    if (1..=MAX_THREADS).contains(&value) {
        return Ok(());
    }
    Err(server::BuildError::Number { option, value, expected: "1 to 16384" })
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder")
            .field("inner", &self.inner)
            .field("handler_threads", &self.handler_threads)
            .field("io_threads", &self.io_threads)
            .finish_non_exhaustive()
    }
}
