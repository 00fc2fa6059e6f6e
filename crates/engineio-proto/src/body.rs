//! A polling body that was checked and waits to be taken apart.

use bytes::Bytes;

use crate::ws::Chunk;
use crate::{Message, Packet, PayloadDecoder};

/// Gives the messages of a body one by one.
#[derive(Clone, Debug)]
pub(crate) struct CheckedBody {
    packets: PayloadDecoder,
    /// The bytes of the whole body, which are kept as long as a part of it is.
    weight: usize,
}

impl CheckedBody {
    /// For the first `len` bytes, which are sound and end with a message.
    pub(crate) fn new(mut body: Bytes, len: usize) -> Self {
        let weight = body.len();
        body.truncate(len);
        Self { packets: PayloadDecoder::new(body), weight }
    }

    /// The bytes of memory that it takes.
    pub(crate) const fn weight(&self) -> usize {
        self.weight
    }

    /// Whether no message is left.
    pub(crate) fn is_done(&self) -> bool {
        self.packets.remaining() == 0
    }

    /// The next message. Packets of other types were dealt with when the body came.
    pub(crate) fn next_message(&mut self) -> Option<Message> {
        loop {
            // The body was checked: an error cannot come, and the decoder ends if it does.
            if let Ok(Packet::Message(message)) = self.packets.next()? {
                return Some(self.detach(message));
            }
        }
    }

    /// Text is a piece of the body, which would stay in memory for as long as the smallest of its messages is handled:
    /// small pieces of large bodies are copied.
    fn detach(&self, message: Message) -> Message {
        match message {
            Message::Text(text) if self.weight > Chunk::MAX && text.len() < self.weight / 2 => {
                text.as_str().into()
            }
            message => message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of a body, and for each whether it is a piece of it.
    fn texts(body: &str) -> Vec<(usize, bool)> {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let piece = |text: &str| body.as_ptr_range().contains(&text.as_ptr());
        let mut checked = CheckedBody::new(body.clone(), body.len());
        let mut texts = Vec::new();
        while let Some(message) = checked.next_message() {
            let text = message.as_text().unwrap_or_default();
            texts.push((text.len(), piece(text)));
        }
        texts
    }

    #[test]
    fn a_small_piece_does_not_keep_a_large_body() {
        let (small, large) = ("x".repeat(100), "x".repeat(5000));
        assert_eq!(texts(&format!("4{small}\u{1e}4{large}")), [(100, false), (5000, true)]);
    }

    #[test]
    fn pieces_of_a_small_body_are_not_copied() {
        let text = "x".repeat(100);
        assert_eq!(texts(&format!("4{text}\u{1e}3\u{1e}4{text}")), [(100, true), (100, true)]);
    }

    #[test]
    fn a_body_weighs_all_of_its_bytes_until_it_is_done() {
        let mut body = CheckedBody::new(Bytes::from_static(b"4a\x1e4b\x1e3"), 5);
        assert_eq!(body.weight(), 7);
        assert!(body.next_message().is_some() && !body.is_done());
        assert_eq!(body.weight(), 7);
        assert!(body.next_message().is_some() && body.is_done());
    }
}
