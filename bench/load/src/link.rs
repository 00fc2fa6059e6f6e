//! A keep-alive HTTP connection of a polling session.

use std::io::{ErrorKind, Read, Write};

use anyhow::{Result, bail, ensure};
use mio::net::TcpStream;

use crate::{http, open::Opening};

/// The connection and the part of a response that has come.
#[derive(Debug)]
pub struct Link {
    /// The connection.
    pub stream: TcpStream,
    input: Vec<u8>,
}

impl Link {
    /// A connection without a request under way.
    pub fn open(opening: Opening) -> Result<Self> {
        Ok(Self { stream: opening.finish()?, input: Vec::with_capacity(1024) })
    }

    /// Sends a request; it is far smaller than what a connection takes at once.
    pub fn send(&mut self, request: &[u8]) -> Result<()> {
        ensure!(self.stream.write(request)? == request.len(), "the connection took a part of a request");
        Ok(())
    }

    /// Reads what there is; returns whether the response is complete. Its body must be `expected`.
    pub fn receive(&mut self, expected: &[u8]) -> Result<bool> {
        self.read()?;
        let Some((body, used)) = http::response(&self.input)? else { return Ok(false) };
        ensure!(body == expected, "unexpected body {:?}", String::from_utf8_lossy(body));
        ensure!(used == self.input.len(), "more came than was asked for");
        self.input.clear();
        Ok(true)
    }

    fn read(&mut self) -> Result<()> {
        let mut chunk = [0; 4096];
        match self.stream.read(&mut chunk) {
            Ok(0) => bail!("the server closed the connection"),
            Ok(n) => self.input.extend_from_slice(&chunk[..n]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}
