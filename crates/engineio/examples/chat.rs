//! A chat: whoever connects has a name, and what one says all hear.
//!
//! ```sh
//! cargo run --example chat
//! # then, with any Engine.IO client: http://127.0.0.1:3000/engine.io/?name=ada
//! ```
#![expect(clippy::print_stdout, reason = "an example tells where it listens")]

use engineio::server::{BuildError, ConnectRequest, Disconnect, Rejection};
use engineio::{Message, Server, Socket};
use http::StatusCode;

/// What is kept with a session.
#[derive(Clone)]
struct Name(String);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = engineio::server::bind("127.0.0.1:3000").await?;
    println!("http://{}/engine.io/", listener.local_addr()?);
    server()?.serve(listener).await?;
    Ok(())
}

pub(crate) fn server() -> Result<Server, BuildError> {
    Server::builder().on_connect(join).on_message(speak).on_disconnect(leave).max_payload(10_000).build()
}

async fn join(socket: Socket, request: ConnectRequest) -> Result<(), Rejection> {
    let named = request.query().split('&').find_map(|pair| pair.strip_prefix("name="));
    let name = named.filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let Some(name) = name else {
        return Err(Rejection::new()
            .with_status(StatusCode::BAD_REQUEST)
            .with_message("name=... is missing"));
    };
    socket.save_session(Name(name.to_owned()));
    socket.server().broadcast_except(socket.sid(), format!("{name} is here"));
    // Comes in the answer to the handshake.
    let _ = socket.send(format!("hello {name}, say /quit to leave")).await;
    Ok(())
}

async fn speak(socket: Socket, message: Message) {
    match (socket.session::<Name>(), message.as_text()) {
        (_, Some("/quit")) => socket.disconnect(),
        (Some(Name(name)), Some(text)) => drop(socket.server().broadcast(format!("{name}: {text}"))),
        _ => {}
    }
}

async fn leave(socket: Socket, end: Disconnect) {
    if let Some(Name(name)) = socket.session() {
        socket.server().broadcast(format!("{name} has left ({})", end.reason));
    }
}
