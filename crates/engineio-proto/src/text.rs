//! UTF-8 text that is cheap to clone.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::str::Utf8Error;

use arrayvec::ArrayString;
use bytes::Bytes;
use bytestring::ByteString;

/// Immutable UTF-8 text. Cloning allocates nothing: short text lies in the value itself, longer text in shared
/// bytes.
#[derive(Clone)]
pub struct Text(Form);

#[derive(Clone)]
enum Form {
    /// Copying this little costs less than an allocation and two counts of its owners.
    Short(ArrayString<{ Text::SHORT }>),
    Shared(ByteString),
}

#[repr(align(16))]
struct Padded([u8; Text::SHORT]);

const _: () = assert!(size_of::<Text>() <= size_of::<Bytes>() + 8, "a message is moved from queue to queue");

impl Text {
    /// The longest text that lies in the value itself, in bytes: what leaves it hardly larger than [`Bytes`].
    pub(crate) const SHORT: usize = 32;

    /// Text in static memory: no allocation.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Form::Shared(ByteString::from_static(text)))
    }

    /// The text as a string slice.
    #[inline]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Form::Short(text) => text,
            Form::Shared(text) => text,
        }
    }

    /// The UTF-8 bytes; of longer text the same memory.
    pub fn into_bytes(self) -> Bytes {
        match self.0 {
            Form::Short(text) => Bytes::copy_from_slice(text.as_bytes()),
            Form::Shared(text) => text.into_bytes(),
        }
    }

    /// The UTF-8 bytes; of longer text the same memory.
    pub fn bytes(&self) -> Bytes {
        self.clone().into_bytes()
    }

    /// Text of bytes that somebody else owns, if it is short.
    #[inline]
    pub(crate) fn short(bytes: &[u8]) -> Option<Result<Self, Utf8Error>> {
        let mut padded = Padded([0; Self::SHORT]);
        padded.0.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(padded.into_text(bytes.len()))
    }
}

impl Text {
    /// Text of the first `len` bytes of `data`, each eight of which `change` was done to; if it is short and is text.
    #[inline]
    pub(crate) fn short_changed(data: &[u8], len: usize, change: impl Fn(u64) -> u64) -> Option<Self> {
        let mut padded = Padded::new(data, len)?;
        let (words, _) = padded.0.as_chunks_mut();
        let (keep, _) = keep(len)?.as_chunks();
        for (word, keep) in words.iter_mut().zip(keep) {
            *word = (change(u64::from_le_bytes(*word)) & u64::from_le_bytes(*keep)).to_le_bytes();
        }
        padded.into_text(len).ok()
    }
}

impl Padded {
    /// The first `len` bytes of `data`, and then anything.
    #[inline]
    fn new(data: &[u8], len: usize) -> Option<Self> {
        if len > Text::SHORT {
            return None;
        }
        if let Some(whole) = data.first_chunk() {
            return Some(Self(*whole));
        }
        let mut padded = Self([0; Text::SHORT]);
        padded.0.get_mut(..len)?.copy_from_slice(data.get(..len)?);
        Some(padded)
    }

    /// The first `len` bytes as text, when zeros follow them.
    ///
    /// With what it is padded with, it is text exactly if it is text without; and a whole number of aligned words is
    /// checked several times faster than bytes that begin and end anywhere.
    #[inline]
    fn into_text(self, len: usize) -> Result<Text, Utf8Error> {
        ArrayString::from_byte_string(&self.0).map(|mut text| {
            text.truncate(len);
            Text(Form::Short(text))
        })
    }
}

/// Ones for as many bytes as are text, zeros for those after them.
#[inline]
fn keep(len: usize) -> Option<&'static [u8; Text::SHORT]> {
    const KEEP: [[u8; Text::SHORT]; 2] = [[0xff; Text::SHORT], [0; Text::SHORT]];
    KEEP.as_flattened().get(Text::SHORT.checked_sub(len)?..)?.first_chunk()
}

impl Default for Text {
    fn default() -> Self {
        Self(Form::Short(ArrayString::new_const()))
    }
}

impl Deref for Text {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(ArrayString::from(text).map_or_else(|_| Form::Shared(text.into()), Form::Short))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Form::Shared(text.into()))
    }
}

impl TryFrom<Bytes> for Text {
    type Error = Utf8Error;

    /// Short text does not keep the bytes.
    #[inline]
    fn try_from(bytes: Bytes) -> Result<Self, Self::Error> {
        Self::short(&bytes)
            .unwrap_or_else(|| ByteString::try_from(bytes).map(|text| Self(Form::Shared(text))))
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// The same text in each of its forms.
    fn forms(text: &'static str) -> [Text; 4] {
        let bytes = Bytes::from_static(text.as_bytes());
        [Text::from_static(text), text.into(), text.to_owned().into(), bytes.try_into().unwrap()]
    }

    #[test]
    fn forms_do_not_differ_from_outside() {
        for text in ["", "a", "€", "exactly thirty-two bytes of text", "more than thirty-two bytes of text"]
        {
            let forms = forms(text);
            for form in &forms {
                assert_eq!(form, text);
                assert_eq!(form.bytes(), text.as_bytes());
                assert_eq!(form.clone().into_bytes(), text.as_bytes());
            }
            assert_eq!(HashSet::from(forms.clone()).len(), 1);
            assert!(forms.iter().all(|form| form.cmp(&forms[0]).is_eq() && form < &Text::from("\u{10ffff}")));
        }
    }

    #[test]
    fn short_text_does_not_keep_the_bytes_it_came_in() {
        let read = Bytes::from(vec![b'a'; 1000]);
        let (short, long) = (read.slice(..Text::SHORT), read.slice(..=Text::SHORT));
        let short = Text::try_from(short).unwrap();
        assert!(!read.is_unique());
        drop(long);
        assert!(read.is_unique(), "{short} is a copy");
    }

    #[test]
    fn what_follows_short_text_is_no_part_of_it() {
        let bytes = "aé and more than thirty-two bytes".as_bytes();
        let text = |len| Text::short_changed(bytes, len, |word| word).map(|text| text.to_string());
        assert_eq!(text(0).as_deref(), Some(""));
        assert_eq!(text(1).as_deref(), Some("a"));
        assert_eq!(text(2), None, "the rest of the character is somebody else's");
        assert_eq!(text(3).as_deref(), Some("aé"));
        assert_eq!(text(Text::SHORT).as_deref(), Some("aé and more than thirty-two byt"));
        assert_eq!(text(Text::SHORT + 1), None);
    }

    #[test]
    fn text_is_utf8_however_short() {
        for bytes in
            [&b"\xff"[..], &[0xe2, 0x82], &[0xc3; 32], b"thirty-two bytes and not complete\xc3", &[0xff; 40]]
        {
            assert!(Text::try_from(Bytes::copy_from_slice(bytes)).is_err());
        }
    }
}
