//! The clients of this project: `async`, on a runtime with one thread, and `blocking`.

use anyhow::{Context, Result, bail};
use engineio::{
    Client, Message, Transport, blocking,
    client::{ClientBuilder, Overflow},
};
use flight::{Next, Task};

const OVER: &str = "the session has ended";

fn main() -> Result<()> {
    let task = Task::from_args()?;
    match task.flavour.as_str() {
        "async" => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            // As a task, and not beside the tasks, which would have the runtime look for news more often.
            runtime.block_on(runtime.spawn(run(task)))?
        }
        "blocking" => run_blocking(&task),
        flavour => bail!("there is no client {flavour}"),
    }
}

fn settings(task: &Task) -> ClientBuilder {
    let transport = if task.websocket { Transport::WebSocket } else { Transport::Polling };
    Client::builder().transports([transport]).upgrade(false).overflow(Overflow::Wait)
}

async fn run(task: Task) -> Result<()> {
    let (client, mut events) = settings(&task).connect(&task.url).await?;
    task.ready()?;
    while let Some(mut slice) = task.slice()? {
        for message in slice.first() {
            client.send(message).await?;
        }
        loop {
            let message = events.next_message().await.context(OVER)?;
            match slice.came(text(&message))? {
                Next::Send(message) => client.send(message).await?,
                Next::Wait => {}
                Next::Done => break,
            }
        }
        slice.report()?;
    }
    client.close().await;
    Ok(())
}

fn run_blocking(task: &Task) -> Result<()> {
    let (client, mut events) = blocking::Client::connect_with(settings(task), &task.url)?;
    task.ready()?;
    while let Some(mut slice) = task.slice()? {
        for message in slice.first() {
            client.send(message)?;
        }
        loop {
            let message = events.next_message().context(OVER)?;
            match slice.came(text(&message))? {
                Next::Send(message) => client.send(message)?,
                Next::Wait => {}
                Next::Done => break,
            }
        }
        slice.report()?;
    }
    client.close();
    Ok(())
}

fn text(message: &Message) -> &[u8] {
    message.as_text().unwrap_or_default().as_bytes()
}
