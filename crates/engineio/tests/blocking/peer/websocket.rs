//! A client on WebSocket, with frames of its own making.

use std::io::{Read, Write};
use std::net::SocketAddr;

use super::Http;
use super::polling::sid_of;

pub(crate) struct WebSocket {
    http: Http,
    pub(crate) sid: String,
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Text(String),
    Close,
    /// The connection was cut off.
    End,
}

impl WebSocket {
    /// Opens a session.
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let mut socket = Self::switch(address);
        let Frame::Text(open) = socket.receive() else { panic!("no open packet") };
        socket.sid = sid_of(&open);
        socket
    }

    fn switch(address: SocketAddr) -> Self {
        let mut http = Http::connect(address);
        let headers = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        http.send("GET", "/engine.io/?EIO=4&transport=websocket", headers, "");
        assert_eq!(http.answer().status, 101);
        Self { http, sid: String::new() }
    }

    /// Sends a text frame.
    pub(crate) fn send(&mut self, text: &str) {
        self.write(&frame(text.as_bytes()));
    }

    /// Sends text frames in one write.
    pub(crate) fn send_all(&mut self, texts: impl IntoIterator<Item = String>) {
        let frames: Vec<u8> = texts.into_iter().flat_map(|text| frame(text.as_bytes())).collect();
        self.write(&frames);
    }

    /// Receives the next frame, whatever it is.
    pub(crate) fn receive(&mut self) -> Frame {
        let mut head = [0; 2];
        if self.http.stream.read_exact(&mut head).is_err() {
            return Frame::End;
        }
        let length = match head[1] {
            126 => u16::from_be_bytes(self.read()).into(),
            127 => usize::try_from(u64::from_be_bytes(self.read())).unwrap(),
            length => length.into(),
        };
        let mut data = vec![0; length];
        self.http.stream.read_exact(&mut data).unwrap();
        match head[0] & 0x0f {
            1 => Frame::Text(String::from_utf8(data).unwrap()),
            8 => Frame::Close,
            other => panic!("frame of opcode {other}"),
        }
    }

    /// Receives the next text that is no ping, and answers pings.
    pub(crate) fn receive_text(&mut self) -> String {
        loop {
            match self.receive() {
                Frame::Text(ping) if ping == "2" => self.send("3"),
                Frame::Text(text) => return text,
                other => panic!("{other:?} instead of text"),
            }
        }
    }

    /// Waits for a ping and answers it.
    pub(crate) fn answer_ping(&mut self) {
        assert_eq!(self.receive(), Frame::Text("2".into()));
        self.send("3");
    }

    fn write(&mut self, bytes: &[u8]) {
        self.http.stream.get_mut().write_all(bytes).unwrap();
    }

    fn read<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.http.stream.read_exact(&mut bytes).unwrap();
        bytes
    }
}

/// A whole frame of text, masked with zeros.
fn frame(data: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x81];
    if let Ok(length @ ..126) = u8::try_from(data.len()) {
        frame.push(0x80 | length);
    } else {
        frame.push(0x80 | 0x7e);
        frame.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    }
    frame.extend([0; 4]);
    frame.extend(data);
    frame
}
