//! What the server does with messages.

use std::sync::{Arc, OnceLock};

use engineio::server::{ConnectRequest, Rejection, ServerBuilder};
use engineio::{Message, SendError, Server, Socket};
use http::StatusCode;

use crate::args::Mode;

/// Most messages of one `burst`.
const MAX_BURST: usize = 100_000;

/// Adds a mode's handlers. The cell gets the server once it is built.
pub(crate) fn install(mode: Mode, builder: ServerBuilder, server: &Arc<OnceLock<Server>>) -> ServerBuilder {
    match mode {
        Mode::Echo => builder.on_message_sync(|socket, message| {
            if let Err(error) = socket.try_send(message) {
                note(socket, &error);
            }
        }),
        Mode::Broadcast => {
            let server = Arc::clone(server);
            builder.on_message_sync(move |_, message| {
                if let Some(server) = server.get() {
                    server.broadcast(message);
                }
            })
        }
        Mode::Chat => {
            let server = Arc::clone(server);
            builder.on_message_sync(move |socket, message| {
                if let Some(server) = server.get() {
                    server.broadcast_except(socket.sid(), message);
                }
            })
        }
        Mode::Commands => builder.on_connect(judge).on_message(command),
    }
}

fn note(socket: &Socket, error: &SendError) {
    tracing::debug!(sid = %socket.sid().redacted(), %error, "no echo");
}

async fn command(socket: Socket, message: Message) {
    if let Err(error) = obey(&socket, message).await {
        note(&socket, &error);
    }
}

async fn obey(socket: &Socket, message: Message) -> Result<(), SendError> {
    let text = message.as_text().unwrap_or_default();
    let (name, number) = text.split_once(' ').unwrap_or((text, ""));
    match (name, number.parse::<usize>()) {
        ("close", _) if number.is_empty() => socket.disconnect(),
        ("burst", Ok(count)) => {
            for index in 0..count.min(MAX_BURST) {
                socket.send(format!("burst {index}")).await?;
            }
        }
        ("send", Ok(bytes)) => socket.send(vec![0xab; bytes.min(16 << 20)]).await?,
        _ => socket.send(message).await?,
    }
    Ok(())
}

/// Refuses handshakes that ask for it, `reject` or `reject=STATUS` in the query, and greets those that ask for that,
/// `greet=TEXT`.
async fn judge(socket: Socket, request: ConnectRequest) -> Result<(), Rejection> {
    let wish = |name| request.query().split('&').find_map(|pair| pair.strip_prefix(name));
    if let Some(status) = wish("reject") {
        let status = status.trim_start_matches('=').parse::<StatusCode>().unwrap_or(StatusCode::FORBIDDEN);
        return Err(Rejection::new().with_status(status).with_message("rejected"));
    }
    if let Some(text) = wish("greet=")
        && let Err(error) = socket.send(text).await
    {
        note(&socket, &error);
    }
    Ok(())
}
