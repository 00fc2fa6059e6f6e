//! Messages that can be told apart when they come back.

use engineio::Message;

/// Digits of a number.
const DIGITS: usize = 16;

/// Makes messages of one size and kind.
#[derive(Clone, Debug)]
pub(crate) struct Probes {
    padding: String,
    binary: bool,
}

impl Probes {
    /// `size` includes the number, for which there has to be room.
    pub(crate) fn new(size: usize, binary: bool) -> Self {
        Self { padding: ".".repeat(size.saturating_sub(DIGITS)), binary }
    }

    /// The message with a number.
    pub(crate) fn message(&self, number: u64) -> Message {
        let text = format!("{number:0DIGITS$x}{}", self.padding);
        if self.binary { text.into_bytes().into() } else { text.into() }
    }
}

/// The number of a message; none if it was made by somebody else.
pub(crate) fn number(message: &Message) -> Option<u64> {
    let bytes = match message {
        Message::Text(text) => text.as_bytes(),
        Message::Binary(data) => data,
    };
    u64::from_str_radix(std::str::from_utf8(bytes.get(..DIGITS)?).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_their_size_and_number() {
        for (size, binary) in [(16, false), (32, true), (1000, false)] {
            let message = Probes::new(size, binary).message(0xabc);
            assert_eq!((message.len(), number(&message)), (size, Some(0xabc)));
            assert_eq!(matches!(message, Message::Binary(_)), binary);
        }
    }

    #[test]
    fn what_others_say_has_no_number() {
        for text in ["", "hello", "0123456789abcdeg...", "é0123456789abcde"] {
            assert_eq!(number(&Message::from(text)), None, "{text}");
        }
    }
}
