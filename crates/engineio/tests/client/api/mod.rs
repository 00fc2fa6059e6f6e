//! What both clients can do, in one text: each test runs with the client for tasks and with the one for threads.

mod accessors;
mod connecting;
mod ending;
mod face;
#[path = "../../common/run.rs"]
mod run;
mod sending;
mod transports;
#[path = "../../common/ways.rs"]
mod ways;

pub(crate) use self::face::{Face, Happenings};
pub(crate) use self::run::run;
pub(crate) use self::ways::ways;

/// Has each of these functions be a test of both clients.
macro_rules! both {
    ($($test:ident),* $(,)?) => {
        mod tasks {
            $(#[test]
            fn $test() {
                crate::api::run(super::$test::<engineio::Client>);
            })*
        }

        #[cfg(feature = "blocking")]
        mod threads {
            $(#[test]
            fn $test() {
                crate::api::run(super::$test::<engineio::blocking::Client>);
            })*
        }
    };
}
pub(crate) use both;
