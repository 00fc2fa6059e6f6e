//! Messages as lines of text.

use engineio::Message;

/// Marks the base64 of a binary message.
const BINARY: &str = "b:";

/// Reads a line that is to be sent; `binary` tells whether `b:` marks base64.
///
/// # Errors
///
/// The line says that it is base64, and is not.
pub(crate) fn parse(line: String, binary: bool) -> Result<Message, String> {
    match line.strip_prefix(BINARY).filter(|_| binary) {
        None => Ok(Message::from(line)),
        Some(base64) => decode(base64).map(Message::from),
    }
}

/// Decodes base64.
///
/// # Errors
///
/// It is none.
pub(crate) fn decode(base64: &str) -> Result<Vec<u8>, String> {
    base64_simd::STANDARD.decode_to_vec(base64).map_err(|_| format!("{base64:?} is not base64"))
}

/// The line that a received message is printed as.
pub(crate) fn format(message: &Message) -> String {
    match message {
        Message::Text(text) => text.to_string(),
        Message::Binary(data) => format!("{BINARY}{}", encode(data)),
    }
}

/// Encodes base64.
pub(crate) fn encode(data: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_text_unless_binary_was_asked_for() {
        assert_eq!(parse("b:AQI=".to_owned(), false), Ok(Message::from("b:AQI=")));
        assert_eq!(parse("b:AQI=".to_owned(), true), Ok(Message::from(vec![1, 2])));
        assert_eq!(parse("b:".to_owned(), true), Ok(Message::from(Vec::new())));
        assert_eq!(parse(String::new(), true), Ok(Message::from("")));
        assert!(parse("b:x".to_owned(), true).unwrap_err().contains("base64"));
    }

    #[test]
    fn a_binary_message_is_printed_as_it_is_typed() {
        for data in [vec![], vec![0, 255, 10]] {
            let line = format(&Message::from(data.clone()));
            assert_eq!(parse(line, true), Ok(Message::from(data)));
        }
    }
}
