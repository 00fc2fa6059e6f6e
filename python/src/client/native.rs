//! `NativeClient`: a client whose I/O is Rust's.

use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use engineio::client::{ConnectError, Connector, Events};
use engineio::{Client, SendError};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::delivery::{Delivery, Source};
use super::event::Event;
use super::keyword::keyword;
use super::options::Options;
use super::runtime;
use super::session::{BATCH_BYTES, outcome};
use super::turn::Turn;
use super::watch::Watches;
use crate::data;
use crate::session::duration;

/// How long a call waits until it looks for signals.
const PATIENCE: Duration = Duration::from_millis(100);

/// How long an attempt to connect may go on that nobody waits for.
const FORSAKEN: Duration = Duration::from_secs(30);

/// Events taken from the client at a time.
const BATCH: usize = 256;

/// One connection of a client, with its reconnections. Safe to use from several threads.
#[pyclass(extends = Delivery, frozen, module = "engineio_rs._core")]
#[derive(Debug)]
pub(crate) struct NativeClient {
    connector: Connector,
    generation: u32,
    feed: Arc<Feed>,
    client: OnceLock<Client>,
    /// How the attempt to connect has ended.
    opened: Arc<Mutex<Option<Result<(), ConnectError>>>>,
    watches: Arc<Watches>,
}

#[pymethods]
impl NativeClient {
    #[new]
    #[pyo3(signature = (packet_class, **options))]
    fn new(
        packet_class: Py<PyAny>,
        options: Option<&Bound<'_, PyDict>>,
        py: Python<'_>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let none = PyDict::new(py);
        let builder = Options::parse(options.unwrap_or(&none))?.builder()?;
        let builder = runtime::count_sockets(py, builder)?;
        let connector = builder.build().map_err(|error| PyValueError::new_err(error.in_words(keyword)))?;
        let feed = Arc::<Feed>::default();
        let delivery = Delivery::new(Arc::<Feed>::clone(&feed), packet_class);
        let client = Self {
            connector,
            generation: runtime::generation(),
            feed,
            client: OnceLock::new(),
            opened: Arc::default(),
            watches: Arc::default(),
        };
        Ok(PyClassInitializer::from(delivery).add_subclass(client))
    }

