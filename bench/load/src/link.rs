//! The HTTP connection of a polling session.

use std::{
    io::{ErrorKind, Read, Write},
    mem,
    net::SocketAddr,
};

use anyhow::{Result, bail, ensure};
use mio::net::TcpStream;

use crate::{http, open::Opening};

/// The connection and the part of a response that has come.
#[derive(Debug)]
pub struct Link {
    /// The connection.
    pub stream: TcpStream,
    addr: SocketAddr,
    input: Vec<u8>,
    is_new: bool,
}

impl Link {
    /// A connection without a request under way.
    pub fn open(opening: Opening) -> Result<Self> {
        let stream = opening.finish()?;
        Ok(Self { addr: stream.peer_addr()?, stream, input: Vec::with_capacity(1024), is_new: false })
    }

    /// Whether the server has closed the connection, so that there is another one since this was asked last.
    pub fn take_new(&mut self) -> bool {
        mem::take(&mut self.is_new)
    }

    /// Sends a request; it is far smaller than what a connection takes at once.
    pub fn send(&mut self, request: &[u8]) -> Result<()> {
        ensure!(self.stream.write(request)? == request.len(), "the connection took a part of a request");
        Ok(())
    }

    /// Reads what there is; returns whether the response is complete. Its body must be one of `expected`.
    pub fn receive(&mut self, expected: &[&[u8]]) -> Result<bool> {
        self.read()?;
        let Some(response) = http::response(&self.input)? else { return Ok(false) };
        let body = &response.body;
        ensure!(expected.contains(&&body[..]), "unexpected body {:?}", String::from_utf8_lossy(body));
        ensure!(response.len == self.input.len(), "more came than was asked for");
        if response.closes {
            self.stream = Opening::connect(self.addr)?.finish()?;
            self.is_new = true;
        }
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
