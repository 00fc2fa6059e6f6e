//! Queues between threads.

use std::collections::VecDeque;
use std::thread;
use std::time::Duration;

use engineio::blocking::{Queue, QueueEmpty, QueueFull, Server, TooManyTasksDone};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::PATIENCE;

/// What one thread can do without waiting.
#[derive(Clone, Copy, Debug)]
enum Step {
    Put(u8),
    Get,
    Done,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![any::<u8>().prop_map(Step::Put), Just(Step::Get), Just(Step::Done)]
}

proptest! {
    #[test]
    fn it_does_what_a_list_would_do(capacity in 0usize..5, steps in vec(step(), 0..100)) {
        let (queue, room) = (Queue::new(capacity), capacity.max(1));
        let (mut model, mut unfinished) = (VecDeque::new(), 0usize);
        for step in steps {
            match step {
                Step::Put(item) if model.len() < room => {
                    queue.try_put(item).unwrap();
                    model.push_back(item);
                    unfinished += 1;
                }
                Step::Put(item) => prop_assert_eq!(queue.try_put(item), Err(QueueFull(item))),
                Step::Get => prop_assert_eq!(queue.try_get(), model.pop_front().ok_or(QueueEmpty)),
                Step::Done if unfinished > 0 => {
                    queue.task_done().unwrap();
                    unfinished -= 1;
                }
                Step::Done => prop_assert_eq!(queue.task_done(), Err(TooManyTasksDone)),
            }
            prop_assert_eq!(queue.len(), model.len());
            prop_assert_eq!(queue.is_empty(), model.is_empty());
            prop_assert_eq!(queue.is_full(), model.len() == room);
        }
        prop_assert_eq!(queue.capacity(), room);
    }
}

#[test]
fn threads_put_and_get_every_item_once_and_in_order() {
    const THREADS: usize = 4;
    const EACH: usize = 1000;
    let queue = Server::builder().build().unwrap().create_queue(3);
    let putting: Vec<_> = (0..THREADS)
        .map(|thread| {
            let queue = queue.clone();
            thread::spawn(move || (0..EACH).for_each(|number| queue.put((thread, number))))
        })
        .collect();
    let getting: Vec<_> = (0..THREADS)
        .map(|_| {
            let queue = queue.clone();
            thread::spawn(move || {
                let got: Vec<_> = (0..EACH).map(|_| queue.get()).collect();
                for _ in &got {
                    queue.task_done().unwrap();
                }
                got
            })
        })
        .collect();
    for putter in putting {
        putter.join().unwrap();
    }
    queue.join();
    let mut all = Vec::new();
    for getter in getting {
        let got = getter.join().unwrap();
        for thread in 0..THREADS {
            let of_thread = got.iter().filter(|(putter, _)| *putter == thread);
            assert!(of_thread.is_sorted());
        }
        all.extend(got);
    }
    all.sort_unstable();
    let put: Vec<_> = (0..THREADS).flat_map(|thread| (0..EACH).map(move |number| (thread, number))).collect();
    assert_eq!(all, put);
}

#[test]
fn waiting_ends_with_an_item_or_with_room() {
    let queue = Queue::new(1);
    let other = queue.clone();
    let getting = thread::spawn(move || other.get_timeout(PATIENCE));
    queue.put(1);
    assert_eq!(getting.join().unwrap(), Ok(1));

    queue.put(2);
    let other = queue.clone();
    let putting = thread::spawn(move || other.put_timeout(3, PATIENCE));
    assert_eq!(queue.get(), 2);
    assert_eq!(putting.join().unwrap(), Ok(()));
    assert_eq!(queue.get(), 3);
}

#[test]
fn waiting_ends_with_the_time() {
    let queue = Queue::new(1);
    assert_eq!(queue.get_timeout(Duration::from_millis(1)), Err(QueueEmpty));
    queue.put("first");
    assert_eq!(queue.put_timeout("second", Duration::from_millis(1)), Err(QueueFull("second")));
    assert_eq!(queue.try_put("second").unwrap_err().to_string(), "the queue is full");
    assert_eq!(queue.try_get(), Ok("first"));
    assert_eq!(queue.try_get().unwrap_err().to_string(), "the queue is empty");
}

#[test]
fn join_waits_for_the_work_and_not_for_the_items() {
    let queue = Queue::new(2);
    queue.join();
    queue.put(());
    queue.get();
    let other = queue.clone();
    let joining = thread::spawn(move || other.join());
    queue.task_done().unwrap();
    joining.join().unwrap();
}
