//! Values as JSON, in text messages.

use serde::{Deserialize, Serialize};

use crate::Message;

impl Message {
    /// A text message that holds a value as JSON. It can travel by polling whatever is in it: JSON escapes control
    /// characters.
    ///
    /// ```
    /// use engineio_proto::Message;
    ///
    /// let message = Message::json(&[1, 2, 3])?;
    /// assert_eq!(message.as_text(), Some("[1,2,3]"));
    /// assert_eq!(message.parse_json::<Vec<u8>>()?, [1, 2, 3]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What the value's `Serialize` says, or a map whose keys are no strings.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::to_string(value).map(Self::from)
    }

    /// Reads a value from JSON, in a text or a binary message. Nothing tells JSON from other messages: that is for the
    /// two sides to agree on.
    ///
    /// # Errors
    ///
    /// When the message is no JSON, or JSON of another value: the sender's fault. Values that are nested more than 128
    /// deep are refused.
    pub fn parse_json<'de, T: Deserialize<'de>>(&'de self) -> Result<T, serde_json::Error> {
        match self {
            Self::Text(text) => serde_json::from_str(text),
            Self::Binary(bytes) => serde_json::from_slice(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_can_be_json() {
        for message in [Message::from("\"x\""), Message::from(b"\"x\"".to_vec())] {
            assert_eq!(message.parse_json::<&str>().unwrap(), "x");
            assert!(message.parse_json::<u8>().is_err());
        }
        for message in [Message::from(""), Message::from("{"), Message::from(vec![0xff])] {
            assert!(message.parse_json::<serde_json::Value>().is_err(), "{message:?}");
        }
    }

    #[test]
    fn the_separator_of_payloads_is_escaped() {
        let message = Message::json("a\u{1e}b").unwrap();
        assert!(!message.has_separator());
        assert_eq!(message.parse_json::<String>().unwrap(), "a\u{1e}b");
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_overflow() {
        let deep = Message::from("[".repeat(100_000));
        assert!(deep.parse_json::<serde_json::Value>().is_err());
    }
}