    /// Connects, and waits for it. Returns None, or what went wrong.
    fn open<'py>(&self, py: Python<'py>, url: &str) -> PyResult<Option<Bound<'py, PyDict>>> {
        if let Err(error) = self.begin_to_connect(py, url)? {
            return failure(py, &error).map(Some);
        }
        let client = self.client()?.clone();
        match wait(py, client.opened(), None)? {
            None | Some(Ok(())) => Ok(None),
            Some(Err(error)) => failure(py, &error).map(Some),
        }
    }

    /// Begins to connect; `opened()` tells how it went once the descriptor is readable.
    fn start(&self, py: Python<'_>, url: &str) -> PyResult<()> {
        let begun = self.begin_to_connect(py, url)?;
        let (slot, turn) = (Arc::clone(&self.opened), Arc::clone(&self.feed.turn));
        if let Err(error) = begun {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(Err(error));
            turn.0.wake();
            return Ok(());
        }
        let client = self.client()?.clone();
        runtime::handle(py)?.spawn(async move {
            let outcome = client.opened().await;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
            turn.0.wake();
        });
        Ok(())
    }

    /// How the attempt to connect went: True, or what went wrong; None while it is under way.
    fn opened<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let outcome = self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match outcome {
            None => Ok(None),
            Some(Ok(())) => Ok(Some(true.into_pyobject(py)?.to_owned().into_any())),
            Some(Err(error)) => failure(py, &error).map(|failure| Some(failure.into_any())),
        }
    }

    /// A descriptor that is readable when there are events.
    fn fileno(&self) -> PyResult<i32> {
        Ok(self.feed.turn().signal().open()?)
    }

    /// To be called when the descriptor was readable.
    fn clear_signal(&self) {
        self.feed.turn().signal().clear();
    }

    /// Queues a packet. True if it was taken, False if there is no session, None if the queue is full.
    ///
    /// Raises `ValueError` for a packet that is not the application's to send, that polling cannot carry, or that is
    /// larger than the server accepts.
    fn send(&self, packet: &Bound<'_, PyAny>) -> PyResult<Option<bool>> {
        let encoded = packet.call_method0(pyo3::intern!(packet.py(), "encode"))?;
        let sent: Result<(), SendError> = match data::decode(&encoded)? {
            engineio::Packet::Message(message) => self.client()?.try_send(message),
            other => self.client()?.send_packet(other),
        };
        outcome(sent)
    }

    /// Ends the connection: what is queued still leaves.
    fn close(&self) -> PyResult<()> {
        drop(self.client()?.close());
        Ok(())
    }

    /// Gives the attempt to connect up. If it succeeds all the same, the server is told that the session is over.
    fn forsake(&self, py: Python<'_>) -> PyResult<()> {
        let Ok(client) = self.client() else { return Ok(()) };
        let client = client.clone();
        runtime::handle(py)?.spawn(async move {
            if tokio::time::timeout(FORSAKEN, client.opened()).await.is_ok() {
                client.close().await;
            }
        });
        Ok(())
    }

    /// Ends the connection at once.
    fn abort(&self) {
        if let Ok(client) = self.client() {
            client.abort();
        }
    }

    /// How packets travel now.
    #[getter]
    fn transport(&self) -> PyResult<&'static str> {
        Ok(self.client()?.transport().name())
    }

    /// Whether the session is over.
    #[getter]
    fn finished(&self) -> PyResult<bool> {
        Ok(!self.client()?.is_connected())
    }

    /// How many messages were accepted for sending, and how many of them are known to have been taken over.
    fn progress(&self) -> PyResult<(u64, u64)> {
        let progress = self.client()?.progress();
        Ok((progress.accepted.count(), progress.confirmed.count()))
    }

    /// Waits until the queue has room, or the session has ended.
    fn wait_room(&self, py: Python<'_>) -> PyResult<()> {
        wait(py, self.client()?.room(), None).map(drop)
    }

    /// Waits until everything sent so far was taken over. Returns whether it was within so many seconds, and before the
    /// session has ended.
    #[pyo3(signature = (seconds=None))]
    fn wait_flushed(&self, py: Python<'_>, seconds: Option<f64>) -> PyResult<bool> {
        let limit = seconds.map(|seconds| duration(seconds.max(0.0), "timeout")).transpose()?;
        Ok(wait(py, self.client()?.flush(), limit)?.is_some_and(|flushed| flushed.is_ok()))
    }

    /// Begins to wait as `wait_room()` does, and returns the number of the wait.
    fn watch_room(&self, py: Python<'_>) -> PyResult<u32> {
        let client = self.client()?.clone();
        self.watch(py, async move { client.room().await.is_ok() })
    }

    /// Begins to wait as `wait_flushed()` does, and returns the number of the wait.
    fn watch_flushed(&self, py: Python<'_>) -> PyResult<u32> {
        let client = self.client()?.clone();
        self.watch(py, async move { client.flush().await.is_ok() })
    }

    /// The waits that have ended since the last call: their numbers, and whether well.
    fn take_watched(&self) -> Vec<(u32, bool)> {
        self.watches.take()
    }

    /// How a wait has ended: whether well; None if it has not. Others are left alone.
    fn watched(&self, number: u32) -> Option<bool> {
        self.watches.take_one(number)
    }

    /// Gives a wait up.
    fn unwatch(&self, number: u32) {
        self.watches.forget(number);
    }

    /// Waits until there may be events. False at the end. For event loops that cannot watch descriptors.
    fn wait_news(&self, py: Python<'_>) -> bool {
        py.detach(|| self.feed.turn().wait_news())
    }
}

impl NativeClient {
    fn begin_to_connect(&self, py: Python<'_>, url: &str) -> PyResult<Result<(), ConnectError>> {
        let handle = runtime::handle(py)?;
        let _inside = handle.enter();
        let (client, events) = match self.connector.start(url) {
            Ok(made) => made,
            Err(error) => return Ok(Err(error)),
        };
        *self.feed.events() = Some(events);
        // The first look at the events is what asks to be woken for those that follow.
        self.feed.turn().wake();
        let _ = self.client.set(client);
        Ok(Ok(()))
    }

