//! A connection that carries an endless stream of equal messages in each direction.

use std::io::{ErrorKind, Read, Write};

use anyhow::{Result, bail};
use mio::net::TcpStream;

use crate::{open::Opening, pattern::Pattern};

/// The connection and how far it is.
#[derive(Debug)]
pub struct Lane {
    /// The connection.
    pub stream: TcpStream,
    sent: usize,
    owed: usize,
    received: usize,
}

impl Lane {
    /// A connection on which neither stream has begun.
    pub fn open(opening: Opening) -> Result<Self> {
        Ok(Self { stream: opening.finish()?, sent: 0, owed: 0, received: 0 })
    }

    /// Sends `count` more messages of `requests`, as far as the connection takes them.
    pub fn send(&mut self, requests: &Pattern, count: usize) -> Result<()> {
        self.owed += count * requests.unit();
        while self.owed > 0 {
            match self.stream.write(requests.slice(self.sent, self.owed)) {
                Ok(n) => {
                    self.sent += n;
                    self.owed -= n;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Reads what there is; returns how many messages of `replies` this completed.
    pub fn receive(&mut self, replies: &Pattern, scratch: &mut [u8]) -> Result<usize> {
        let before = self.received / replies.unit();
        loop {
            let n = match self.stream.read(scratch) {
                Ok(0) => bail!("the server closed the connection"),
                Ok(n) => n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            };
            replies.check(self.received, &scratch[..n])?;
            self.received += n;
            if n < scratch.len() {
                break;
            }
        }
        Ok(self.received / replies.unit() - before)
    }
}
