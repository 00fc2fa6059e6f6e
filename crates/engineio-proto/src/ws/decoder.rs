//! Frames in: from bytes to messages.

use std::mem;

use super::header::PartialHeader;
use super::{
    CloseFrame, Data, FrameError, FrameHeader, Item, Large, Limits, MessageKind, OpCode, Role, Step,
    apply_mask,
};

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
        Self {
            buffer: Vec::new(),
            state: State::between_frames(),
            max_message: u32::try_from(limits.max_message).unwrap_or(u32::MAX),
            max_fragments: limits.max_fragments,
            fragments: 0,
            fragmented: None,
            role,
        }
    }

    /// Takes the next frame, or what there is of it, and unmasks it in place.
    ///
    /// Call it until all is consumed: each call consumes something, with or without an item coming out.
    ///
    /// # Errors
    ///
    /// The peer's fault: it broke the protocol or a limit.
    #[inline]
    pub fn decode<'a>(&mut self, input: &'a mut [u8]) -> Result<Step<'a>, FrameError> {
        match &mut self.state {
            State::Data(frame) => {
                let frame = *frame;
                self.resume(frame, input)
            }
            State::Header(partial) => match partial.decode(input)? {
                Some((header, used)) => self.begin(header, used, input),
                None => Ok(Step { consumed: input.len(), item: None }),
            },
        }
    }

    /// Where to read straight into while much is missing of a frame, so that its data is not copied.
    ///
    /// Ask again before each read, and only when something is there to be read: room is made for it.
    pub fn large(&mut self) -> Option<Large<'_>> {
        let State::Data(frame) = self.state else { return None };
        if (frame.missing as usize) < LARGE {
            return None;
        }
        self.make_room(&frame, 1);
        let from = self.buffer.len();
        Some(Large::new(self, from, frame.missing as usize))
    }

    /// Whether something has begun that is not complete: a message or just a frame's header.
    #[inline]
    pub const fn is_partial(&self) -> bool {
        match &self.state {
            State::Data(_) => true,
            State::Header(partial) => !partial.is_empty() || self.fragmented.is_some(),
        }
    }

    pub(super) const fn buffer_mut(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Takes over what was appended to the buffer after its first `from` bytes.
    pub(super) fn filled(&mut self, from: usize) -> Result<Option<Item<'static>>, FrameError> {
        match self.state {
            State::Data(frame) => self.arrived(frame, from),
            State::Header(_) => Ok(None),
        }
    }

    #[inline]
    fn begin<'a>(
        &mut self,
        header: FrameHeader,
        used: usize,
        input: &'a mut [u8],
    ) -> Result<Step<'a>, FrameError> {
        let len = self.admit(&header)?;
        let data = input.get_mut(used..).unwrap_or_default();
        if header.len <= data.len() {
            let data = data.get_mut(..header.len).unwrap_or_default();
            return Ok(Step { consumed: used + header.len, item: self.whole(&header, data)? });
        }
        let consumed = used + data.len();
        let frame = Frame { opcode: header.opcode, fin: header.fin, mask: header.mask, len, missing: len };
        Ok(Step { consumed, item: self.gather(frame, data)? })
    }

    fn resume<'a>(&mut self, frame: Frame, input: &mut [u8]) -> Result<Step<'a>, FrameError> {
        let consumed = input.len().min(frame.missing as usize);
        let data = input.get(..consumed).unwrap_or_default();
        Ok(Step { consumed, item: self.gather(frame, data)? })
    }

    /// Checks a header against role, order and limits before anything is done for it; returns its length.
    fn admit(&mut self, header: &FrameHeader) -> Result<u32, FrameError> {
        if header.mask.is_some() != (self.role == Role::Server) {
            return Err(FrameError::Masking);
        }
        let len = u32::try_from(header.len).map_err(|_| FrameError::TooLarge)?;
        if !header.opcode.is_control() {
            self.admit_data(header)?;
        }
        Ok(len)
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

    /// Takes a frame that lies whole in the input.
    fn whole<'a>(
        &mut self,
        header: &FrameHeader,
        data: &'a mut [u8],
    ) -> Result<Option<Item<'a>>, FrameError> {
        self.state = State::between_frames();
        unmask(data, header.mask, 0);
        if header.opcode.is_control() || self.fragmented.is_none() {
            return self.complete(header.opcode, Data::Borrowed(data)).map(Some);
        }
        self.buffer.extend_from_slice(data);
        self.end_of_frame(header.opcode, header.fin, header.len)
    }

    /// Takes a part of a frame.
    fn gather(&mut self, frame: Frame, data: &[u8]) -> Result<Option<Item<'static>>, FrameError> {
        if !data.is_empty() {
            self.make_room(&frame, data.len());
        }
        let from = self.buffer.len();
        self.buffer.extend_from_slice(data);
        self.arrived(frame, from)
    }

    /// Goes on after bytes of the frame were appended to the buffer.
    fn arrived(&mut self, mut frame: Frame, from: usize) -> Result<Option<Item<'static>>, FrameError> {
        let data = self.buffer.get_mut(from..).unwrap_or_default();
        unmask(data, frame.mask, (frame.len - frame.missing) as usize);
        let arrived = u32::try_from(data.len()).unwrap_or(u32::MAX);
        frame.missing = frame.missing.saturating_sub(arrived);
        if frame.missing > 0 {
            self.state = State::Data(frame);
            return Ok(None);
        }
        self.state = State::between_frames();
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
        self.complete(opcode, Data::Owned(data.into())).map(Some)
    }

    #[inline]
    fn complete<'a>(&mut self, opcode: OpCode, data: Data<'a>) -> Result<Item<'a>, FrameError> {
        Ok(match opcode {
            OpCode::Text => Item::Message(MessageKind::Text, data),
            OpCode::Binary => Item::Message(MessageKind::Binary, data),
            OpCode::Continuation => {
                self.fragments = 0;
                Item::Message(self.fragmented.take().ok_or(FrameError::Fragments)?, data)
            }
            OpCode::Ping => Item::Ping(data),
            OpCode::Pong => Item::Pong(data),
            OpCode::Close => Item::Close(CloseFrame::decode(&data)?),
        })
    }

    /// Makes room for `now` bytes of the frame, and for more in proportion to what has come already.
    fn make_room(&mut self, frame: &Frame, now: usize) {
        let missing = frame.missing as usize;
        let room = missing.min(FIRST_ROOM.max(self.buffer.len())).max(now);
        if self.fragmented.is_some() {
            self.buffer.reserve(room);
        } else if self.buffer.capacity() - self.buffer.len() < missing {
            self.buffer.reserve_exact(room);
        }
    }
}

impl State {
    fn between_frames() -> Self {
        Self::Header(PartialHeader::default())
    }
}

fn unmask(data: &mut [u8], mask: Option<[u8; 4]>, offset: usize) {
    if let Some(key) = mask {
        apply_mask(data, key, offset);
    }
}