    fn watch(&self, py: Python<'_>, wait: impl Future<Output = bool> + Send + 'static) -> PyResult<u32> {
        let turn = Arc::clone(&self.feed.turn);
        Ok(self.watches.begin(&runtime::handle(py)?, wait, move || turn.0.wake()))
    }

    fn client(&self) -> PyResult<&Client> {
        if self.generation != runtime::generation() {
            return Err(PyRuntimeError::new_err(
                "this connection belongs to the process that was forked: connect again in the new one",
            ));
        }
        self.client.get().ok_or_else(|| PyRuntimeError::new_err("there is no connection: connect first"))
    }
}

impl Drop for NativeClient {
    fn drop(&mut self) {
        if self.generation != runtime::generation() {
            // The parent's locks may be held by threads that do not exist here.
            std::mem::forget(self.client.take());
            std::mem::forget(Arc::clone(&self.feed));
        }
    }
}

/// The client's events, and whose turn it is to deliver them.
#[derive(Debug, Default)]
struct Feed {
    /// On its own, as the client's waker holds it.
    turn: Arc<Woken>,
    events: Mutex<Option<Events>>,
}

impl Feed {
    fn events(&self) -> MutexGuard<'_, Option<Events>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for Feed {
    fn turn(&self) -> &Turn {
        &self.turn.0
    }

    fn refill(&self) {
        let waker = Waker::from(Arc::clone(&self.turn));
        let mut context = Context::from_waker(&waker);
        let mut taken = Vec::new();
        let mut guard = self.events();
        let Some(events) = guard.as_mut() else { return };
        let (mut more, mut bytes) = (true, 0);
        while more && taken.len() < BATCH && bytes < BATCH_BYTES {
            match std::pin::pin!(events.next()).poll(&mut context) {
                Poll::Ready(Some(event)) => {
                    bytes += bytes_of(&event);
                    taken.extend(Event::of_client(event));
                }
                Poll::Ready(None) | Poll::Pending => more = false,
            }
        }
        drop(guard);
        self.turn.0.put(taken);
        if more {
            self.turn.0.wake();
        }
    }
}

fn bytes_of(event: &engineio::client::Event) -> usize {
    match event {
        engineio::client::Event::Message(message) => message.len(),
        _ => 0,
    }
}

/// Wakes whoever delivers events.
#[derive(Debug, Default)]
struct Woken(Turn);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.wake();
    }
}

/// Where a redirect of a handshake leads: the URL without the parameters of the protocol. Raises `ValueError` with the reason
/// if it is not followed.
#[pyfunction]
pub(crate) fn redirected(url: &str, location: &str) -> PyResult<String> {
    engineio::client::redirected(url, location).map_err(PyValueError::new_err)
}

/// What Python is told of an attempt that failed.
fn failure<'py>(py: Python<'py>, error: &ConnectError) -> PyResult<Bound<'py, PyDict>> {
    let failure = PyDict::new(py);
    failure.set_item("phase", error.phase().as_str())?;
    failure.set_item("text", error.in_words(keyword))?;
    failure.set_item("location", error.location())?;
    failure.set_item("wrong_version", error.is_wrong_version())?;
    failure.set_item("status", error.status().map(|status| status.as_u16()))?;
    failure.set_item("body", error.body())?;
    Ok(failure)
}

/// Waits for a future on this thread, without the interpreter; looks for signals meanwhile. None after the limit.
fn wait<T: Send>(
    py: Python<'_>,
    future: impl Future<Output = T> + Send,
    limit: Option<Duration>,
) -> PyResult<Option<T>> {
    let begun = Instant::now();
    let mut future = Box::pin(future);
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    loop {
        let left = limit.map(|limit| limit.saturating_sub(begun.elapsed()));
        let polled = py.detach(|| {
            let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
            if polled.is_pending() {
                bell.wait(left.unwrap_or(PATIENCE).min(PATIENCE));
            }
            polled
        });
        match polled {
            Poll::Ready(result) => return Ok(Some(result)),
            Poll::Pending if left == Some(Duration::ZERO) => return Ok(None),
            Poll::Pending => py.check_signals()?,
        }
    }
}

/// Wakes a thread.
#[derive(Debug, Default)]
struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    fn wait(&self, limit: Duration) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(rung, limit, |rung| !*rung);
        *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_one();
    }
}
