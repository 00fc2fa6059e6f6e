//! The session id.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use crate::Text;

/// The name of a session on the wire: unguessable, URL-safe, at most [`Sid::MAX_LEN`] bytes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sid(Arc<str>);

/// Which bytes an id may hold. A table, because each request has an id to check.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
        byte += 1;
    }
    table
};

impl Sid {
    /// Longest id that is accepted from a generator or from the wire, in bytes.
    pub const MAX_LEN: usize = 64;

    /// The id that 128 random bits make: 22 characters of unpadded base64url.
    ///
    /// The bits must come from the operating system's generator: whoever can guess them can take the session.
    pub fn from_random(bits: [u8; 16]) -> Self {
        Self(base64_simd::URL_SAFE_NO_PAD.encode_to_string(bits).into())
    }

    /// The id with this text, or `None` when it is empty, too long, or holds anything but `A-Z a-z 0-9 - _ . ~`.
    pub fn parse(text: &str) -> Option<Self> {
        let unreserved = |byte: u8| UNRESERVED.get(usize::from(byte)) == Some(&true);
        let valid = (1..=Self::MAX_LEN).contains(&text.len()) && text.bytes().all(unreserved);
        valid.then(|| Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first characters only: enough to follow a session in a log, not enough to take it over.
    pub fn redacted(&self) -> Redacted<'_> {
        Redacted(&self.0)
    }
}

impl Borrow<str> for Sid {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Sid {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&Sid> for Text {
    fn from(sid: &Sid) -> Self {
        sid.as_str().into()
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Sid {
    /// Redacted: ids are secrets and `Debug` output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sid({})", self.redacted())
    }
}

/// Displays the first six characters of a session id, then an ellipsis.
#[derive(Clone, Copy, Debug)]
pub struct Redacted<'a>(&'a str);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.get(..6).unwrap_or(""))?;
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bits_make_22_url_safe_characters() {
        let sid = Sid::from_random([0xff; 16]);
        assert_eq!(sid.as_str(), "_____________________w");
        assert_eq!(Sid::parse(sid.as_str()), Some(sid));
    }

    #[test]
    fn unsafe_text_is_no_sid() {
        for text in ["", "a b", "a\n", "a;b", "é", "a/b", &"x".repeat(65)] {
            assert_eq!(Sid::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn debug_output_hides_the_secret() {
        let sid = Sid::parse("abcdefghijkl").unwrap();
        assert_eq!(format!("{sid:?}"), "Sid(abcdef…)");
    }
}
