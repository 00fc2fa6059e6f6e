//! Engine.IO as a service under hyper, for programs that have an HTTP server of their own.
//!
//! Limits and deadlines of HTTP are that server's.
//!
//! ```sh
//! cargo run --example hyper
//! curl 'http://127.0.0.1:3000/engine.io/?EIO=4&transport=polling'
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example tells what happens")]

use engineio::{Message, Server, Socket};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::builder().on_message(echo).build()?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://{}/engine.io/", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(server.clone(), stream));
    }
}

/// Serves one connection.
pub(crate) async fn serve(server: Server, stream: TcpStream) {
    let service = TowerToHyperService::new(server.service());
    // Without `with_upgrades` there would be no WebSocket.
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
    if let Err(error) = connection.await {
        eprintln!("connection ended: {error}");
    }
}

pub(crate) async fn echo(socket: Socket, message: Message) {
    // A client that has gone needs no answer.
    let _ = socket.send(message).await;
}
