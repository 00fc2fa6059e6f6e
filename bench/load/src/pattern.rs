//! The bytes of an endless stream of equal messages.
//!
//! Everything that is sent and everything that is expected repeats one message, so writing is a matter of taking a
//! slice and checking a matter of comparing one. This keeps the load far cheaper than any server, and no byte goes
//! unchecked.

use anyhow::{Result, ensure};

/// One message, repeated without end.
#[derive(Debug)]
pub struct Pattern {
    bytes: Vec<u8>,
    unit: usize,
}

impl Pattern {
    /// A stream of `message`, of which `at_once` can be taken as one slice.
    pub fn new(message: &[u8], at_once: usize) -> Self {
        Self { bytes: message.repeat(at_once + 1), unit: message.len() }
    }

    /// The bytes of one message.
    pub fn unit(&self) -> usize {
        self.unit
    }

    /// At most `len` bytes from `position` of the stream.
    pub fn slice(&self, position: usize, len: usize) -> &[u8] {
        let start = position % self.unit;
        let end = self.bytes.len().min(start + len);
        &self.bytes[start..end]
    }

    /// Fails unless `input` is what stands at `position` of the stream.
    pub fn check(&self, mut position: usize, mut input: &[u8]) -> Result<()> {
        while !input.is_empty() {
            let expected = self.slice(position, input.len());
            let (head, rest) = input.split_at(expected.len());
            ensure!(
                head == expected,
                "unexpected answer within {:?}",
                String::from_utf8_lossy(&head[..head.len().min(80)])
            );
            position += head.len();
            input = rest;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn the_stream_goes_on_where_a_slice_ends() {
        let pattern = Pattern::new(b"abc", 2);
        assert_eq!(pattern.slice(1, 6), b"bcabca");
        assert_eq!(pattern.slice(5, 100), b"cabcabc");
    }

    #[test]
    fn a_wrong_byte_is_found_wherever_the_input_begins() {
        let pattern = Pattern::new(b"abc", 1);
        assert!(pattern.check(2, b"cabcabcabc").is_ok());
        assert!(pattern.check(2, b"cabcabcabx").is_err());
        assert!(pattern.check(0, b"cab").is_err());
    }
}
