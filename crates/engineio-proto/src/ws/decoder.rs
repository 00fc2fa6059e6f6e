//! Frames in: from bytes to messages.

use std::mem;

use super::header::PartialHeader;
use super::mask::masked_copy;
use super::short::short_messages;
use super::{
    Chunk, CloseFrame, Data, FrameError, FrameHeader, Item, Large, Limits, MessageKind, OpCode, Role, Step,
    apply_mask,
};
use crate::Packet;

/// A message under way gets room for this much at once and more only as its bytes come, so that announcing a
/// great length costs a peer more than it costs us.
const FIRST_ROOM: usize = 65 * 1024;

/// When less than this is missing of a frame, it is better read together with what follows.
const LARGE: usize = 8 * 1024;

const _: () = assert!(size_of::<Decoder>() <= 64, "every connection has one");

/// Makes messages of the bytes of one connection, which may be cut anywhere.
///
/// After an error the connection is beyond repair, and the decoder of no more use.
#[derive(Debug)]
pub struct Decoder {
    /// The fragments of the message under way and, after them, the frame under way; unmasked.
    buffer: Vec<u8>,
    state: State,
    max_message: u32,
    max_fragments: u32,
    /// Fragments so far of the message under way.
    fragments: u32,
    /// What the message under way is, once it is known to have several fragments.
    fragmented: Option<MessageKind>,
    role: Role,
}

#[derive(Debug)]
enum State {
    BetweenFrames,
    Header(PartialHeader),
    Data(Frame),
}

/// A frame whose data is incomplete.
#[derive(Clone, Copy, Debug)]
struct Frame {
    opcode: OpCode,
    fin: bool,
    mask: Option<[u8; 4]>,
    len: u32,
    missing: u32,
}

impl Decoder {
    /// Starts right after the handshake.
    pub fn new(role: Role, limits: Limits) -> Self {
        let mut decoder = Self {
            buffer: Vec::new(),
            state: State::BetweenFrames,
            max_message: 0,
            max_fragments: 0,
            fragments: 0,
            fragmented: None,
            role,
        };
        decoder.set_limits(limits);
        decoder
    }

    /// Changes the limits for what comes from now on; a frame under way was judged when it began.
    pub fn set_limits(&mut self, limits: Limits) {
        self.max_message = u32::try_from(limits.max_message).unwrap_or(u32::MAX);
        self.max_fragments = limits.max_fragments;
    }

