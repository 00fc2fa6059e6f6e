//! Sends what the user has to say.

use engineio::{Client, Message, SendError};
use tokio::sync::{mpsc::Receiver, watch};

use super::line;
use super::outcome::Outcome;
use crate::args::flag;

/// Sends messages while there is a session, and waits for one otherwise.
#[derive(Debug)]
pub(crate) struct Sender {
    client: Client,
    open: watch::Receiver<bool>,
}

impl Sender {
    /// `open` tells whether there is a session.
    pub(crate) fn new(client: Client, open: watch::Receiver<bool>) -> Self {
        Self { client, open }
    }

    /// Sends all lines, of which `b:` marks base64 if they are `binary`; returns once the server's side has taken
    /// them.
    ///
    /// # Errors
    ///
    /// How the command ends, if something cannot be sent.
    pub(crate) async fn run(
        mut self,
        mut lines: Receiver<Result<String, String>>,
        binary: bool,
    ) -> Result<(), Outcome> {
        let mut number = 0u64;
        while let Some(line) = lines.recv().await {
            number += 1;
            let message = line.and_then(|line| line::parse(line, binary)).map_err(Outcome::Lost)?;
            let sent = self.send(message).await;
            sent.map_err(|error| Outcome::Lost(format!("cannot send line {number}: {error}")))?;
        }
        // Without a session nothing was said, even if there was nothing to say.
        self.client.opened().await.map_err(|error| Outcome::NoSession(error.in_words(flag)))?;
        // A session that ends meanwhile is reported by its own event.
        let _ = self.client.flush().await;
        Ok(())
    }

    /// Sends one message: in this session or, if it ends before it takes the message, in the next.
    ///
    /// # Errors
    ///
    /// The message cannot be sent in any session, or no other will follow.
    pub(crate) async fn send(&mut self, message: Message) -> Result<(), SendError> {
        loop {
            // Without a conversation there is nobody to tell.
            self.open.wait_for(|open| *open).await.map_err(|_| SendError::Closed)?;
            match self.client.send(message.clone()).await {
                Err(SendError::Closed | SendError::NotOpen) => {
                    self.open.changed().await.map_err(|_| SendError::Closed)?;
                }
                result => return result,
            }
        }
    }
}
