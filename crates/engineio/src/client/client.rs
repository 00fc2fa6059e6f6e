//! The application's handle to a client.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use engineio_proto::client::Session;
use engineio_proto::{Message, OpenPacket, Overflow, Packet, Prepared, Progress, SendError, Sid, Transport};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::guard::Guard;
use super::shared::{Owner, Shared};
use super::state::{Stage, State};
use super::{ClientBuilder, ClientState, ConnectError, Disconnect, Events, MessageSink};
use crate::driver::clock;

/// A connection to an Engine.IO server: cheap to clone, usable from any task or thread.
///
/// The client lives until it is closed, or until all of its handles and its [`Events`] are dropped, which closes it in
/// the same orderly way. Events that nobody takes make the client stop reading once
/// [`max_inbound`](ClientBuilder::max_inbound) messages wait, and a server whose pings are then not answered ends the
/// session: take them, or drop the [`Events`], after which messages are received and forgotten.
///
/// ```no_run
/// use engineio::Client;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let (client, mut events) = Client::connect("http://localhost:3000").await?;
/// client.send("hello").await?;
/// let answer = events.next_message().await;
/// client.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    owner: Arc<Owner>,
    runtime: Handle,
}

impl Client {
    pub(crate) fn new(shared: Arc<Shared>, runtime: Handle) -> (Self, Events) {
        let owner = Arc::new(Owner(shared));
        let events = Events::new(Arc::clone(&owner));
        (Self { owner, runtime }, events)
    }