    /// Takes the next frame, or what there is of it, and unmasks it in place.
    ///
    /// Call it until all is consumed: each call consumes something, with or without an item coming out.
    ///
    /// # Errors
    ///
    /// The peer's fault: it broke the protocol or a limit.
    pub fn decode<'a>(&mut self, input: &'a mut [u8]) -> Result<Step<'a>, FrameError> {
        match self.state {
            State::BetweenFrames => self.begin(input),
            State::Header(partial) => self.resume_header(partial, input),
            State::Data(frame) => self.gather(frame, input),
        }
    }

    /// Takes the short text messages that the input begins with, as far as each is one whole frame, and tells how
    /// much of the input they were. [`decode`](Self::decode) takes everything, but these it takes much slower.
    ///
    /// ```
    /// use engineio_proto::ws::{Decoder, Limits, Role};
    ///
    /// let mut decoder = Decoder::new(Role::Server, Limits::default());
    /// let mut packets = Vec::new();
    /// let input = b"\x81\x83\0\0\0\x004hi\x81\x82\0\0\0\x004";
    /// assert_eq!(decoder.decode_short(input, &mut packets), 9);
    /// assert_eq!(packets.len(), 1);
    /// assert!(decoder.decode(&mut input[9..].to_vec()).is_ok(), "goes on with what is left");
    /// ```
    #[inline]
    pub fn decode_short(&mut self, input: &[u8], into: &mut Vec<Packet>) -> usize {
        if self.is_partial() || self.role != Role::Server {
            return 0;
        }
        short_messages(input, self.max_message, into)
    }

    /// Where to read straight into while much is missing of a frame, so that its data is not copied.
    ///
    /// Ask again before each read.
    pub fn large(&mut self) -> Option<Large<'_>> {
        let State::Data(frame) = self.state else { return None };
        if (frame.missing as usize) < LARGE {
            return None;
        }
        self.make_room(&frame, LARGE);
        let from = self.buffer.len();
        Some(Large::new(self, from, frame.missing as usize))
    }

    /// Whether something has begun that is not complete: a message or just a frame's header.
    pub const fn is_partial(&self) -> bool {
        !matches!(self.state, State::BetweenFrames) || self.fragmented.is_some()
    }

    pub(super) const fn buffer_mut(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Takes over what was appended to the buffer after its first `from` bytes.
    pub(super) fn filled(&mut self, from: usize) -> Result<Option<Item<'static>>, FrameError> {
        match self.state {
            State::Data(frame) => {
                self.unmask_gathered(&frame, from);
                self.arrived(frame, self.buffer.len().saturating_sub(from))
            }
            State::BetweenFrames | State::Header(_) => Ok(None),
        }
    }

    /// Takes a frame from its beginning: lends its data if that is whole and belongs to no other frame's.
    fn begin<'a>(&mut self, input: &'a mut [u8]) -> Result<Step<'a>, FrameError> {
        let Some((header, used)) = FrameHeader::decode(input)? else {
            return self.resume_header(PartialHeader::default(), input);
        };
        self.admit(&header)?;
        let end = used.saturating_add(header.len);
        let is_lent = header.opcode.is_control() || (self.fragmented.is_none() && header.len <= Chunk::MAX);
        if !is_lent || end > input.len() {
            return self.begin_gathering(&header, used, input);
        }
        let data = input.get_mut(used..end).unwrap_or_default();
        unmask(data, header.mask, 0);
        Ok(Step { consumed: end, item: Some(self.complete(header.opcode, data)?) })
    }

    /// Takes the next part of a header that was cut, and what follows it.
    fn resume_header<'a>(
        &mut self,
        mut partial: PartialHeader,
        input: &[u8],
    ) -> Result<Step<'a>, FrameError> {
        let Some((header, used)) = partial.resume(input)? else {
            if !input.is_empty() {
                self.state = State::Header(partial);
            }
            return Ok(Step { consumed: input.len(), item: None });
        };
        self.admit(&header)?;
        self.begin_gathering(&header, used, input)
    }

    /// Takes what there is of a frame that cannot be lent out of the input, after `used` bytes of header.
    fn begin_gathering<'a>(
        &mut self,
        header: &FrameHeader,
        used: usize,
        input: &[u8],
    ) -> Result<Step<'a>, FrameError> {
        let step = self.gather(Frame::new(header)?, input.get(used..).unwrap_or_default())?;
        Ok(Step { consumed: used + step.consumed, item: step.item })
    }

    /// Checks a header against role, order and limits before anything is done for it.
    fn admit(&mut self, header: &FrameHeader) -> Result<(), FrameError> {
        if header.mask.is_some() != (self.role == Role::Server) {
            return Err(FrameError::Masking);
        }
        if header.opcode.is_control() { Ok(()) } else { self.admit_data(header) }
    }

    fn admit_data(&mut self, header: &FrameHeader) -> Result<(), FrameError> {
        if (header.opcode == OpCode::Continuation) != self.fragmented.is_some() {
            return Err(FrameError::Fragments);
        }
        if self.buffer.len().saturating_add(header.len) > self.max_message as usize {
            return Err(FrameError::TooLarge);
        }
        if !header.fin || self.fragmented.is_some() {
            self.admit_fragment(header)?;
        }
        Ok(())
    }

    fn admit_fragment(&mut self, header: &FrameHeader) -> Result<(), FrameError> {
        self.fragmented = self.fragmented.or(MessageKind::of(header.opcode));
        self.fragments += 1;
        if self.fragments > self.max_fragments { Err(FrameError::TooManyFragments) } else { Ok(()) }
    }

    /// Takes what there is of a frame's data.
    fn gather<'a>(&mut self, frame: Frame, input: &[u8]) -> Result<Step<'a>, FrameError> {
        let consumed = input.len().min(frame.missing as usize);
        let data = input.get(..consumed).unwrap_or_default();
        let from = self.buffer.len();
        if let Some(key) = frame.mask.filter(|_| from == 0 && consumed > 0) {
            self.buffer = masked_copy(data, key, 0, self.room(&frame, consumed));
        } else {
            self.make_room(&frame, consumed);
            self.buffer.extend_from_slice(data);
            self.unmask_gathered(&frame, from);
        }
        Ok(Step { consumed, item: self.arrived(frame, consumed)? })
    }

    /// Unmasks what was appended to the buffer after its first `from` bytes.
    fn unmask_gathered(&mut self, frame: &Frame, from: usize) {
        let data = self.buffer.get_mut(from..).unwrap_or_default();
        unmask(data, frame.mask, frame.len - frame.missing);
    }

    /// Goes on after more of the frame has come.
    fn arrived(&mut self, mut frame: Frame, len: usize) -> Result<Option<Item<'static>>, FrameError> {
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        frame.missing = frame.missing.saturating_sub(len);
        if frame.missing > 0 {
            self.state = State::Data(frame);
            return Ok(None);
        }
        self.state = State::BetweenFrames;
        self.end_of_frame(frame.opcode, frame.fin, frame.len as usize)
    }

    /// Hands out what the buffer holds if a message or a control frame ended with a frame of `len` bytes.
    fn end_of_frame(
        &mut self,
        opcode: OpCode,
        fin: bool,
        len: usize,
    ) -> Result<Option<Item<'static>>, FrameError> {
        if !fin {
            return Ok(None);
        }
        // A control frame may stand between the fragments of a message, which stay.
        let from = if opcode.is_control() { self.buffer.len().saturating_sub(len) } else { 0 };
        let mut data = if from == 0 { mem::take(&mut self.buffer) } else { self.buffer.split_off(from) };
        data.shrink_to_fit();
        self.complete(opcode, data).map(Some)
    }

    fn complete<'a>(&mut self, opcode: OpCode, data: impl Into<Data<'a>>) -> Result<Item<'a>, FrameError> {
        let data = data.into();
        Ok(match opcode {
            OpCode::Text => Item::Message(MessageKind::Text, data),
            OpCode::Binary => Item::Message(MessageKind::Binary, data),
            OpCode::Continuation => Item::Message(self.end_of_fragments()?, data),
            OpCode::Ping => Item::Ping(data),
            OpCode::Pong => Item::Pong(data),
            OpCode::Close => Item::Close(CloseFrame::decode(&data)?),
        })
    }

    fn end_of_fragments(&mut self) -> Result<MessageKind, FrameError> {
        self.fragments = 0;
        self.fragmented.take().ok_or(FrameError::Fragments)
    }

    fn room(&self, frame: &Frame, now: usize) -> usize {
        FIRST_ROOM.max(self.buffer.len()).min(frame.missing as usize).max(now)
    }

    /// Makes room for `now` bytes of the frame, and then for more in proportion to what has come already.
    fn make_room(&mut self, frame: &Frame, now: usize) {
        if self.buffer.capacity() - self.buffer.len() >= now {
            return;
        }
        let room = self.room(frame, now);
        if self.fragmented.is_some() {
            // There may be many frames, and growing by each would copy what has come for each.
            self.buffer.reserve(room);
        } else {
            self.buffer.reserve_exact(room);
        }
    }
}

