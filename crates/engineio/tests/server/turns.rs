//! Whatever a client sends, other tasks have their turn.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use engineio::Message;
use engineio::server::ServerBuilder;
use engineio_proto::ws::OpCode;
use tokio::task::{Id, try_id};

use crate::support::http::{encode, post};
use crate::support::websocket::masked;
use crate::support::{Host, until};

/// Messages that are handled between two turns of another task.
const TURN: usize = 64;

/// Messages that a client sends at once.
const FLOOD: usize = 20_000;

/// Counts messages, and how many of them a task has handled between two turns of another task.
#[derive(Clone, Debug, Default)]
struct Count {
    all: Arc<AtomicUsize>,
    since: Arc<Mutex<HashMap<Option<Id>, usize>>>,
    most: Arc<AtomicUsize>,
}

impl Count {
    fn message(&self) {
        self.all.fetch_add(1, Ordering::Relaxed);
        *self.since.lock().unwrap().entry(try_id()).or_default() += 1;
    }

    /// The other task. It is always ready, as one would be that has much to do.
    async fn watch(self) {
        poll_fn(|cx| {
            let since = std::mem::take(&mut *self.since.lock().unwrap());
            self.most.fetch_max(since.into_values().max().unwrap_or(0), Ordering::Relaxed);
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        })
        .await;
    }

    /// Waits until all were handled. Returns the most of them between two turns.
    async fn most(&self) -> usize {
        until(|| self.all.load(Ordering::Relaxed) == FLOOD).await;
        self.most.load(Ordering::Relaxed)
    }
}

/// A server that handles messages at once, one after the other or as futures.
fn counting(handle: impl FnOnce(ServerBuilder, Count) -> ServerBuilder) -> (Host, Count) {
    let count = Count::default();
    let host = Host::start(|builder| handle(builder, count.clone()));
    tokio::spawn(count.clone().watch());
    (host, count)
}

fn asynchronous(builder: ServerBuilder, count: Count) -> ServerBuilder {
    builder.on_message(move |_, _: Message| {
        count.message();
        async {}
    })
}

fn synchronous(builder: ServerBuilder, count: Count) -> ServerBuilder {
    builder.on_message_sync(move |_, _: Message| count.message())
}

#[tokio::test(start_paused = true)]
async fn frames_of_a_websocket() {
    for handle in [asynchronous, synchronous] {
        let (host, count) = counting(handle);
        let (mut websocket, _) = host.websocket().await;
        websocket.write(&masked(OpCode::Text, true, b"4").repeat(FLOOD)).await;
        assert_eq!(count.most().await, TURN);
    }
}

#[tokio::test(start_paused = true)]
async fn packets_of_a_post() {
    for handle in [asynchronous, synchronous] {
        let (host, count) = counting(handle);
        let mut polling = host.polling().await;
        polling.post(&vec!["4"; FLOOD].join("\u{1e}")).await;
        assert_eq!(count.most().await, TURN);
    }
}

#[tokio::test(start_paused = true)]
async fn posts_in_a_row() {
    for field in ["x-plain: no\r\n", ""] {
        let (host, count) = counting(asynchronous);
        let polling = host.polling().await;
        let mut http = host.http().await;
        let body = ["4"; 50].join("\u{1e}");
        let request = String::from_utf8(encode(&post(&polling.uri(), body))).unwrap();
        // What is no plain request is hyper's.
        let request = request.replacen("\r\n", &format!("\r\n{field}"), 1);
        http.write(request.repeat(FLOOD / 50).as_bytes()).await;
        // A connection whose client writes meanwhile is polled twice at times: tokio has two queues.
        let most = count.most().await;
        assert!((50..=2 * TURN).contains(&most), "{most}");
    }
}

/// The answers of handlers that go on in a task of their own, since their connection's turn was over, leave at once.
#[tokio::test(start_paused = true)]
async fn answers_do_not_wait_for_the_next_turn() {
    for messages in [TURN - 1, TURN, TURN + 1, 2 * TURN, 1000] {
        let host = Host::start(|builder| {
            builder.on_message(|socket, message: Message| async move {
                let _ = socket.send(message).await;
            })
        });
        let (mut websocket, _) = host.websocket().await;
        let frames: Vec<u8> = (0..messages)
            .flat_map(|number| masked(OpCode::Text, true, format!("4{number}").as_bytes()))
            .collect();
        let before = tokio::time::Instant::now();
        websocket.write(&frames).await;
        for number in 0..messages {
            assert_eq!(websocket.text().await, format!("4{number}"), "of {messages}");
        }
        assert_eq!(before.elapsed(), std::time::Duration::ZERO, "nobody waited for a heartbeat");
    }
}
