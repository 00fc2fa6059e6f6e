//! A server that takes leave of its clients before it ends.
//!
//! ```sh
//! cargo run --example graceful_shutdown
//! # then press Ctrl-C
//! ```
#![expect(clippy::print_stdout, reason = "an example tells what happens")]

use std::future::Future;
use std::time::Duration;

use engineio::server::{BuildError, Disconnect};
use engineio::{Server, Socket};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = engineio::server::bind("127.0.0.1:3000").await?;
    println!("http://{}/engine.io/ until Ctrl-C", listener.local_addr()?);
    let interrupted = async { drop(tokio::signal::ctrl_c().await) };
    run(listener, interrupted).await?;
    Ok(())
}

/// Serves until `stop` is ready, and returns when the last client has gone.
pub(crate) async fn run(listener: TcpListener, stop: impl Future<Output = ()>) -> Result<(), BuildError> {
    let server = Server::builder().on_disconnect(farewell).build()?;
    let ticking = server.clone();
    // A task of the server's is waited for, and stopped when the grace is over.
    server.start_background_task(async move {
        while !ticking.is_shutting_down() {
            ticking.broadcast("tick");
            ticking.sleep(Duration::from_millis(200)).await;
        }
    });
    let serving = server.clone();
    let serving = tokio::spawn(async move { serving.serve(listener).await });
    stop.await;
    println!("{} clients to take leave of", server.session_count());
    server.shutdown(Duration::from_secs(10)).await;
    // It ends with the shutdown.
    let _ = serving.await;
    Ok(())
}

async fn farewell(socket: Socket, end: Disconnect) {
    println!("{} has gone: {}", socket.sid().redacted(), end.reason);
}
