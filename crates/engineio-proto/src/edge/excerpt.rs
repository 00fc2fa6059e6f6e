//! What a client sent, cut to a bounded length for logs and replies.

use std::fmt;

/// The beginning of a text that a client sent.
///
/// `Display` escapes control characters; `Debug` shows six characters only, because the text may be a session
/// id that is alive on another node.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Excerpt(Box<str>);

impl Excerpt {
    /// How many characters are kept.
    pub const MAX_CHARS: usize = 128;

    /// The beginning of `text`.
    pub fn new(text: &str) -> Self {
        Self(beginning(text, Self::MAX_CHARS).into())
    }

    /// The text as it was sent: escape it before it goes anywhere.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn beginning(text: &str, chars: usize) -> &str {
    let end = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_debug())
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}…\"", beginning(&self.0, 6).escape_debug())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_characters() {
        let excerpt = Excerpt::new(&"é".repeat(70_000));
        assert_eq!(excerpt.as_str(), "é".repeat(Excerpt::MAX_CHARS));
        assert_eq!(Excerpt::new("").as_str(), "");
    }

    #[test]
    fn output_is_escaped_and_debug_output_short() {
        let excerpt = Excerpt::new("a\r\n\"\u{202e}bcdefgh");
        assert_eq!(excerpt.to_string(), r#""a\r\n\"\u{202e}bcdefgh""#);
        assert_eq!(format!("{excerpt:?}"), r#""a\r\n\"\u{202e}b…""#);
    }
}
