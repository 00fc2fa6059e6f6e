//! engineioxide on hyper, as a server for clients to be tested with.

mod flags;
mod handler;

use std::{error::Error, sync::Arc};

use engineioxide::service::EngineIoService;
use flags::Flags;
use handler::Commands;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Builder,
};

fn main() -> Result<(), Box<dyn Error>> {
    let flags = Flags::parse(std::env::args().skip(1))?;
    Builder::new_current_thread().enable_all().build()?.block_on(serve(flags))
}

async fn serve(flags: Flags) -> Result<(), Box<dyn Error>> {
    let service = EngineIoService::with_config(Arc::new(Commands), flags.config());
    let listener = TcpListener::bind(flags.bind).await?;
    println!("listening on http://{}/engine.io/", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(connection(stream, service.clone()));
    }
}

async fn connection(stream: TcpStream, service: EngineIoService<Commands>) {
    // A client that goes away is no concern of this server.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
}
