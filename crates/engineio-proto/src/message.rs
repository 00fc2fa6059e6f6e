//! Application data.

use bytes::Bytes;

use crate::{Text, Transport};

/// Application data carried by a `message` packet: text stays text, binary stays binary.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    /// UTF-8 text.
    Text(Text),
    /// Bytes.
    Binary(Bytes),
}

impl Message {
    /// Length of the data in bytes, without any framing.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether there is no data. An empty message is a message all the same.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text, if this is a text message.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary(_) => None,
        }
    }

    /// Length of its packet, without frames and separators: by polling, binary data is base64.
    pub(crate) fn encoded_len(&self, transport: Transport) -> usize {
        match (self, transport) {
            (Self::Text(text), _) => 1 + text.len(),
            (Self::Binary(bytes), Transport::Polling) => {
                1 + base64_simd::STANDARD.encoded_length(bytes.len())
            }
            (Self::Binary(bytes), Transport::WebSocket) => bytes.len(),
        }
    }

    /// Whether this is text that a polling payload would tear apart. Not a part of those who ask, most of whom are
    /// not on polling.
    #[inline(never)]
    pub(crate) fn has_separator(&self) -> bool {
        self.as_text().is_some_and(|text| memchr::memchr(crate::SEPARATOR, text.as_bytes()).is_some())
    }

    /// The bytes, if this is a binary message.
    pub fn as_binary(&self) -> Option<&[u8]> {
        match self {
            Self::Text(_) => None,
            Self::Binary(bytes) => Some(bytes),
        }
    }
}

impl From<Text> for Message {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Bytes> for Message {
    fn from(bytes: Bytes) -> Self {
        Self::Binary(bytes)
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes.into())
    }
}

impl From<&[u8]> for Message {
    fn from(bytes: &[u8]) -> Self {
        Self::Binary(Bytes::copy_from_slice(bytes))
    }
}
