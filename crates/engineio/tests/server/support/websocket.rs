//! A client on WebSocket.

use bytes::{Bytes, BytesMut};
use engineio_proto::ws::{
    Decoder, FrameHeader, Item, Limits, MessageKind, OpCode, Role, accept_key, apply_mask,
};
use http::{Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::http::{Http, field, get, with};
use super::{Dial, Stream, soon};

/// Where a session is opened.
pub(crate) const OPEN: &str = "/engine.io/?EIO=4&transport=websocket";

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const MASK: [u8; 4] = [1, 2, 3, 4];

/// What comes over a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Text(String),
    Binary(Bytes),
    Pong(Bytes),
    /// A close frame with its code; zero without one.
    Close(u16),
    /// The end of the connection.
    End,
}

/// One WebSocket.
#[derive(Debug)]
pub(crate) struct WebSocket<IO> {
    io: IO,
    decoder: Decoder,
    input: BytesMut,
}

/// The request of a WebSocket handshake.
pub(crate) fn handshake(request: &Request<Bytes>) -> Request<Bytes> {
    let fields = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", KEY),
    ];
    fields.into_iter().fold(request.clone(), |request, (name, value)| with(request, name, value))
}

impl<IO: Stream> WebSocket<IO> {
    /// A WebSocket for `request`, which is accepted.
    pub(crate) async fn connect(io: IO, request: &Request<Bytes>) -> Self {
        Self::try_connect(io, request).await.unwrap_or_else(|response| panic!("{response:?}")).0
    }

    /// A WebSocket for `request` with the response that accepted it, or the one that did not.
    pub(crate) async fn try_connect(
        io: IO,
        request: &Request<Bytes>,
    ) -> Result<(Self, Response<Bytes>), Response<Bytes>> {
        let mut http = Http::new(io);
        let response = http.exchange(&handshake(request)).await;
        if response.status() != 101 {
            return Err(response);
        }
        assert_eq!(field(&response, "sec-websocket-accept"), accept_key(KEY.as_bytes()));
        Ok((Self::over(http), response))
    }

    /// A WebSocket on a connection that has switched to it.
    pub(crate) fn over(http: Http<IO>) -> Self {
        let (io, input) = http.into_parts();
        Self { io, decoder: Decoder::new(Role::Client, Limits::default()), input }
    }

    /// Opens a session, and returns its id.
    pub(crate) async fn open<D: Dial<Io = IO>>(dial: &D) -> (Self, String) {
        let mut websocket = Self::connect(dial.dial().await, &get(OPEN)).await;
        let sid = websocket.opened().await;
        (websocket, sid)
    }

    /// Takes the open packet, and returns the session's id.
    pub(crate) async fn opened(&mut self) -> String {
        let packet = self.text().await;
        let open: serde_json::Value = serde_json::from_str(packet.strip_prefix('0').unwrap()).unwrap();
        open["sid"].as_str().unwrap().to_owned()
    }

    /// The connection, for who writes to it what he likes.
    pub(crate) fn into_io(self) -> IO {
        self.io
    }

    /// Sends a packet in its text form.
    pub(crate) async fn send(&mut self, packet: &str) {
        self.send_frame(OpCode::Text, true, packet.as_bytes()).await;
    }

    /// Sends any frame.
    pub(crate) async fn send_frame(&mut self, opcode: OpCode, fin: bool, data: &[u8]) {
        soon(self.io.write_all(&masked(opcode, fin, data))).await.unwrap();
    }

    /// Sends bytes as they are.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        soon(self.io.write_all(bytes)).await.unwrap();
    }

    /// The next packet, which has to be in its text form.
    pub(crate) async fn text(&mut self) -> String {
        match self.next().await {
            Frame::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    /// The next frame.
    pub(crate) async fn next(&mut self) -> Frame {
        soon(async {
            loop {
                if let Some(frame) = self.decode() {
                    return frame;
                }
                if !matches!(self.io.read_buf(&mut self.input).await, Ok(1..)) {
                    return Frame::End;
                }
            }
        })
        .await
    }

    /// Waits until everything sent so far was read, with nothing to read in return.
    pub(crate) async fn sync(&mut self) {
        self.send_frame(OpCode::Ping, true, b"sync").await;
        assert_eq!(self.next().await, Frame::Pong("sync".into()));
    }

    /// The code of the close frame that has to come next, before the end.
    pub(crate) async fn close_code(&mut self) -> u16 {
        let Frame::Close(code) = self.next().await else { panic!("no close frame") };
        code
    }

    fn decode(&mut self) -> Option<Frame> {
        while !self.input.is_empty() {
            let step = self.decoder.decode(&mut self.input).unwrap();
            let consumed = step.consumed;
            let frame = step.item.map(frame);
            let _ = self.input.split_to(consumed);
            if frame.is_some() {
                return frame;
            }
        }
        None
    }
}

/// A frame as clients send it.
pub(crate) fn masked(opcode: OpCode, fin: bool, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    FrameHeader { opcode, fin, len: data.len(), mask: Some(MASK) }.encode(&mut out);
    let header = out.len();
    out.extend_from_slice(data);
    apply_mask(&mut out[header..], MASK, 0);
    out
}

fn frame(item: Item<'_>) -> Frame {
    match item {
        Item::Message(MessageKind::Text, data) => Frame::Text(String::from_utf8(data.to_vec()).unwrap()),
        Item::Message(MessageKind::Binary, data) => Frame::Binary(Bytes::copy_from_slice(&data)),
        Item::Pong(data) => Frame::Pong(Bytes::copy_from_slice(&data)),
        Item::Close(close) => Frame::Close(close.map_or(0, |close| close.code.get())),
        Item::Ping(_) => panic!("servers of this protocol do not ping by frames"),
    }
}
