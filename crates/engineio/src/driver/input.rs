//! From the bytes of one read to packets.

use std::pin::Pin;
use std::task::{Context, Poll};

use engineio_proto::Packet;
use engineio_proto::ws::{Chunk, CloseCode, Decoder, Item, Large, packet};
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::io::poll_read_buf;

use super::scratch::{self, Scratch};

/// What one read brought.
#[derive(Debug, Default)]
pub(crate) struct Input {
    /// The packets that were completed.
    pub(crate) packets: Vec<Packet>,
    /// A WebSocket pong with as much data as our pings have came among them.
    #[cfg(feature = "client")]
    pub(crate) pong: Option<[u8; 4]>,
    /// What came after them was no frame or no packet: how to close the connection.
    pub(crate) bad: Option<CloseCode>,
    /// The peer closed after them.
    pub(crate) end: Option<End>,
}

/// How the peer closed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    /// The code to answer its close frame with; without one, the connection just ended.
    pub(crate) code: Option<CloseCode>,
}

impl Input {
    /// The connection ended.
    pub(crate) fn eof() -> Self {
        Self { end: Some(End { code: None }), ..Self::default() }
    }

    fn is_open(&self) -> bool {
        self.bad.is_none() && self.end.is_none()
    }

    /// Takes an item in; a WebSocket ping only leaves its data.
    fn take(&mut self, item: Item<'_>, chunk: &mut Chunk, ping: &mut Option<Box<[u8]>>) {
        match item {
            Item::Message(kind, data) => match packet(kind, data, chunk) {
                Ok(packet) => self.packets.push(packet),
                Err(error) => self.bad = Some(error.into()),
            },
            Item::Ping(data) => *ping = Some(Box::from(&data[..])),
            #[cfg(feature = "client")]
            Item::Pong(data) => self.pong = data[..].try_into().ok().or(self.pong),
            #[cfg(not(feature = "client"))]
            Item::Pong(_) => {}
            Item::Close(frame) => {
                let code = frame.map_or(CloseCode::NORMAL, |frame| frame.code);
                self.end = Some(End { code: Some(code) });
            }
        }
    }
}

/// Reads once. `None` when there is nothing: the task is woken when there is something.
#[inline]
pub(crate) fn poll_input(
    io: Pin<&mut impl AsyncRead>,
    cx: &mut Context<'_>,
    decoder: &mut Decoder,
    ping: &mut Option<Box<[u8]>>,
) -> Option<Input> {
    if let Some(mut large) = decoder.large() {
        return match poll_read_buf(io, cx, &mut large.buffer()) {
            Poll::Pending => None,
            Poll::Ready(Ok(0) | Err(_)) => Some(Input::eof()),
            Poll::Ready(Ok(_)) => Some(decode_large(large, ping)),
        };
    }
    scratch::lend(|Scratch { read, .. }| {
        let mut buffer = ReadBuf::new(read);
        match io.poll_read(cx, &mut buffer) {
            Poll::Pending => None,
            Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                Some(decode(decoder, buffer.filled_mut(), ping))
            }
            Poll::Ready(_) => Some(Input::eof()),
        }
    })
}

/// Decodes the bytes of one read, up to the first that is bad or closes.
pub(crate) fn decode(decoder: &mut Decoder, mut bytes: &mut [u8], ping: &mut Option<Box<[u8]>>) -> Input {
    let mut input = Input { packets: scratch::take_packets(), ..Input::default() };
    let mut chunk = Chunk::new(bytes.len());
    while !bytes.is_empty() && input.is_open() {
        let short = decoder.decode_short(bytes, &mut input.packets);
        if short > 0 {
            chunk.skip(short);
            bytes = rest(bytes, short);
            continue;
        }
        let consumed = match decoder.decode(bytes) {
            Ok(step) => {
                if let Some(item) = step.item {
                    input.take(item, &mut chunk, ping);
                }
                step.consumed
            }
            Err(error) => {
                input.bad = Some(error.close_code());
                break;
            }
        };
        bytes = rest(bytes, consumed);
    }
    input
}

fn rest(bytes: &mut [u8], consumed: usize) -> &mut [u8] {
    bytes.get_mut(consumed..).unwrap_or_default()
}

/// Takes over what was read straight into the decoder.
fn decode_large(large: Large<'_>, ping: &mut Option<Box<[u8]>>) -> Input {
    let mut input = Input::default();
    match large.filled() {
        Ok(Some(item)) => input.take(item, &mut Chunk::new(0), ping),
        Ok(None) => {}
        Err(error) => input.bad = Some(error.close_code()),
    }
    input
}
