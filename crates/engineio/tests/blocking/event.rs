//! Events between threads.

use std::thread;
use std::time::Duration;

use engineio::blocking::{Event, Server};

use crate::PATIENCE;

#[test]
fn a_set_event_lets_everybody_go_on() {
    let event = Server::builder().build().unwrap().create_event();
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let event = event.clone();
            thread::spawn(move || event.wait())
        })
        .collect();
    event.set();
    for waiter in waiting {
        waiter.join().unwrap();
    }
    event.wait();
}

#[test]
fn it_can_be_cleared() {
    let event = Event::new();
    assert!(!event.is_set());
    assert!(!event.wait_timeout(Duration::ZERO));
    event.set();
    event.set();
    assert!(event.is_set());
    assert!(event.wait_timeout(PATIENCE));
    event.clear();
    assert!(!event.is_set());
    assert!(!event.wait_timeout(Duration::from_millis(1)));
}
