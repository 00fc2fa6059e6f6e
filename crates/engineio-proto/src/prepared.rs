//! A message that is encoded once and sent to many sessions.

use std::sync::{Arc, OnceLock};

use bytes::{BufMut, Bytes, BytesMut};

use crate::ws::{self, OpCode};
use crate::{Message, Packet, PacketType};

/// A message together with its wire forms; cloning shares them.
///
/// A text message is one buffer `[frame header]4text`: the whole is the server's WebSocket frame, its tail the
/// packet of a polling payload. A binary message's base64 is made when the first polling session needs it.
#[derive(Clone, Debug)]
pub struct Prepared(Arc<Forms>);

#[derive(Debug)]
struct Forms {
    message: Message,
    /// Frame header (unmasked, as servers write it) and data.
    frame: Bytes,
    header_len: usize,
    base64: OnceLock<Bytes>,
    has_separator: bool,
}

impl Prepared {
    /// Encodes the message's WebSocket form.
    pub fn new(message: Message) -> Self {
        let (opcode, prefix) = match &message {
            Message::Text(_) => (OpCode::Text, &[PacketType::Message as u8][..]),
            Message::Binary(_) => (OpCode::Binary, &[][..]),
        };
        let header = ws::FrameHeader::unmasked(opcode, prefix.len() + message.len());
        let mut frame = BytesMut::with_capacity(ws::MAX_HEADER + prefix.len() + message.len());
        header.encode(&mut frame);
        let header_len = frame.len();
        frame.put_slice(prefix);
        let frame = match &message {
            Message::Text(text) => Self::finish(frame, text.as_bytes()),
            Message::Binary(bytes) => Self::finish(frame, bytes),
        };
        let has_separator = message.has_separator();
        Self(Arc::new(Forms { message, frame, header_len, base64: OnceLock::new(), has_separator }))
    }

    /// The message itself.
    pub fn message(&self) -> &Message {
        &self.0.message
    }

    /// The complete WebSocket frame of a server.
    pub fn frame(&self) -> &Bytes {
        &self.0.frame
    }

    /// The packet as a polling payload carries it.
    pub fn payload_form(&self) -> Bytes {
        match &self.0.message {
            Message::Text(_) => self.0.frame.slice(self.0.header_len..),
            Message::Binary(_) => self.0.base64.get_or_init(|| self.base64()).clone(),
        }
    }

    pub(crate) fn has_separator(&self) -> bool {
        self.0.has_separator
    }

    fn finish(mut frame: BytesMut, data: &[u8]) -> Bytes {
        frame.put_slice(data);
        frame.freeze()
    }

    fn base64(&self) -> Bytes {
        let packet = Packet::Message(self.0.message.clone());
        let mut out = Vec::with_capacity(packet.payload_len());
        packet.encode_payload(&mut out);
        out.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_shares_one_buffer_between_both_forms() {
        let prepared = Prepared::new("hello".into());
        assert_eq!(prepared.frame().as_ref(), b"\x81\x064hello");
        let payload = prepared.payload_form();
        assert_eq!(payload.as_ref(), b"4hello");
        assert_eq!(payload.as_ptr(), prepared.frame().get(2..).unwrap().as_ptr());
    }

    #[test]
    fn binary_has_a_frame_and_base64() {
        let prepared = Prepared::new(vec![1, 2, 3].into());
        assert_eq!(prepared.frame().as_ref(), b"\x82\x03\x01\x02\x03");
        assert_eq!(prepared.payload_form().as_ref(), b"bAQID");
    }
}
