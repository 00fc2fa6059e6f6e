//! `engineio serve`.

use std::error::Error;
use std::io::Write;
use std::num::NonZero;
use std::pin::pin;
use std::sync::{Arc, OnceLock};

use clap::ValueEnum;
use engineio::Server;
use engineio::server::AllowedOrigins;
use tokio::runtime::{Builder, Runtime};

use crate::args::Serve;
use crate::modes;
use crate::site::Site;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// Runs the server until a signal.
pub(crate) fn run(args: &Serve) -> Result {
    let server = build(args)?;
    runtime(args)?.block_on(serve(args, server))
}

fn build(args: &Serve) -> Result<Server> {
    let cell = Arc::new(OnceLock::new());
    let mut builder = Server::builder()
        .path(&args.path)
        .ping_interval(args.ping_interval)
        .ping_timeout(args.ping_timeout)
        .upgrade_timeout(args.upgrade_timeout)
        .max_payload(args.max_payload.get())
        .transports(args.transports.iter().copied().collect::<engineio::TransportSet>())
        .allow_upgrades(!args.no_upgrades)
        .http_compression(!args.no_compression)
        .max_sessions(args.max_sessions.map(NonZero::get))
        .cookie(args.cookie.clone());
    if args.cors.iter().any(|origin| origin == "*") {
        builder = builder.cors(AllowedOrigins::Any).cors_credentials(false);
    } else if !args.cors.is_empty() {
        builder = builder.cors(AllowedOrigins::list(&args.cors)?);
    }
    let server = modes::install(args.mode, builder, &cell).build()?;
    let _ = cell.set(server.clone());
    Ok(server)
}

/// One worker needs no work stealing.
fn runtime(args: &Serve) -> Result<Runtime> {
    let cores = std::thread::available_parallelism()?;
    let workers = args.workers.unwrap_or(cores).get();
    let mut builder = if workers == 1 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    if workers > 1 {
        builder.worker_threads(workers);
    }
    Ok(builder.enable_all().build()?)
}

async fn serve(args: &Serve, server: Server) -> Result {
    let listener = engineio::server::bind(args.bind)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", args.bind))?;
    let address = listener.local_addr()?;
    let mut signals = Signals::new()?;
    writeln!(std::io::stdout(), "listening on http://{address}{}", args.path)?;
    std::io::stdout().flush()?;
    let mode = args.mode.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let pages = Site::new(&args.path, &mode);
    let mut serving = pin!(server.serve_with(listener, pages));
    let signal = tokio::select! {
        ended = &mut serving => return Ok(ended?),
        signal = signals.next() => signal,
    };
    tracing::info!(signal, "shutting down");
    // While it shuts down, the server goes on serving those who fetch their last packets.
    tokio::select! {
        (ended, ()) = async { tokio::join!(serving, server.shutdown(args.grace)) } => Ok(ended?),
        signal = signals.next() => {
            tracing::warn!(signal, "stopping at once");
            Ok(())
        }
    }
}

/// The signals that stop the server. From when it is made, they no longer end the process.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for one, and names it.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

/// The signals that stop the server.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> &'static str {
        // Without a handler for it, Ctrl-C ends the process all the same.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "Ctrl-C"
    }
}
