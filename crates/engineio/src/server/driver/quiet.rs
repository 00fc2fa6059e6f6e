//! Wakers that do not wake a task for what it does itself.
//!
//! hyper wakes the task of a connection whenever a piece of a request's body is taken, so that it brings the next one.
//! The task would run once more for each POST, only to find that the body was complete.

use std::cell::Cell;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

thread_local! {
    /// The waker that is held back while something runs on this thread, and whether it was used.
    static HELD: Cell<(*const (), bool)> = const { Cell::new((ptr::null(), false)) };
}

/// The waker of a task, unless it is held back.
struct Quiet {
    task: Waker,
}

impl Wake for Quiet {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let (held, _) = HELD.get();
        if ptr::addr_eq(held, Arc::as_ptr(self)) {
            HELD.set((held, true));
        } else {
            self.task.wake_by_ref();
        }
    }
}

/// The waker that a part of a task is polled with, made once as long as the task keeps its own.
#[derive(Default)]
pub(super) struct QuietWaker(Option<(Waker, Waker)>);

impl QuietWaker {
    pub(super) fn of(&mut self, cx: &Context<'_>) -> &Waker {
        let task = cx.waker();
        self.0.take_if(|(of, _)| !of.will_wake(task));
        let make = || (task.clone(), Waker::from(Arc::new(Quiet { task: task.clone() })));
        &self.0.get_or_insert_with(make).1
    }
}

/// Runs something that may wake its own task in vain. Returns whether it did; unless that was in vain, the caller
/// wakes the task. Wakers of other tasks, and of other threads, are not held back.
pub(super) fn hold_back<T>(cx: &mut Context<'_>, run: impl FnOnce(&mut Context<'_>) -> T) -> (T, bool) {
    /// Whatever was held back before is so again, even after a panic.
    struct Restore((*const (), bool));
    impl Drop for Restore {
        fn drop(&mut self) {
            HELD.set(self.0);
        }
    }

    let restore = Restore(HELD.replace((cx.waker().data(), false)));
    let result = run(cx);
    let (_, woken) = HELD.get();
    drop(restore);
    (result, woken)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Count {
        fn taken(&self) -> usize {
            self.0.swap(0, Ordering::Relaxed)
        }
    }

    fn quiet() -> (Arc<Count>, Waker) {
        let count = Arc::new(Count::default());
        let task = Waker::from(Arc::clone(&count));
        let waker = QuietWaker::default().of(&Context::from_waker(&task)).clone();
        (count, waker)
    }

    #[test]
    fn only_what_runs_and_only_its_own_waker_is_held_back() {
        let (count, waker) = quiet();
        let (other_count, other) = quiet();
        let mut cx = Context::from_waker(&waker);
        let (result, woken) = hold_back(&mut cx, |_| {
            waker.wake_by_ref();
            let moved = waker.clone();
            moved.wake();
            other.wake_by_ref();
            7
        });
        assert_eq!((result, woken, count.taken(), other_count.taken()), (7, true, 0, 1));
        waker.wake_by_ref();
        assert_eq!(count.taken(), 1);
        assert_eq!(hold_back(&mut cx, |_| ()), ((), false));
    }

    #[test]
    fn other_threads_wake_the_task() {
        let (count, waker) = quiet();
        let woken = hold_back(&mut Context::from_waker(&waker), |_| {
            std::thread::scope(|scope| scope.spawn(|| waker.wake_by_ref()).join()).unwrap();
        });
        assert_eq!((woken, count.taken()), (((), false), 1));
    }

    #[test]
    fn wakers_of_any_kind_can_be_used() {
        let count = Arc::new(Count::default());
        let task = Waker::from(Arc::clone(&count));
        assert_eq!(hold_back(&mut Context::from_waker(&task), |_| task.wake_by_ref()), ((), false));
        assert_eq!(count.taken(), 1);
    }

    #[test]
    fn the_waker_changes_with_the_task() {
        let (first, second) = (Arc::new(Count::default()), Arc::new(Count::default()));
        let tasks = [Waker::from(Arc::clone(&first)), Waker::from(Arc::clone(&second))];
        let mut quiet = QuietWaker::default();
        let made = quiet.of(&Context::from_waker(&tasks[0])).clone();
        assert!(quiet.of(&Context::from_waker(&tasks[0])).will_wake(&made));
        quiet.of(&Context::from_waker(&tasks[1])).wake_by_ref();
        assert_eq!((first.taken(), second.taken()), (0, 1));
    }
}
