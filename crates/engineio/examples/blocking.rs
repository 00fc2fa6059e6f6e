//! A chat server of plain functions: what one client sends, the others receive.
//!
//! ```text
//! cargo run --example blocking --features blocking -- 127.0.0.1:3000
//! ```
#![expect(clippy::print_stdout, reason = "an example talks")]
#![expect(clippy::needless_pass_by_value, reason = "handlers own what they are given")]

use std::error::Error;
use std::io;
use std::time::Duration;

use engineio::Message;
use engineio::blocking::{Server, Socket};
use engineio::server::{ConnectRequest, Disconnect, Rejection};

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let server = Server::builder()
        .on_connect(on_connect)
        .on_message(on_message)
        .on_disconnect(on_disconnect)
        .build()?;
    let running = server.start(&*address)?;
    println!("listening on {}; press enter to stop", running.local_addr());
    io::stdin().read_line(&mut String::new())?;
    server.shutdown(Duration::from_secs(10));
    Ok(())
}

fn on_connect(socket: Socket, _request: ConnectRequest) -> Result<(), Rejection> {
    socket.send("welcome").map_err(|error| Rejection::new().with_message(&error.to_string()))
}

/// May take its time: it has a thread of its own.
fn on_message(socket: Socket, message: Message) {
    if let Some(server) = socket.server() {
        server.broadcast_except(socket.sid(), message);
    }
}

fn on_disconnect(socket: Socket, end: Disconnect) {
    println!("{} has left: {}", socket.sid().redacted(), end.reason);
}
