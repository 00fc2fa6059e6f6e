//! `--trace`: what goes over the wire, on standard error.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::time::uptime;
use tracing_subscriber::registry::LookupSpan;

/// What the library says about each request, frame and packet.
const WIRE: &str = "engineio::client::wire";

/// Prints each request, frame and packet with the seconds since the start.
pub(crate) fn layer<S>() -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .with_level(false)
        .with_timer(uptime())
        .with_filter(Targets::new().with_target(WIRE, LevelFilter::TRACE))
}
