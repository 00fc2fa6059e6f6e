//! The deadlines of sessions on polling: one heap and one task for all of them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, PoisonError, Weak};

use engineio_proto::{Instant, Sid};
use tokio::sync::Notify;

use super::clock;
use crate::server::shared::ServerShared;

/// Deadlines of sessions that have no connection to keep them.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    queue: Mutex<Queue>,
    earlier: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    heap: BinaryHeap<Reverse<(Instant, Sid)>>,
    running: bool,
}

impl Timers {
    /// Wakes the session `sid` at `at`. Starts the task if there is none.
    pub(crate) fn push(&self, at: Instant, sid: Sid, server: &Weak<ServerShared>) {
        let mut queue = self.lock();
        let earliest = queue.heap.peek().is_none_or(|Reverse((first, _))| at < *first);
        queue.heap.push(Reverse((at, sid)));
        let start = !std::mem::replace(&mut queue.running, true);
        drop(queue);
        if start {
            start_task(server);
        } else if earliest {
            self.earlier.notify_one();
        }
    }

    /// Takes what is due, or tells when something will be. `None` means that the task has nothing more to do.
    fn due(&self) -> Option<Result<Sid, Instant>> {
        let mut queue = self.lock();
        let Some(Reverse((at, _))) = queue.heap.peek() else {
            queue.running = false;
            return None;
        };
        if *at > clock::now() {
            return Some(Err(*at));
        }
        queue.heap.pop().map(|Reverse((_, sid))| Ok(sid))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn start_task(server: &Weak<ServerShared>) {
    let Some(shared) = server.upgrade() else { return };
    let server = server.clone();
    shared.spawn(async move { run(&server).await });
}

/// Runs until there is no deadline, or no server, left.
async fn run(server: &Weak<ServerShared>) {
    while let Some(shared) = server.upgrade() {
        match shared.timers.due() {
            None => return,
            Some(Ok(sid)) => {
                if let Some(session) = shared.registry.find(sid.as_str()) {
                    session.timer_fired();
                }
            }
            Some(Err(at)) => {
                let earlier = shared.timers.earlier.notified();
                let _ = tokio::time::timeout_at(clock::to_tokio(at), earlier).await;
            }
        }
    }
}
