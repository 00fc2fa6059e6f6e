//! The clients of the `rust_engineio` crate: `async`, on a runtime with one thread, and `sync`. Both are used as its
//! documentation does: received packets are iterated over, and what is sent is awaited before the next is received.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use flight::{Next, Task};
use futures_util::StreamExt;
use rust_engineio::{ClientBuilder, Packet, PacketId, asynchronous};

const OVER: &str = "the session has ended";

fn main() -> Result<()> {
    let task = Task::from_args()?;
    match task.flavour.as_str() {
        "async" => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            // As a task, and not beside the tasks, which would have the runtime look for news more often.
            runtime.block_on(runtime.spawn(run(task)))?
        }
        "sync" => run_sync(&task),
        flavour => bail!("there is no client {flavour}"),
    }
}

async fn run(task: Task) -> Result<()> {
    let builder = asynchronous::ClientBuilder::new(task.url.parse()?);
    let built = if task.websocket { builder.build_websocket().await } else { builder.build_polling().await };
    let mut client = built?;
    client.connect().await?;
    task.ready()?;
    while let Some(mut slice) = task.slice()? {
        for message in slice.first() {
            client.emit(packet(message)).await?;
        }
        loop {
            let received = client.next().await.context(OVER)??;
            if received.packet_id != PacketId::Message {
                continue;
            }
            match slice.came(&received.data)? {
                Next::Send(message) => client.emit(packet(message)).await?,
                Next::Wait => {}
                Next::Done => break,
            }
        }
        slice.report()?;
    }
    Ok(client.disconnect().await?)
}

fn run_sync(task: &Task) -> Result<()> {
    let builder = ClientBuilder::new(task.url.parse()?);
    let client = if task.websocket { builder.build_websocket() } else { builder.build_polling() }?;
    client.connect()?;
    task.ready()?;
    let mut packets = client.iter();
    while let Some(mut slice) = task.slice()? {
        for message in slice.first() {
            client.emit(packet(message))?;
        }
        loop {
            let received = packets.next().context(OVER)??;
            if received.packet_id != PacketId::Message {
                continue;
            }
            match slice.came(&received.data)? {
                Next::Send(message) => client.emit(packet(message))?,
                Next::Wait => {}
                Next::Done => break,
            }
        }
        slice.report()?;
    }
    Ok(client.disconnect()?)
}

fn packet(message: String) -> Packet {
    Packet::new(PacketId::Message, Bytes::from(message))
}
