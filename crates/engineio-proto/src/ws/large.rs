//! Reading large data without a copy.

use bytes::BufMut;
use bytes::buf::Limit;

use super::{Decoder, FrameError, Item};

/// Room in the decoder for data that is missing of the frame under way.
///
/// Read into [`buffer`](Self::buffer), then call [`filled`](Self::filled); after a read that brought nothing,
/// dropping it is enough.
#[derive(Debug)]
pub struct Large<'d> {
    decoder: &'d mut Decoder,
    /// Length of the buffer before the read.
    from: usize,
    missing: usize,
}

impl<'d> Large<'d> {
    pub(super) const fn new(decoder: &'d mut Decoder, from: usize, missing: usize) -> Self {
        Self { decoder, from, missing }
    }

    /// Takes as many bytes as the frame still needs, and has spare capacity for some of them.
    pub fn buffer(&mut self) -> Limit<&mut Vec<u8>> {
        let buffer = self.decoder.buffer_mut();
        let limit = (self.from + self.missing).saturating_sub(buffer.len());
        buffer.limit(limit)
    }

    /// Takes over what was read into the buffer.
    ///
    /// # Errors
    ///
    /// As [`Decoder::decode`].
    pub fn filled(self) -> Result<Option<Item<'static>>, FrameError> {
        self.decoder.filled(self.from)
    }
}
