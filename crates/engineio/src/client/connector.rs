//! Checked settings, from which clients are made.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engineio_proto::Transport;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::config::Config;
use super::driver::{Http, drive};
use super::shared::Shared;
use super::target::Target;
use super::{Client, ConnectError, Events};

/// Checked settings of clients: cheap to clone, and each [`connect`](Self::connect) makes a client of its own.
///
/// ```no_run
/// use engineio::Client;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let connector = Client::builder().bearer_auth("token").build()?;
/// let (first, _events) = connector.connect("http://localhost:3000").await?;
/// let (second, _events) = connector.connect("http://localhost:3000").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Connector(Arc<Inner>);

struct Inner {
    config: Arc<Config>,
    /// Whether a session has reached its server by WebSocket.
    upgraded: AtomicBool,
}

impl Connector {
    pub(crate) fn new(config: Config) -> Self {
        Self(Arc::new(Inner { config: Arc::new(config), upgraded: AtomicBool::new(false) }))
    }

    /// Connects to a server: `http`, `https`, `ws` or `wss`, host, port, path and query. Without a path (or with `/`)
    /// it is `/engine.io/`; a user and password are sent as basic authentication. The URL is read as browsers read it: text
    /// in any script is percent-encoded, and the host by IDNA. Redirects of the handshake are followed to the same host and
    /// port, and from HTTP to HTTPS on the same host; the session then lives there.
    ///
    /// Ready when the server has answered the handshake. A single task, spawned on the current tokio runtime, does all
    /// the client's I/O, until the client is closed.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] says how far it came, what the server answered and what to change. With
    /// [`Reconnect::first_connect`](super::Reconnect::first_connect) it is that of the last attempt.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt, and the session if there is one.
    pub async fn connect(&self, url: &str) -> Result<(Client, Events), ConnectError> {
        let (client, events) = self.start(url)?;
        client.opened().await?;
        Ok((client, events))
    }

    /// As [`connect`](Self::connect), without waiting: the events tell how it goes, and messages can be sent from
    /// [`Event::Open`](super::Event::Open) on. [`Client::opened`] waits for it.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] for a URL that is none.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn start(&self, url: &str) -> Result<(Client, Events), ConnectError> {
        self.start_on(&Handle::current(), url).map(|(client, events, _)| (client, events))
    }

    /// As [`start`](Self::start), on a given runtime; the task is the client's driver.
    pub(crate) fn start_on(
        &self,
        runtime: &Handle,
        url: &str,
    ) -> Result<(Client, Events, JoinHandle<()>), ConnectError> {
        let config = &self.0.config;
        let target = Target::parse(url, config.path.as_deref(), &config.query)?;
        let url = Arc::from(target.to_string());
        let http = Arc::new(Http::new(Arc::clone(config), target));
        let shared = Shared::new(self.clone(), url);
        // Without features that could make it larger it is a few hundred bytes; it lives as long as the client.
        let driver = runtime.spawn(drive(Arc::clone(&shared), http));
        let (client, events) = Client::new(shared, runtime.clone());
        Ok((client, events, driver))
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    /// The transports to try, best first.
    pub(crate) fn transports(&self) -> Vec<Transport> {
        let mut transports = self.config().transports.clone();
        if self.0.upgraded.load(Ordering::Relaxed) && transports.contains(&Transport::WebSocket) {
            transports.retain(|transport| *transport != Transport::WebSocket);
            transports.insert(0, Transport::WebSocket);
        }
        transports
    }

    /// Remembers whether WebSocket works, where that is wanted.
    pub(crate) fn remember(&self, works: bool) {
        if self.config().remember_upgrade {
            self.0.upgraded.store(works, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}
