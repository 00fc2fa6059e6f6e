//! Engine.IO in an axum application: a layer around a router with state and routes of its own, and an end in order.
//!
//! Limits and deadlines of HTTP are axum's here.
//!
//! ```sh
//! cargo run --example axum -- 127.0.0.1:3000
//! curl http://127.0.0.1:3000/
//! curl 'http://127.0.0.1:3000/engine.io/?EIO=4&transport=polling'
//! # then press Ctrl-C
//! ```
#![expect(clippy::print_stdout, reason = "an example tells where it listens")]

use std::future::{Future, IntoFuture};
use std::io;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use engineio::server::BuildError;
use engineio::{Message, Server, Socket};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// How long axum may take for its connections once all clients were told: some do not read, or never end a request.
const LAST_REQUESTS: Duration = Duration::from_millis(500);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().skip(1).last().unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    let stop = stop_signal()?;
    println!("listening on http://{}/engine.io/", listener.local_addr()?);
    let server = server()?;
    serve(listener, server, stop).await?;
    Ok(())
}

pub(crate) fn server() -> Result<Server, BuildError> {
    Server::builder().on_message(echo).build()
}

/// Serves until `stop` is ready. Then every client is told, while axum still takes their last requests.
pub(crate) async fn serve(
    listener: TcpListener,
    server: Server,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (tell, told) = oneshot::channel();
    let stopping = server.clone();
    let shutdown = async move {
        stop.await;
        stopping.shutdown(Server::GRACE).await;
        let _ = tell.send(());
    };
    let serving = axum::serve(listener, app(&server)).with_graceful_shutdown(shutdown);
    let late = async {
        let _ = told.await;
        tokio::time::sleep(LAST_REQUESTS).await;
    };
    tokio::select! {
        result = serving.into_future() => result,
        () = late => Ok(()),
    }
}

/// The application: its routes share the server as their state, so that they can send to its clients.
pub(crate) fn app(server: &Server) -> Router {
    let routes = Router::new().route("/", get(index)).with_state(server.clone());
    routes.layer(server.layer())
}

async fn index(State(server): State<Server>) -> String {
    let told = server.broadcast("somebody looked at the page").sent;
    format!("{told} clients know\n")
}

async fn echo(socket: Socket, message: Message) {
    // A client that has gone needs no answer.
    let _ = socket.send(message).await;
}

/// Ready with the first SIGTERM or SIGINT.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Ready with the first Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
