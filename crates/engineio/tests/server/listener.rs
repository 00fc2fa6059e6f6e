//! Listeners that fail, and connections that are not ready at once.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engineio::Server;
use engineio::server::{Accepted, Listener};
use tokio::io::{AsyncReadExt, DuplexStream};
use tokio::time::Instant;

use crate::support::http::{get, text};
use crate::support::memory::{Memory, network};
use crate::support::{Dial, Http};

/// Fails some times, each time at once, and then accepts what comes.
struct Failing {
    errors: Vec<io::ErrorKind>,
    failed_at: Arc<Mutex<Vec<Instant>>>,
    then: Memory,
}

impl Listener for Failing {
    type Raw = DuplexStream;
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<Accepted<DuplexStream>> {
        let Some(kind) = self.errors.pop() else { return self.then.accept().await };
        self.failed_at.lock().unwrap().push(Instant::now());
        Err(match kind {
            io::ErrorKind::Other => io::Error::from_raw_os_error(24), // EMFILE
            kind => kind.into(),
        })
    }

    fn prepare(&self, raw: DuplexStream) -> impl Future<Output = io::Result<DuplexStream>> + Send + 'static {
        self.then.prepare(raw)
    }
}

/// Serves with a listener that fails, until a request was answered. Returns when it had failed.
async fn fail(errors: Vec<io::ErrorKind>) -> (Vec<Instant>, Duration) {
    let server = Server::builder().build().unwrap();
    let (network, then) = network();
    let failed_at = Arc::new(Mutex::new(Vec::new()));
    let listener = Failing { errors, failed_at: Arc::clone(&failed_at), then };
    let begun = Instant::now();
    tokio::spawn(async move { server.serve(listener).await });
    let response = Http::new(network.dial().await).exchange(&get("/")).await;
    assert_eq!(text(&response), "Not Found");
    let failed_at = failed_at.lock().unwrap().clone();
    (failed_at, begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn without_descriptors_it_waits_longer_and_longer() {
    let (failed_at, elapsed) = fail(vec![io::ErrorKind::Other; 12]).await;
    let waits: Vec<Duration> = failed_at.windows(2).map(|pair| pair[1].duration_since(pair[0])).collect();
    assert_eq!(waits.len(), 11);
    assert!(waits[0] >= Duration::from_millis(10), "{waits:?}");
    assert!(waits.windows(2).all(|pair| pair[1] >= pair[0]), "{waits:?}");
    assert!(waits[10] >= Duration::from_secs(1) && waits[10] < Duration::from_millis(1100), "{waits:?}");
    assert!(elapsed < Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_lost_before_it_was_accepted_costs_no_time() {
    let lost = [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset];
    let (failed_at, elapsed) = fail(lost.repeat(20)).await;
    assert_eq!(failed_at.len(), 40);
    assert_eq!(elapsed, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn shutting_down_does_not_wait_for_a_broken_listener() {
    let server = Server::builder().build().unwrap();
    let (_network, then) = network();
    let listener = Failing { errors: vec![io::ErrorKind::Other; 1000], failed_at: Arc::default(), then };
    let serving = server.clone();
    let serving = tokio::spawn(async move { serving.serve(listener).await });
    tokio::time::sleep(Duration::from_secs(20)).await;
    let begun = Instant::now();
    server.shutdown(Duration::ZERO).await;
    serving.await.unwrap().unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

/// Its connections are ready when their client has said `!`.
struct Demanding(Memory);

async fn shake_hands(mut raw: DuplexStream) -> io::Result<DuplexStream> {
    match raw.read_u8().await? {
        b'!' => Ok(raw),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

impl Listener for Demanding {
    type Raw = DuplexStream;
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<Accepted<DuplexStream>> {
        self.0.accept().await
    }

    fn prepare(&self, raw: DuplexStream) -> impl Future<Output = io::Result<DuplexStream>> + Send + 'static {
        shake_hands(raw)
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_not_ready_holds_up_no_other() {
    let server = Server::builder().build().unwrap();
    let (network, listener) = network();
    tokio::spawn(async move { server.serve(Demanding(listener)).await });
    let _silent = network.dial().await;
    let mut wrong = Http::new(network.dial().await);
    wrong.write(b"?").await;
    wrong.closed().await;
    let mut right = Http::new(network.dial().await);
    right.write(b"!").await;
    assert_eq!(right.exchange(&get("/")).await.status(), 404);
}
