//! The session id.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrayvec::ArrayString;

use crate::Text;

/// What 128 bits take, without an allocation: each request names a session.
const SHORT: usize = 22;

/// The name of a session on the wire: unguessable, URL-safe, at most [`Sid::MAX_LEN`] bytes.
#[derive(Clone)]
pub struct Sid(Repr);

#[derive(Clone)]
enum Repr {
    Short(ArrayString<SHORT>),
    Long(Arc<str>),
}

/// Bytes that are checked at once: each request has an id to check, and a processor does this many as quickly as one.
const LANES: usize = 16;

impl Sid {
    /// Longest id that is accepted from a generator or from the wire, in bytes.
    pub const MAX_LEN: usize = 64;

    /// The id that 128 random bits make: 22 characters of unpadded base64url.
    ///
    /// The bits must come from the operating system's generator: whoever can guess them can take the session.
    pub fn from_random(bits: [u8; 16]) -> Self {
        Self::of(&base64_simd::URL_SAFE_NO_PAD.encode_to_string(bits))
    }

    /// The id with this text, or `None` when it is empty, too long, or holds anything but `A-Z a-z 0-9 - _ . ~`.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = (1..=Self::MAX_LEN).contains(&text.len()) && are_unreserved(text.as_bytes());
        valid.then(|| Self::of(text))
    }

    fn of(text: &str) -> Self {
        Self(ArrayString::from(text).map_or_else(|_| Repr::Long(text.into()), Repr::Short))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Short(text) => text,
            Repr::Long(text) => text,
        }
    }

    /// The first characters only: enough to follow a session in a log, not enough to take it over.
    pub fn redacted(&self) -> Redacted<'_> {
        Redacted(self.as_str())
    }
}

/// Whether an id may hold all of these bytes.
fn are_unreserved(bytes: &[u8]) -> bool {
    let (whole, rest) = bytes.as_chunks();
    let mut last = [b'0'; LANES];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    whole.iter().all(lanes_are_unreserved) && lanes_are_unreserved(&last)
}

#[expect(clippy::needless_bitwise_bool, reason = "without a branch for each byte")]
fn lanes_are_unreserved(bytes: &[u8; LANES]) -> bool {
    bytes.iter().fold(true, |all, byte| {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let digit = byte.wrapping_sub(b'0') < 10;
        all & (letter | digit | (*byte == b'-') | (*byte == b'_') | (*byte == b'.') | (*byte == b'~'))
    })
}

impl PartialEq for Sid {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Sid {}

impl Hash for Sid {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialOrd for Sid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sid {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Borrow<str> for Sid {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Sid {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl From<&Sid> for Text {
    fn from(sid: &Sid) -> Self {
        sid.as_str().into()
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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
    fn short_and_long_ids_are_compared_by_their_text() {
        let sid = |len: usize| Sid::parse(&"x".repeat(len)).unwrap();
        for len in [1, SHORT - 1, SHORT, SHORT + 1, Sid::MAX_LEN] {
            assert_eq!(sid(len), sid(len));
            assert_eq!(sid(len).as_str().len(), len);
            assert!(sid(len) < Sid::parse(&"y".repeat(len)).unwrap());
            assert!(len == 1 || sid(len) > sid(len - 1));
        }
    }

    #[test]
    fn unsafe_text_is_no_sid() {
        for text in ["", "a b", "a\n", "a;b", "é", "a/b", &"x".repeat(65)] {
            assert_eq!(Sid::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn every_byte_is_judged_wherever_it_stands() {
        for byte in 0..128_u8 {
            let good = byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
            for (before, after) in [(0, 0), (0, 21), (15, 0), (16, 5), (21, 0), (63, 0)] {
                let text = [vec![b'x'; before], vec![byte], vec![b'x'; after]].concat();
                let text = String::from_utf8(text).unwrap();
                assert_eq!(Sid::parse(&text).is_some(), good, "{text:?}");
            }
        }
    }

    #[test]
    fn debug_output_hides_the_secret() {
        let sid = Sid::parse("abcdefghijkl").unwrap();
        assert_eq!(format!("{sid:?}"), "Sid(abcdef…)");
    }
}
