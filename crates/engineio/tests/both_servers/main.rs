//! What both servers can do, in one text: each test runs with the server for tasks and with the one for threads. Their
//! clients are ours.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod clients;
mod face;
#[path = "../common/run.rs"]
mod run;
mod sessions;
mod shutdown;
#[path = "../common/ways.rs"]
mod ways;

/// Has each of these functions be a test of both servers.
macro_rules! both {
    ($($test:ident),* $(,)?) => {
        mod tasks {
            $(#[test]
            fn $test() {
                crate::run::run(super::$test::<engineio::Server>);
            })*
        }

        mod threads {
            $(#[test]
            fn $test() {
                crate::run::run(super::$test::<engineio::blocking::Server>);
            })*
        }
    };
}
pub(crate) use both;
