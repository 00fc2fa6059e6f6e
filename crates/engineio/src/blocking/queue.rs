//! A queue between threads.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A bounded first-in, first-out queue between threads, which knows how many of its items are still being worked on.
/// Clones are the same queue.
///
/// ```
/// use engineio::blocking::Queue;
///
/// let queue = Queue::new(16);
/// let jobs = queue.clone();
/// let worker = std::thread::spawn(move || {
///     let mut sum = 0;
///     while let Some(number) = jobs.get() {
///         sum += number;
///         jobs.task_done().unwrap();
///     }
///     sum
/// });
/// for number in [1, 2, 3] {
///     queue.put(Some(number));
/// }
/// queue.put(None);
/// assert_eq!(worker.join().unwrap(), 6);
/// ```
pub struct Queue<T>(Arc<Shared<T>>);

struct Shared<T> {
    state: Mutex<State<T>>,
    capacity: usize,
    not_empty: Condvar,
    not_full: Condvar,
    all_done: Condvar,
}

struct State<T> {
    items: VecDeque<T>,
    /// Items that were put and not yet reported as done.
    unfinished: usize,
}

/// The queue had nothing to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the queue is empty")]
pub struct QueueEmpty;

/// The queue had no room; the item is handed back.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the queue is full")]
pub struct QueueFull<T>(pub T);

/// More items were reported as done than were put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`task_done` was called more often than items were put")]
pub struct TooManyTasksDone;

impl<T> Queue<T> {
    /// An empty queue for at most `capacity` items; 0 is taken as 1.
    pub fn new(capacity: usize) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::new(State { items: VecDeque::new(), unfinished: 0 }),
            capacity: capacity.max(1),
            not_empty: Condvar::new(),
            not_full: Condvar::new(),
            all_done: Condvar::new(),
        }))
    }

    /// Puts an item at the end, and blocks until there is room for it.
    pub fn put(&self, item: T) {
        let state = self.0.not_full.wait_while(self.lock(), |state| self.is_full_at(state));
        self.push(state.unwrap_or_else(PoisonError::into_inner), item);
    }

    /// Puts an item at the end, and blocks for at most this long until there is room.
    ///
    /// # Errors
    ///
    /// [`QueueFull`] with the item when there was none.
    pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), QueueFull<T>> {
        let waited = self.0.not_full.wait_timeout_while(self.lock(), timeout, |state| self.is_full_at(state));
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if self.is_full_at(&state) {
            return Err(QueueFull(item));
        }
        self.push(state, item);
        Ok(())
    }

    /// Puts an item at the end if there is room for it.
    ///
    /// # Errors
    ///
    /// [`QueueFull`] with the item when there is none.
    pub fn try_put(&self, item: T) -> Result<(), QueueFull<T>> {
        self.put_timeout(item, Duration::ZERO)
    }

    /// Takes the first item, and blocks until there is one.
    pub fn get(&self) -> T {
        let mut state = self.lock();
        loop {
            match state.items.pop_front() {
                Some(item) => {
                    self.0.not_full.notify_one();
                    return item;
                }
                None => state = self.0.not_empty.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Takes the first item, and blocks for at most this long until there is one.
    ///
    /// # Errors
    ///
    /// [`QueueEmpty`] when there was none.
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, QueueEmpty> {
        let waited =
            self.0.not_empty.wait_timeout_while(self.lock(), timeout, |state| state.items.is_empty());
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let item = state.items.pop_front().ok_or(QueueEmpty)?;
        self.0.not_full.notify_one();
        Ok(item)
    }

    /// Takes the first item if there is one.
    ///
    /// # Errors
    ///
    /// [`QueueEmpty`] when there is none.
    pub fn try_get(&self) -> Result<T, QueueEmpty> {
        self.get_timeout(Duration::ZERO)
    }

    /// Reports that the work on one item is done. See [`join`](Self::join).
    ///
    /// # Errors
    ///
    /// [`TooManyTasksDone`] when it was called for every item already.
    pub fn task_done(&self) -> Result<(), TooManyTasksDone> {
        let mut state = self.lock();
        state.unfinished = state.unfinished.checked_sub(1).ok_or(TooManyTasksDone)?;
        if state.unfinished == 0 {
            self.0.all_done.notify_all();
        }
        Ok(())
    }

    /// Blocks until [`task_done`](Self::task_done) was called for every item that was put.
    pub fn join(&self) {
        let waited = self.0.all_done.wait_while(self.lock(), |state| state.unfinished > 0);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// How many items it holds now.
    pub fn len(&self) -> usize {
        self.lock().items.len()
    }

    /// Whether it holds none now.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it has no room now.
    pub fn is_full(&self) -> bool {
        self.is_full_at(&self.lock())
    }

    /// How many items it can hold.
    pub fn capacity(&self) -> usize {
        self.0.capacity
    }

    fn push(&self, mut state: MutexGuard<'_, State<T>>, item: T) {
        state.items.push_back(item);
        state.unfinished += 1;
        self.0.not_empty.notify_one();
    }

    fn is_full_at(&self, state: &State<T>) -> bool {
        state.items.len() >= self.0.capacity
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("len", &self.len()).field("capacity", &self.0.capacity).finish()
    }
}

impl<T> fmt::Debug for QueueFull<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QueueFull(..)")
    }
}
