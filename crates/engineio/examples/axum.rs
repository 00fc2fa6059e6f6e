//! Engine.IO in an axum application: a layer around a router with state and routes of its own.
//!
//! Limits and deadlines of HTTP are axum's here.
//!
//! ```sh
//! cargo run --example axum
//! curl http://127.0.0.1:3000/
//! curl 'http://127.0.0.1:3000/engine.io/?EIO=4&transport=polling'
//! ```
#![expect(clippy::print_stdout, reason = "an example tells where it listens")]

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use engineio::server::BuildError;
use engineio::{Message, Server, Socket};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://{}/", listener.local_addr()?);
    axum::serve(listener, app()?).await?;
    Ok(())
}

/// The application: its routes share the server as their state, so that they can send to its clients.
pub(crate) fn app() -> Result<Router, BuildError> {
    let server = Server::builder().on_message(echo).build()?;
    let routes = Router::new().route("/", get(index)).with_state(server.clone());
    Ok(routes.layer(server.layer()))
}

async fn index(State(server): State<Server>) -> String {
    let told = server.broadcast("somebody looked at the page").sent;
    format!("{told} clients know\n")
}

async fn echo(socket: Socket, message: Message) {
    // A client that has gone needs no answer.
    let _ = socket.send(message).await;
}
