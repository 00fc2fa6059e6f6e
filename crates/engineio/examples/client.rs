//! A client that sends a line and prints what comes back: `cargo run --example client -- http://localhost:3000`.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use engineio::Client;
use engineio::client::{Event, Reconnect};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "http://localhost:3000".to_owned());
    let (client, mut events) = Client::builder().reconnect(Reconnect::default()).connect(&url).await?;
    client.send("hello").await?;
    while let Some(event) = events.next().await {
        match event {
            Event::Message(message) => {
                println!("received {message:?}");
                let closing = client.clone();
                tokio::spawn(async move { closing.close().await });
            }
            Event::Disconnected(end) => println!("disconnected: {end}"),
            other => println!("{other:?}"),
        }
    }
    Ok(())
}