    /// Connects with default settings; see [`Connector::connect`](super::Connector::connect).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn connect(url: &str) -> Result<(Self, Events), ConnectError> {
        Self::builder().connect(url).await
    }

    /// Starts with default settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Waits until a session is open: at once, where one is.
    ///
    /// # Errors
    ///
    /// Why none came about, when the client has given up before there was any.
    ///
    /// # Cancel safety
    ///
    /// Dropping it has no effect.
    pub async fn opened(&self) -> Result<(), ConnectError> {
        self.wait(|state| {
            // A session may have begun and ended before anybody looked.
            if state.stage == Stage::Session && state.session.open_packet().is_some() {
                return Some(Ok(()));
            }
            (state.stage == Stage::Over).then(|| match &state.error {
                _ if state.was_open => Ok(()),
                Some(error) => Err(error.clone()),
                None => Err(self.closed_early()),
            })
        })
        .await
    }

    /// Sends a message.
    ///
    /// It is queued and leaves in order; the call returns before it has. It waits only under the overflow policy
    /// [`Overflow::Wait`], which is the default, for room in the queue.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] when the session has ended, [`SendError::NotOpen`] while there is none yet,
    /// [`SendError::TooLarge`] with both numbers for more than the server's `maxPayload`, [`SendError::Separator`] for
    /// text that polling cannot carry, [`SendError::Full`] with the message under [`Overflow::DropNewest`].
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, the message was not sent.
    pub fn send(&self, message: impl Into<Message>) -> Send<'_> {
        Send { client: self, message: Some(message.into()) }
    }

    /// Sends a message without ever waiting.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send); [`SendError::Full`] with the message under [`Overflow::Wait`] as well.
    pub fn try_send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        let message = message.into();
        self.change(|session| session.send(message)).map(drop)
    }

    /// Sends a message that is encoded once for many clients, without waiting.
    ///
    /// # Errors
    ///
    /// As for [`try_send`](Self::try_send).
    pub fn send_prepared(&self, prepared: &Prepared) -> Result<(), SendError> {
        self.change(|session| session.send_prepared(prepared)).map(drop)
    }

    /// Sends a raw packet: a message, or a close, which ends the session. After a close packet a client with
    /// reconnection does not connect again.
    ///
    /// # Errors
    ///
    /// [`SendError::PacketType`] for any other packet; otherwise as for [`try_send`](Self::try_send).
    pub fn send_packet(&self, packet: Packet) -> Result<(), SendError> {
        let mut state = self.lock();
        let sent = state.session.send_packet(clock::now(), packet);
        if sent.is_ok() && !state.session.is_open() {
            state.course.stop();
        }
        state.wake_driver();
        sent
    }

    /// Waits until everything sent so far was taken over by the transport: its POST was answered, or it was written
    /// to the WebSocket.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] when the session ends first, or ended with messages that were not.
    ///
    /// # Cancel safety
    ///
    /// Dropping it has no effect on what was sent.
    pub async fn flush(&self) -> Result<(), SendError> {
        let mut wanted = None;
        self.wait(|state| state.flushed(&mut wanted)).await
    }

    /// Waits until the queue has room for a message. Others may fill it again before it is used.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] when the session ends first.
    ///
    /// # Cancel safety
    ///
    /// Dropping it has no effect.
    pub async fn room(&self) -> Result<(), SendError> {
        self.wait(State::room).await
    }

    /// Closes the client: what is queued still leaves, then the server is told, and no session follows. Ready when
    /// that is done or was not possible within the [`close_timeout`](ClientBuilder::close_timeout).
    ///
    /// Messages that the server sends meanwhile are still delivered.
    ///
    /// # Cancel safety
    ///
    /// The client closes as well when the future is dropped.
    pub fn close(&self) -> impl Future<Output = ()> + std::marker::Send + '_ {
        self.owner.0.close();
        self.ended()
    }

    /// Closes the client at once; what is queued is lost. Cancels a reconnection as well.
    pub fn abort(&self) {
        self.owner.0.abort();
    }

    /// Waits until the client is over: closed by the application, or its session was lost and no other will follow.
    /// Tells how the last session ended; `None` when there never was one.
    ///
    /// # Cancel safety
    ///
    /// Dropping it has no effect.
    pub async fn closed(&self) -> Option<Disconnect> {
        self.ended().await;
        let state = self.lock();
        state.last_end().cloned()
    }

    async fn ended(&self) {
        self.wait(|state| (state.stage == Stage::Over).then_some(())).await;
    }

    /// Where the client stands.
    pub fn state(&self) -> ClientState {
        self.lock().client_state()
    }

    /// Whether a session is open and messages can be sent.
    pub fn is_connected(&self) -> bool {
        self.look(Session::is_open)
    }

    /// The session's id; none before the first one is open.
    pub fn sid(&self) -> Option<Sid> {
        self.look(|session| session.sid().cloned())
    }

    /// How packets travel now.
    pub fn transport(&self) -> Transport {
        self.look(Session::transport)
    }

    /// What the server said at the handshake: its upgrades, ping interval and timeout, and the largest payload.
    pub fn open_packet(&self) -> Option<OpenPacket> {
        self.look(|session| session.open_packet().cloned())
    }

    /// The sub-protocol that the server chose at the last WebSocket handshake.
    pub fn protocol(&self) -> Option<String> {
        self.lock().protocol.clone()
    }

    /// How long the server last took to answer something that is answered at once. None before there was an answer.
    ///
    /// At first it is the handshake of the transport, which includes connecting. By polling it is then each POST. Over
    /// WebSocket it is a WebSocket ping, which goes along with a write when the last one is 10 s old or more: answers to
    /// the server's heartbeat are writes, so that a session without messages is measured as often as the server pings.
    /// The protocol's own pings come from the server and tell a client nothing. A server that leaves WebSocket pings
    /// unanswered leaves the time as it is.
    pub fn round_trip_time(&self) -> Option<Duration> {
        self.lock().round_trip
    }

    /// Bytes of data that wait to be sent.
    pub fn buffered_bytes(&self) -> usize {
        self.progress().queued_bytes
    }

    /// How far the messages sent have come.
    pub fn progress(&self) -> Progress {
        self.look(Session::progress)
    }

    /// The URL without user, password and query.
    pub fn url(&self) -> &str {
        &self.owner.0.url
    }

    /// A sink for messages, for combinators of the `futures` crates.
    pub fn sink(&self) -> MessageSink {
        MessageSink::new(self.clone())
    }

    /// Runs a future in the background, on the client's runtime. Aborting or awaiting it is up to the caller.
    pub fn start_background_task<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + std::marker::Send + 'static,
        F::Output: std::marker::Send + 'static,
    {
        self.runtime.spawn(task)
    }

    /// Waits for some time.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    pub(crate) fn lock(&self) -> Guard<'_> {
        self.owner.0.lock()
    }

    fn look<R>(&self, look: impl FnOnce(&Session) -> R) -> R {
        look(&self.lock().session)
    }

    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut Session) -> R) -> R {
        let mut state = self.lock();
        let result = change(&mut state.session);
        state.wake_driver();
        result
    }

    /// Waits until `done` has an answer.
    pub(crate) fn wait<R>(&self, mut done: impl FnMut(&mut State) -> Option<R>) -> impl Future<Output = R> {
        poll_fn(move |cx| self.poll(cx, &mut done))
    }

    /// Asks whether `done` has an answer; the task is woken when there is progress.
    pub(crate) fn poll<R>(&self, cx: &Context<'_>, done: impl FnOnce(&mut State) -> Option<R>) -> Poll<R> {
        let mut state = self.lock();
        if let Some(result) = done(&mut state) {
            return Poll::Ready(result);
        }
        state.wait(cx);
        Poll::Pending
    }

    fn closed_early(&self) -> ConnectError {
        ConnectError::closed_early(Arc::clone(&self.owner.0.url))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("url", &self.url())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

/// The future of [`Client::send`].
#[derive(Debug)]
#[must_use = "a message is sent when its future is polled"]
pub struct Send<'a> {
    client: &'a Client,
    message: Option<Message>,
}

impl Future for Send<'_> {
    type Output = Result<(), SendError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Polled again after it was ready, there is nothing to send.
        let Some(message) = self.message.take() else { return Poll::Ready(Err(SendError::Closed)) };
        let mut state = self.client.lock();
        match state.session.send(message) {
            Err(SendError::Full(back)) if state.session.overflow() == Overflow::Wait => {
                state.wait(cx);
                drop(state);
                self.message = Some(back);
                Poll::Pending
            }
            sent => {
                state.wake_driver();
                Poll::Ready(sent.map(drop))
            }
        }
    }
}
