//! The floor: a blocking TCP client for WebSocket that knows no more of the protocol than these messages need. It
//! answers whatever a read brought with one write, under a mask of zeros.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use anyhow::{Context, Result, ensure};
use flight::{Next, SIZE, Slice, Task};

/// A frame from the server: two bytes of header, the packet's type, the message.
const FRAME: usize = 3 + SIZE;

/// Text, final; masked with nothing, 33 bytes; a message packet.
const HEAD: &[u8] = &[0x81, 0xa1, 0, 0, 0, 0, b'4'];

struct Client {
    stream: TcpStream,
    input: Vec<u8>,
    output: Vec<u8>,
}

fn main() -> Result<()> {
    let task = Task::from_args()?;
    ensure!(task.websocket, "this client knows WebSocket alone");
    let mut client = Client::connect(&task.url)?;
    task.ready()?;
    while let Some(mut slice) = task.slice()? {
        for message in slice.first() {
            client.queue(&message);
        }
        while !client.round(&mut slice)? {}
        slice.report()?;
    }
    Ok(())
}

impl Client {
    fn connect(url: &str) -> Result<Self> {
        let address = url.strip_prefix("http://").context("not an http:// URL")?;
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let mut client = Self { stream, input: Vec::new(), output: Vec::new() };
        write!(
            client.stream,
            "GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )?;
        // The open packet is the last thing to come, and ends with this.
        while !client.input.ends_with(b"}") {
            client.read()?;
        }
        client.input.clear();
        Ok(client)
    }

    /// Writes what is queued, and takes what comes. Returns whether the slice is over.
    fn round(&mut self, slice: &mut Slice) -> Result<bool> {
        self.stream.write_all(&self.output)?;
        self.output.clear();
        self.read()?;
        let mut input = std::mem::take(&mut self.input);
        let mut done = false;
        let frames = input.chunks_exact(FRAME);
        let rest = frames.remainder().len();
        for frame in frames {
            match slice.came(&frame[3..])? {
                Next::Send(message) => self.queue(&message),
                Next::Wait => {}
                Next::Done => done = true,
            }
        }
        input.drain(..input.len() - rest);
        self.input = input;
        Ok(done)
    }

    fn queue(&mut self, message: &str) {
        self.output.extend_from_slice(HEAD);
        self.output.extend_from_slice(message.as_bytes());
    }

    fn read(&mut self) -> Result<()> {
        let mut bytes = [0; 4096];
        let count = self.stream.read(&mut bytes)?;
        ensure!(count > 0, "the server has closed the connection");
        self.input.extend_from_slice(&bytes[..count]);
        Ok(())
    }
}
