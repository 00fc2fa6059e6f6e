//! What the server does with a message.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use bytes::Bytes;
use engineioxide::{DisconnectReason, Socket, Str, handler::EngineIoHandler, socket::Sid};
use tokio::sync::mpsc::error::TrySendError;

/// Who gets a message.
#[derive(Clone, Copy, Debug)]
pub enum Mode {
    /// Every session, the sender included.
    Broadcast,
    /// The session that sent it.
    Echo,
}

/// Answers messages according to its mode.
#[derive(Debug)]
pub struct Handler {
    mode: Mode,
    sockets: RwLock<HashMap<Sid, Arc<Socket<()>>>>,
}

impl Handler {
    /// A handler without sessions.
    pub fn new(mode: Mode) -> Self {
        Self { mode, sockets: RwLock::default() }
    }

    /// Calls `emit` with every socket that is to get a message from `sender`.
    ///
    /// A queue that is full ends the run: a server that drops messages cannot be compared.
    fn deliver<T>(&self, sender: &Socket<()>, emit: impl Fn(&Socket<()>) -> Result<(), TrySendError<T>>) {
        let delivered = match self.mode {
            Mode::Broadcast => {
                let sockets = self.sockets.read().unwrap_or_else(PoisonError::into_inner);
                sockets.values().all(|socket| emit(socket).is_ok())
            }
            Mode::Echo => emit(sender).is_ok(),
        };
        if !delivered {
            sender.close(DisconnectReason::TransportError);
        }
    }
}

impl EngineIoHandler for Handler {
    type Data = ();

    fn on_connect(self: Arc<Self>, socket: Arc<Socket<()>>) {
        if matches!(self.mode, Mode::Broadcast) {
            self.sockets.write().unwrap_or_else(PoisonError::into_inner).insert(socket.id, socket);
        }
    }

    fn on_disconnect(&self, socket: Arc<Socket<()>>, _reason: DisconnectReason) {
        if matches!(self.mode, Mode::Broadcast) {
            self.sockets.write().unwrap_or_else(PoisonError::into_inner).remove(&socket.id);
        }
    }

    fn on_message(self: &Arc<Self>, message: Str, socket: Arc<Socket<()>>) {
        self.deliver(&socket, |to| to.emit(message.clone()));
    }

    fn on_binary(self: &Arc<Self>, message: Bytes, socket: Arc<Socket<()>>) {
        self.deliver(&socket, |to| to.emit_binary(message.clone()));
    }
}
