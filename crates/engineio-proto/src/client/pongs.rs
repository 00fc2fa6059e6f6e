//! The answers to pings that are still to be written.

use std::collections::VecDeque;

use crate::Text;

/// Pings that are answered each: a server sends the next one when it has the answer to the last.
const MOST: usize = 16;

/// Bytes of data that their answers hold.
const MOST_BYTES: usize = 1024;

/// The data of the pings that are to be answered. Each of those that come in one read is, up to a number that no server
/// in order comes near; beyond it, the newest are.
#[derive(Clone, Debug, Default)]
pub(super) struct Pongs(VecDeque<Text>);

impl Pongs {
    /// A ping came.
    pub(super) fn push(&mut self, data: Text) {
        self.0.push_back(data);
        while self.0.len() > 1 && (self.0.len() > MOST || self.bytes() > MOST_BYTES) {
            self.0.pop_front();
        }
    }

    /// Takes the answer to the oldest.
    pub(super) fn take(&mut self) -> Option<Text> {
        self.0.pop_front()
    }

    /// Length of the data that is next.
    pub(super) fn next_len(&self) -> Option<usize> {
        self.0.front().map(|data| data.len())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nobody is left to be answered.
    pub(super) fn clear(&mut self) {
        self.0 = VecDeque::new();
    }

    fn bytes(&self) -> usize {
        self.0.iter().map(|data| data.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_pings_is_not_kept() {
        let mut pongs = Pongs::default();
        for number in 0..1000 {
            pongs.push(number.to_string().as_str().into());
        }
        let kept: Vec<String> = std::iter::from_fn(|| pongs.take()).map(|data| data.to_string()).collect();
        assert_eq!(kept, (984..1000).map(|number| number.to_string()).collect::<Vec<_>>());
        assert!(pongs.is_empty());
    }

    #[test]
    fn long_data_is_kept_once() {
        let mut pongs = Pongs::default();
        for byte in ["a", "b", "c"] {
            pongs.push(byte.repeat(100_000).as_str().into());
        }
        assert_eq!(pongs.take().map(|data| data.starts_with('c')), Some(true));
        assert!(pongs.is_empty());
    }
}
