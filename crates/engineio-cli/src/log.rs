//! Logging to standard error.

use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::connect::trace_layer;

/// Starts logging at the level or filter given, else at that of `RUST_LOG`, else at `warn`. `trace` adds what clients
/// do on the wire.
pub(crate) fn start(filter: Option<&str>, trace: bool) {
    let environment = std::env::var("RUST_LOG").ok();
    let filter = filter.or(environment.as_deref()).unwrap_or("warn");
    let targets = filter.parse::<Targets>();
    let fallback = targets.is_err();
    let targets = targets.unwrap_or_else(|_| Targets::new().with_default(tracing::Level::WARN));
    let format = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let trace = trace.then(trace_layer);
    tracing_subscriber::registry().with(format.with_filter(targets)).with(trace).init();
    if fallback {
        tracing::warn!(
            filter,
            "unreadable log filter; expected off, error, warn, info, debug, trace or target=level"
        );
    }
}
