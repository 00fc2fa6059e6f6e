//! The commands of `engineio serve --mode commands`.

use std::sync::Arc;

use bytes::Bytes;
use engineioxide::{DisconnectReason, Socket, Str, handler::EngineIoHandler};

/// Obeys commands, and sends every other message back.
#[derive(Debug)]
pub struct Commands;

impl EngineIoHandler for Commands {
    type Data = ();

    fn on_connect(self: Arc<Self>, _: Arc<Socket<()>>) {}

    fn on_disconnect(&self, _: Arc<Socket<()>>, _: DisconnectReason) {}

    fn on_message(self: &Arc<Self>, message: Str, socket: Arc<Socket<()>>) {
        if message.as_str() == "close" {
            return socket.close(DisconnectReason::ClosingServer);
        }
        // A message that does not fit shows in the test as one that is missing.
        let _ = match message.as_str().split_once(' ').map(|(name, number)| (name, number.parse())) {
            Some(("burst", Ok(count))) => {
                (0..count).try_for_each(|index: usize| socket.emit(format!("burst {index}")).map_err(drop))
            }
            Some(("send", Ok(bytes))) => socket.emit_binary(vec![0xab; bytes]).map_err(drop),
            _ => socket.emit(message).map_err(drop),
        };
    }

    fn on_binary(self: &Arc<Self>, message: Bytes, socket: Arc<Socket<()>>) {
        let _ = socket.emit_binary(message);
    }
}
