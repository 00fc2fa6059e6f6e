//! What the tests share.

use bytes::{BufMut, Bytes};
use engineio_proto::ws::{
    CloseCode, CloseFrame, Decoder, FrameError, FrameHeader, Item, MessageKind, OpCode, apply_mask,
};
use proptest::prelude::*;

/// A mask for tests.
pub(crate) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// An item that owns its data.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Got {
    Text(String),
    Binary(Bytes),
    Ping(Bytes),
    Pong(Bytes),
    Close(Option<CloseFrame>),
}

impl Got {
    fn new(item: Item<'_>) -> Result<Self, FrameError> {
        let bytes = |data: &[u8]| Bytes::copy_from_slice(data);
        Ok(match item {
            Item::Message(MessageKind::Text, data) => {
                Self::Text(String::from_utf8(data.to_vec()).map_err(|_| FrameError::Utf8)?)
            }
            Item::Message(MessageKind::Binary, data) => Self::Binary(bytes(&data)),
            Item::Ping(data) => Self::Ping(bytes(&data)),
            Item::Pong(data) => Self::Pong(bytes(&data)),
            Item::Close(frame) => Self::Close(frame),
        })
    }

    fn is_close(&self) -> bool {
        matches!(self, Self::Close(_))
    }
}

/// What came out of a stream of frames, and what was wrong with it if it was refused.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) got: Vec<Got>,
    pub(crate) error: Option<FrameError>,
}

impl Outcome {
    /// Whether nothing more will come out.
    fn is_over(&self) -> bool {
        self.error.is_some() || self.got.last().is_some_and(Got::is_close)
    }

    fn add(&mut self, item: Result<Option<Item<'_>>, FrameError>) {
        match item.and_then(|item| item.map(Got::new).transpose()) {
            Ok(got) => self.got.extend(got),
            Err(error) => self.error = Some(error),
        }
    }

    /// Decodes until the input is used up, refused or closes the connection.
    pub(crate) fn feed(&mut self, decoder: &mut Decoder, mut input: &mut [u8]) {
        while !input.is_empty() && !self.is_over() {
            match decoder.decode(input) {
                Ok(step) => {
                    let consumed = step.consumed;
                    assert!(consumed > 0);
                    self.add(Ok(step.item));
                    input = &mut input[consumed..];
                }
                Err(error) => self.error = Some(error),
            }
        }
    }

    /// Reads into place where the decoder offers it, and otherwise as [`Self::feed`]. Returns how much was taken.
    pub(crate) fn feed_large(&mut self, decoder: &mut Decoder, input: &mut [u8]) -> usize {
        let Some(mut large) = decoder.large() else {
            self.feed(decoder, input);
            return input.len();
        };
        let mut buffer = large.buffer();
        assert!(buffer.chunk_mut().len() >= 8 * 1024, "room that is worth a read");
        let read = input.len().min(buffer.chunk_mut().len());
        buffer.put_slice(&input[..read]);
        self.add(large.filled());
        read
    }
}

/// Decodes a stream in one piece.
pub(crate) fn decode(mut decoder: Decoder, mut input: Vec<u8>) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.feed(&mut decoder, &mut input);
    outcome
}

/// Any frame, also such as nobody may send.
#[derive(Clone, Debug)]
pub(crate) struct AnyFrame {
    pub(crate) first: u8,
    pub(crate) masked: bool,
    pub(crate) data: Vec<u8>,
}

impl AnyFrame {
    pub(crate) fn new(opcode: OpCode, fin: bool, masked: bool, data: &[u8]) -> Self {
        Self { first: u8::from(fin) << 7 | opcode as u8, masked, data: data.to_vec() }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mask = self.masked.then_some(KEY);
        let mut out = Vec::new();
        FrameHeader { opcode: OpCode::Text, fin: true, len: self.data.len(), mask }.encode(&mut out);
        out[0] = self.first;
        let header = out.len();
        out.extend_from_slice(&self.data);
        apply_mask(&mut out[header..], mask.unwrap_or_default(), 0);
        out
    }
}

