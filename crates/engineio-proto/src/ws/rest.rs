//! What a short write left.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

/// The owned remainder of a [`WriteBatch`](super::WriteBatch), to be written before anything else.
///
/// Holds no memory when empty.
#[derive(Debug, Default)]
pub struct Rest {
    pieces: VecDeque<Bytes>,
    remaining: usize,
}

impl Rest {
    pub(super) fn push(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.remaining += piece.len();
            self.pieces.push_back(piece);
        }
    }
}

impl Buf for Rest {
    fn remaining(&self) -> usize {
        self.remaining
    }

    fn chunk(&self) -> &[u8] {
        self.pieces.front().map_or(&[], |piece| piece)
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        fill(slices, self.pieces.iter().map(|piece| &piece[..]))
    }

    /// Beyond the end, it stops at the end.
    fn advance(&mut self, mut written: usize) {
        while let Some(front) = self.pieces.front_mut() {
            let step = written.min(front.len());
            front.advance(step);
            self.remaining -= step;
            written -= step;
            if !front.is_empty() {
                return;
            }
            self.pieces.pop_front();
        }
        self.pieces = VecDeque::new();
    }
}

/// Fills as many slices as there are or are needed, and tells how many.
pub(super) fn fill<'a>(slices: &mut [IoSlice<'a>], pieces: impl Iterator<Item = &'a [u8]>) -> usize {
    slices.iter_mut().zip(pieces).map(|(slice, piece)| *slice = IoSlice::new(piece)).count()
}