impl Frame {
    fn new(header: &FrameHeader) -> Result<Self, FrameError> {
        let len = u32::try_from(header.len).map_err(|_| FrameError::TooLarge)?;
        Ok(Self { opcode: header.opcode, fin: header.fin, mask: header.mask, len, missing: len })
    }
}

fn unmask(data: &mut [u8], mask: Option<[u8; 4]>, offset: u32) {
    if let Some(key) = mask {
        apply_mask(data, key, offset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEN: usize = 1_000_000;

    fn decoder() -> Decoder {
        Decoder::new(Role::Client, Limits { max_message: LEN, max_fragments: u32::MAX })
    }

    fn header(opcode: OpCode, fin: bool, len: usize) -> Vec<u8> {
        let mut out = Vec::new();
        FrameHeader { opcode, fin, len, mask: None }.encode(&mut out);
        out
    }

    /// Feeds pieces, and tells how often the buffer grew.
    fn growths<'a>(decoder: &mut Decoder, pieces: impl Iterator<Item = &'a [u8]>) -> usize {
        let mut growths = 0;
        for piece in pieces {
            let before = decoder.buffer.capacity();
            let mut piece = piece.to_vec();
            while !piece.is_empty() {
                let consumed = decoder.decode(&mut piece).unwrap().consumed;
                piece.drain(..consumed);
            }
            let (len, capacity) = (decoder.buffer.len(), decoder.buffer.capacity());
            assert!(capacity <= FIRST_ROOM.max(2 * len), "{capacity} for {len}");
            growths += usize::from(capacity > before);
        }
        growths
    }

    #[test]
    fn room_is_made_as_bytes_come() {
        let data = [header(OpCode::Binary, true, LEN), vec![0; LEN - 1]].concat();
        assert!(growths(&mut decoder(), data.chunks(1_000)) < 8);
    }

    #[test]
    fn room_for_fragments_doubles() {
        let fragment = [header(OpCode::Continuation, false, 900), vec![0; 900]].concat();
        let data = [header(OpCode::Binary, false, 0), fragment.repeat(1_000)].concat();
        for cut in [1, 100, 1_000] {
            assert!(growths(&mut decoder(), data.chunks(cut)) < 25, "cut into {cut}");
        }
    }

    #[test]
    fn an_idle_decoder_owns_no_memory() {
        let mut decoder = decoder();
        let data =
            [header(OpCode::Binary, false, 3), vec![0; 3], header(OpCode::Continuation, true, 0)].concat();
        growths(&mut decoder, data.chunks(1));
        assert_eq!(decoder.buffer.capacity(), 0);
        assert!(!decoder.is_partial());
    }

    #[test]
    fn a_gathered_message_holds_no_more_than_it_is() {
        let fragment = [header(OpCode::Continuation, false, 100), vec![0; 100]].concat();
        let mut data = [header(OpCode::Binary, false, 0), fragment.repeat(21)].concat();
        let mut decoder = decoder();
        growths(&mut decoder, data.chunks(100));
        data = header(OpCode::Continuation, true, 0);
        let Item::Message(_, Data::Owned(data)) = decoder.decode(&mut data).unwrap().item.unwrap() else {
            panic!("a message that was gathered is owned")
        };
        assert_eq!(data.len(), 2_100);
        assert_eq!(data.try_into_mut().unwrap().capacity(), 2_100);
    }

    #[test]
    fn limits_can_be_changed() {
        let mut decoder = decoder();
        decoder.set_limits(Limits { max_message: 2, max_fragments: 1 });
        let frame = |len| [header(OpCode::Binary, true, len), vec![0; len]].concat();
        assert!(decoder.decode(&mut frame(2)).unwrap().item.is_some());
        assert_eq!(decoder.decode(&mut frame(3)).unwrap_err(), FrameError::TooLarge);
    }

    #[test]
    fn announcing_a_length_costs_nothing() {
        let mut decoder = decoder();
        growths(&mut decoder, [&header(OpCode::Binary, true, LEN)[..]].into_iter());
        assert_eq!(decoder.buffer.capacity(), 0);
    }

    #[test]
    fn no_bytes_begin_nothing() {
        let mut decoder = decoder();
        let step = decoder.decode(&mut []).unwrap();
        assert!(step.consumed == 0 && step.item.is_none() && !decoder.is_partial());
    }
}
