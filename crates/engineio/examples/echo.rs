//! A server that answers every message with itself.
//!
//! ```sh
//! cargo run --example echo
//! curl 'http://127.0.0.1:3000/engine.io/?EIO=4&transport=polling'
//! ```
#![expect(clippy::print_stdout, reason = "an example tells where it listens")]

use engineio::server::BuildError;
use engineio::{Message, Server, Socket};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = engineio::server::bind("127.0.0.1:3000").await?;
    println!("http://{}/engine.io/", listener.local_addr()?);
    server()?.serve(listener).await?;
    Ok(())
}

/// The server, which anything could serve.
pub(crate) fn server() -> Result<Server, BuildError> {
    Server::builder().on_message(echo).build()
}

async fn echo(socket: Socket, message: Message) {
    // A client that has gone needs no answer.
    let _ = socket.send(message).await;
}
