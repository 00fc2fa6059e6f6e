//! engineioxide on hyper with its defaults, as an echo or a broadcast server.
//!
//! Only what the cases need is changed: the heartbeat is out of the way, and larger messages are allowed.

mod handler;

use std::{env, io, sync::Arc, time::Duration};

use engineioxide::{config::EngineIoConfig, service::EngineIoService};
use handler::{Handler, Mode};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Builder,
};

const USAGE: &str = "usage: peer-engineioxide echo|broadcast";

fn main() -> io::Result<()> {
    let mode = match env::args().nth(1).as_deref() {
        Some("echo") => Mode::Echo,
        Some("broadcast") => Mode::Broadcast,
        _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, USAGE)),
    };
    Builder::new_current_thread().enable_all().build()?.block_on(serve(mode))
}

async fn serve(mode: Mode) -> io::Result<()> {
    let service = EngineIoService::with_config(Arc::new(Handler::new(mode)), config());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}/engine.io/", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(connection(stream, service.clone()));
    }
}

async fn connection(stream: TcpStream, service: EngineIoService<Handler>) -> hyper::Result<()> {
    http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await
}

fn config() -> EngineIoConfig {
    EngineIoConfig::builder()
        .max_payload(1_000_000)
        .ping_interval(Duration::from_mins(5))
        .ping_timeout(Duration::from_secs(200))
        .build()
}