/// A frame as clients send it.
pub(crate) fn frame(opcode: OpCode, fin: bool, data: &[u8]) -> Vec<u8> {
    AnyFrame::new(opcode, fin, true, data).encode()
}

fn data() -> impl Strategy<Value = Vec<u8>> {
    let bytes = |len| proptest::collection::vec(any::<u8>(), len);
    prop_oneof![
        4 => bytes(0..20),
        2 => bytes(100..300),
        1 => (65_530_usize..65_550, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
    ]
}

fn close_data() -> impl Strategy<Value = Vec<u8>> {
    let with_code = (prop_oneof![990_u16..1_020, any::<u16>()], ".{0,30}")
        .prop_map(|(code, reason)| [&code.to_be_bytes(), reason.as_bytes()].concat());
    prop_oneof![4 => with_code, 1 => proptest::collection::vec(any::<u8>(), 0..5)]
}

fn control(masked: bool) -> impl Strategy<Value = AnyFrame> {
    let short = || proptest::collection::vec(any::<u8>(), 0..126);
    prop_oneof![
        5 => short().prop_map(move |data| AnyFrame::new(OpCode::Ping, true, masked, &data)),
        5 => short().prop_map(move |data| AnyFrame::new(OpCode::Pong, true, masked, &data)),
        1 => close_data().prop_map(move |data| AnyFrame::new(OpCode::Close, true, masked, &data)),
    ]
}

fn whole(masked: bool) -> impl Strategy<Value = Vec<AnyFrame>> {
    prop_oneof![
        ".{0,200}".prop_map(move |text| vec![AnyFrame::new(OpCode::Text, true, masked, text.as_bytes())]),
        data().prop_map(move |data| vec![AnyFrame::new(OpCode::Binary, true, masked, &data)]),
        data().prop_map(move |data| vec![AnyFrame::new(OpCode::Text, true, masked, &data)]),
    ]
}

/// Text or bytes cut anywhere, with control frames between the pieces.
fn fragmented(masked: bool) -> impl Strategy<Value = Vec<AnyFrame>> {
    let content = prop_oneof![
        ".{0,200}".prop_map(|text| (OpCode::Text, text.into_bytes())),
        data().prop_map(|data| (OpCode::Binary, data)),
    ];
    let cuts = proptest::collection::vec((any::<proptest::sample::Index>(), control(masked)), 0..4);
    (content, cuts).prop_map(move |((first, data), cuts)| {
        let (mut rest, mut frames, mut opcode) = (&data[..], Vec::new(), first);
        for (cut, between) in cuts {
            let (piece, after) = rest.split_at(cut.index(rest.len() + 1));
            frames.push(AnyFrame::new(opcode, false, masked, piece));
            frames.push(between);
            (rest, opcode) = (after, OpCode::Continuation);
        }
        frames.push(AnyFrame::new(opcode, true, masked, rest));
        frames
    })
}

fn anything(masked: bool) -> impl Strategy<Value = Vec<AnyFrame>> {
    let first = prop_oneof![any::<u8>(), proptest::sample::select(vec![0x00, 0x80, 0x01, 0x02, 0x81, 0x82])];
    (first, proptest::bool::weighted(0.9), data())
        .prop_map(move |(first, as_role, data)| vec![AnyFrame { first, masked: masked == as_role, data }])
}

/// The frames of a connection: mostly as they should be, sometimes not.
pub(crate) fn frames(masked: bool) -> impl Strategy<Value = Vec<AnyFrame>> {
    let part = prop_oneof![
        10 => whole(masked),
        10 => fragmented(masked),
        5 => control(masked).prop_map(|frame| vec![frame]),
        1 => anything(masked),
    ];
    proptest::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

/// The bytes of [`frames`].
pub(crate) fn stream(masked: bool) -> impl Strategy<Value = Vec<u8>> {
    frames(masked).prop_map(|frames| frames.iter().flat_map(AnyFrame::encode).collect())
}

/// A close frame for comparison.
pub(crate) fn close(code: u16, reason: &str) -> Got {
    Got::Close(CloseCode::new(code).map(|code| CloseFrame { code, reason: reason.into() }))
}
