//! The client for threads.

use std::io;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use engineio_proto::{Message, OpenPacket, Packet, Prepared, Progress, SendError, Sid, Transport};
use tokio::runtime::{Builder, Runtime};
use tokio::task;

use super::Events;
use super::waiting::{wait, wait_for};
use crate::client::{self, ClientBuilder, ClientState, ConnectError, Connector, Disconnect};

/// A connection to an Engine.IO server for programs without a runtime: [`crate::Client`] with a thread of its own.
///
/// Every call may be made from any thread, also within a runtime, whose thread is then blocked; client and events may
/// be dropped anywhere. When the last of them goes, the client is closed in the background: call
/// [`close`](Self::close) where what was sent must arrive before the program ends.
///
/// ```no_run
/// use engineio::blocking::Client;
/// use engineio::client::Event;
///
/// # fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let (client, events) = Client::connect("http://localhost:3000")?;
/// client.send("hello")?;
/// for event in events {
///     if let Event::Message(message) = event {
///         println!("{message:?}");
///         client.close();
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Client(crate::Client);

impl Client {
    /// Connects with default settings; returns when the server has answered the handshake.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] says how far it came and what to change.
    pub fn connect(url: &str) -> Result<(Self, Events), ConnectError> {
        Self::connect_with(ClientBuilder::default(), url)
    }

    /// Connects with these settings: those of the asynchronous client.
    ///
    /// ```no_run
    /// use engineio::blocking;
    ///
    /// # fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let settings = engineio::Client::builder().bearer_auth("token");
    /// let (client, events) = blocking::Client::connect_with(settings, "http://localhost:3000")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect).
    pub fn connect_with(settings: ClientBuilder, url: &str) -> Result<(Self, Events), ConnectError> {
        let connector = settings.build().map_err(|error| ConnectError::unusable(url, &error))?;
        let (client, events) = Self::start(&connector, url)?;
        wait(client.0.opened())?;
        Ok((client, events))
    }

    /// Connects without waiting; see [`Connector::start`].
    ///
    /// # Errors
    ///
    /// [`ConnectError`] for a URL that is none, and where the system has no thread to give.
    pub fn start(connector: &Connector, url: &str) -> Result<(Self, Events), ConnectError> {
        let (client, events) =
            begin(connector, url).unwrap_or_else(|error| Err(ConnectError::no_thread(url, error)))?;
        Ok((Self(client), Events::new(events)))
    }

    /// Waits until a session is open; see [`crate::Client::opened`].
    ///
    /// # Errors
    ///
    /// Why none came about, when the client has given up.
    pub fn opened(&self) -> Result<(), ConnectError> {
        wait(self.0.opened())
    }

    /// Sends a message; waits only for room in the queue, under [`Overflow::Wait`](crate::client::Overflow::Wait).
    ///
    /// # Errors
    ///
    /// As for [`crate::Client::send`].
    pub fn send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        wait(self.0.send(message))
    }

    /// Sends a message without ever waiting.
    ///
    /// # Errors
    ///
    /// As for [`crate::Client::try_send`].
    pub fn try_send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        self.0.try_send(message)
    }

    /// Sends a message that is encoded once for many clients, without waiting.
    ///
    /// # Errors
    ///
    /// As for [`try_send`](Self::try_send).
    pub fn send_prepared(&self, prepared: &Prepared) -> Result<(), SendError> {
        self.0.send_prepared(prepared)
    }

    /// Sends a raw packet: a message, or a close, which ends the session.
    ///
    /// # Errors
    ///
    /// As for [`crate::Client::send_packet`].
    pub fn send_packet(&self, packet: Packet) -> Result<(), SendError> {
        self.0.send_packet(packet)
    }

    /// Waits until everything sent so far was taken over by the transport.
    ///
    /// # Errors
    ///
    /// As for [`crate::Client::flush`].
    pub fn flush(&self) -> Result<(), SendError> {
        wait(self.0.flush())
    }

    /// As [`flush`](Self::flush), but for this long at most; `None` when that was not enough.
    pub fn flush_timeout(&self, limit: Duration) -> Option<Result<(), SendError>> {
        wait_for(self.0.flush(), limit)
    }

    /// Closes the client: what is queued still leaves. Waits until that is done, at most for the close timeout.
    pub fn close(&self) {
        wait(self.0.close());
    }

    /// Closes the client at once; what is queued is lost.
    pub fn abort(&self) {
        self.0.abort();
    }

    /// Waits until the client is over; tells how the last session ended.
    pub fn closed(&self) -> Option<Disconnect> {
        wait(self.0.closed())
    }

    /// Where the client stands.
    pub fn state(&self) -> ClientState {
        self.0.state()
    }

    /// Whether a session is open and messages can be sent.
    pub fn is_connected(&self) -> bool {
        self.0.is_connected()
    }

    /// The session's id; none before the first one is open.
    pub fn sid(&self) -> Option<Sid> {
        self.0.sid()
    }

    /// How packets travel now.
    pub fn transport(&self) -> Transport {
        self.0.transport()
    }

    /// What the server said at the handshake.
    pub fn open_packet(&self) -> Option<OpenPacket> {
        self.0.open_packet()
    }

    /// The sub-protocol that the server chose at the last WebSocket handshake.
    pub fn protocol(&self) -> Option<String> {
        self.0.protocol()
    }

    /// See [`crate::Client::round_trip_time`].
    pub fn round_trip_time(&self) -> Option<Duration> {
        self.0.round_trip_time()
    }

    /// Bytes of data that wait to be sent.
    pub fn buffered_bytes(&self) -> usize {
        self.0.buffered_bytes()
    }

    /// How far the messages sent have come.
    pub fn progress(&self) -> Progress {
        self.0.progress()
    }

    /// The URL without user, password and query.
    pub fn url(&self) -> &str {
        self.0.url()
    }

    /// Runs a function on a thread of its own.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub fn start_background_task<T: Send + 'static>(
        &self,
        task: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<JoinHandle<T>> {
        thread::Builder::new().name("engineio-task".to_owned()).spawn(task)
    }

    /// Blocks the thread for some time.
    pub fn sleep(&self, duration: Duration) {
        thread::sleep(duration);
    }
}

/// Starts the thread that moves a client's bytes; it ends with the client.
fn begin(
    connector: &Connector,
    url: &str,
) -> io::Result<Result<(crate::Client, client::Events), ConnectError>> {
    let (hand, taken) = mpsc::channel::<(Runtime, task::JoinHandle<()>)>();
    // First the thread, since it may not come about; without anything to do it ends.
    thread::Builder::new().name("engineio-client".to_owned()).spawn(move || {
        if let Ok((runtime, driver)) = taken.recv() {
            let _ = runtime.block_on(driver);
            runtime.shutdown_background();
        }
    })?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    match connector.start_on(runtime.handle(), url) {
        Ok((client, events, driver)) => {
            // The thread waits for it.
            let _ = hand.send((runtime, driver));
            Ok(Ok((client, events)))
        }
        Err(error) => {
            // A plain drop would panic within another runtime.
            runtime.shutdown_background();
            Ok(Err(error))
        }
    }
}
