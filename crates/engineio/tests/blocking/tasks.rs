//! Background tasks.

use std::thread;
use std::time::Duration;

use crate::messages::echo;

#[test]
fn a_task_has_a_thread_with_a_name_and_a_result() {
    let server = echo().build().unwrap();
    let name = server.start_background_task(|| thread::current().name().unwrap().to_owned()).unwrap();
    assert_eq!(name.join().unwrap(), "engineio-task-0");
}

#[test]
fn a_task_that_panics_is_counted_out() {
    let server = echo().build().unwrap();
    let task = server.start_background_task(|| panic!("on purpose")).unwrap();
    assert!(task.join().is_err());
    server.shutdown(Duration::MAX);
}
