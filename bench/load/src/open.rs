//! Opening sessions, one after the other and blocking: this is not measured.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    thread,
    time::Duration,
};

use anyhow::{Result, ensure};

use crate::{
    frame::{self, Kind},
    http::{self, Requests},
};

/// Longer than any answer takes that still comes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Some servers begin the heartbeat a moment after the handshake.
const HEARTBEAT_DELAY: Duration = Duration::from_millis(200);

const PING: &[u8] = b"2";

/// Opens `count` sessions, lets the first heartbeats come, and then has `exchange` done on each.
///
/// The exchange answers the heartbeats, so none is left to disturb the measurement.
pub fn ramp_up<T>(
    count: usize,
    open: impl Fn() -> Result<T>,
    exchange: impl FnMut(&mut T) -> Result<()>,
) -> Result<Vec<T>> {
    let mut all = (0..count).map(|_| open()).collect::<Result<Vec<_>>>()?;
    thread::sleep(HEARTBEAT_DELAY);
    all.iter_mut().try_for_each(exchange)?;
    Ok(all)
}

/// A connection that is being prepared.
#[derive(Debug)]
pub struct Opening {
    addr: SocketAddr,
    stream: TcpStream,
    input: Vec<u8>,
}

impl Opening {
    /// A TCP connection on which nothing has been sent.
    pub fn connect(addr: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&addr, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { addr, stream, input: Vec::new() })
    }

    /// A session on WebSocket whose open packet has come.
    pub fn websocket(addr: SocketAddr) -> Result<Self> {
        let mut opening = Self::connect(addr)?;
        opening.send(&http::upgrade(addr))?;
        opening.receive(|input| Ok(http::head(input, "101")?.map(|head| ((), head.len))))?;
        let open = opening.packet()?;
        ensure!(open.starts_with(b"0{"), "no open packet but {:?}", String::from_utf8_lossy(&open));
        Ok(opening)
    }

    /// A session on polling and its requests.
    pub fn polling(addr: SocketAddr) -> Result<(Self, Requests)> {
        let mut opening = Self::connect(addr)?;
        let body = opening.request(&Requests::new(addr).get())?;
        let requests = Requests::of_session(addr, body.strip_prefix(b"0").unwrap_or_default())?;
        Ok((opening, requests))
    }

    /// Writes all of `bytes`.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes)?)
    }

    /// Waits for `bytes` and nothing else.
    pub fn expect(&mut self, bytes: &[u8]) -> Result<()> {
        let came =
            self.receive(|input| Ok(input.get(..bytes.len()).map(|came| (came.to_vec(), came.len()))))?;
        ensure!(came == bytes, "not what was sent came back");
        Ok(())
    }

    /// Waits for a WebSocket message with `data`, and answers heartbeats.
    pub fn expect_message(&mut self, data: &[u8]) -> Result<()> {
        let mut packet = self.packet()?;
        while packet == PING {
            self.send(&frame::masked(Kind::Text, b"3"))?;
            packet = self.packet()?;
        }
        ensure!(packet == data, "unexpected packet {:?}", String::from_utf8_lossy(&packet));
        Ok(())
    }

    /// Polls for the packet `data`, and answers heartbeats.
    pub fn poll_message(&mut self, requests: &Requests, data: &str) -> Result<()> {
        loop {
            let body = self.request(&requests.get())?;
            let packets: Vec<_> = body.split(|byte| *byte == 0x1e).collect();
            if packets.contains(&PING) {
                self.request(&requests.post("3"))?;
            }
            if packets.contains(&data.as_bytes()) {
                return Ok(());
            }
            ensure!(packets == [PING], "unexpected packets {:?}", String::from_utf8_lossy(&body));
        }
    }

    /// Sends a request and waits for the body of its response. The next one finds a connection.
    pub fn request(&mut self, request: &[u8]) -> Result<Vec<u8>> {
        self.send(request)?;
        let (body, closes) = self.receive(|input| {
            let response = http::response(input)?;
            Ok(response.map(|response| ((response.body.to_vec(), response.closes), response.len)))
        })?;
        if closes {
            *self = Self::connect(self.addr)?;
        }
        Ok(body)
    }

    /// Begins to close a WebSocket.
    pub fn close(&mut self) -> Result<()> {
        self.send(&frame::close())
    }

    /// Waits until the server has closed the connection, and closes this side of it.
    pub fn closed(mut self) -> Result<()> {
        let mut rest = [0; 256];
        while self.stream.read(&mut rest)? > 0 {}
        // The server may be gone altogether by now, which is as good.
        let _ = self.stream.shutdown(Shutdown::Both);
        Ok(())
    }

    /// The connection, ready to be loaded.
    pub fn finish(self) -> Result<mio::net::TcpStream> {
        ensure!(self.input.is_empty(), "more came than was asked for");
        self.stream.set_nonblocking(true)?;
        Ok(mio::net::TcpStream::from_std(self.stream))
    }

    fn packet(&mut self) -> Result<Vec<u8>> {
        self.receive(|input| Ok(frame::parse(input).map(|(data, used)| (data.to_vec(), used))))
    }

    /// Reads until `parse` finds what it looks for and says how many bytes that takes.
    fn receive<T>(&mut self, parse: impl Fn(&[u8]) -> Result<Option<(T, usize)>>) -> Result<T> {
        let mut chunk = vec![0; 64 * 1024];
        loop {
            if let Some((found, used)) = parse(&self.input)? {
                self.input.drain(..used);
                return Ok(found);
            }
            let n = self.stream.read(&mut chunk)?;
            ensure!(n > 0, "the server closed the connection");
            self.input.extend_from_slice(&chunk[..n]);
        }
    }
}
