//! Every rule of the frame decoder, and what the write batch writes.

use bytes::{Buf, Bytes};
use engineio_proto::ws::{
    Chunk, CloseCode, Data, Decoder, FrameError, Item, Limits, MessageKind, OpCode, Role, Scratch,
    WriteBatch, packet,
};
use engineio_proto::{DecodeError, Message, Outgoing, Packet, Prepared};

use crate::support::{Got, KEY, Outcome, close, frame};

const LIMITS: Limits = Limits { max_message: 1_000, max_fragments: 4 };

fn text(data: &str) -> Got {
    Got::Text(data.to_owned())
}

fn binary(data: impl Into<Bytes>) -> Got {
    Got::Binary(data.into())
}

fn server() -> Decoder {
    Decoder::new(Role::Server, LIMITS)
}

fn feed(decoder: &mut Decoder, mut input: Vec<u8>) -> Result<Vec<Got>, FrameError> {
    let mut outcome = Outcome::default();
    outcome.feed(decoder, &mut input);
    outcome.error.map_or(Ok(outcome.got), Err)
}

fn decode(frames: &[Vec<u8>]) -> Result<Vec<Got>, FrameError> {
    feed(&mut server(), frames.concat())
}

#[test]
fn the_examples_of_the_rfc() {
    let hello = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58".to_vec();
    assert_eq!(decode(&[hello]), Ok(vec![text("Hello")]));
    let mut client = Decoder::new(Role::Client, LIMITS);
    let fragments = b"\x01\x03Hel\x80\x02lo\x89\x05Hello\x8a\x05Hello".to_vec();
    let expected = [text("Hello"), Got::Ping("Hello".into()), Got::Pong("Hello".into())];
    assert_eq!(feed(&mut client, fragments).as_deref(), Ok(&expected[..]));
}

#[test]
fn several_frames_in_one_read() {
    let frames = [
        frame(OpCode::Text, true, b"4a"),
        frame(OpCode::Binary, true, &[7; 300]),
        frame(OpCode::Text, true, b""),
        frame(OpCode::Ping, true, b""),
    ];
    let expected = vec![text("4a"), binary(vec![7; 300]), text(""), Got::Ping(Bytes::new())];
    assert_eq!(decode(&frames), Ok(expected));
}

#[test]
fn control_frames_between_fragments() {
    let frames = [
        frame(OpCode::Text, false, b"4one"),
        frame(OpCode::Ping, true, b"p"),
        frame(OpCode::Continuation, false, b""),
        frame(OpCode::Pong, true, b""),
        frame(OpCode::Continuation, true, b" two"),
        frame(OpCode::Binary, true, b"three"),
    ];
    let expected = vec![Got::Ping("p".into()), Got::Pong(Bytes::new()), text("4one two"), binary("three")];
    assert_eq!(decode(&frames), Ok(expected));
}

#[test]
fn a_control_frame_before_the_first_byte_of_a_message() {
    let frames = [
        frame(OpCode::Binary, false, b""),
        frame(OpCode::Ping, true, b"ping"),
        frame(OpCode::Continuation, true, b""),
    ];
    assert_eq!(decode(&frames), Ok(vec![Got::Ping("ping".into()), binary(vec![])]));
}

#[test]
fn masking_depends_on_the_role() {
    let mut masked = frame(OpCode::Text, true, b"4");
    let mut plain = b"\x81\x014".to_vec();
    let refused = server().decode(&mut plain).map(drop);
    assert_eq!(refused, Err(FrameError::Masking));
    let refused = Decoder::new(Role::Client, LIMITS).decode(&mut masked).map(drop);
    assert_eq!(refused, Err(FrameError::Masking));
}

#[test]
fn broken_frames_close_with_protocol_error() {
    let data = |opcode, fin| frame(opcode, fin, b"x");
    let cases: [(&[Vec<u8>], FrameError); 9] = [
        (&[data(OpCode::Continuation, true)], FrameError::Fragments),
        (&[data(OpCode::Text, false), data(OpCode::Text, true)], FrameError::Fragments),
        (&[data(OpCode::Text, true), data(OpCode::Continuation, true)], FrameError::Fragments),
        (&[data(OpCode::Ping, false)], FrameError::Control),
        (&[frame(OpCode::Ping, true, &[0; 126])], FrameError::Control),
        (&[vec![0xc1, 0x80, 0, 0, 0, 0]], FrameError::Reserved),
        (&[vec![0x83, 0x80, 0, 0, 0, 0]], FrameError::OpCode),
        (&[vec![0x82, 0xfe, 0, 1, 0, 0, 0, 0, 0]], FrameError::Length),
        (&[frame(OpCode::Close, true, b"x")], FrameError::Close),
    ];
    for (frames, error) in cases {
        assert_eq!(decode(frames), Err(error));
        assert_eq!(error.close_code(), CloseCode::PROTOCOL);
    }
}

#[test]
fn closing() {
    let code = |code: u16, reason: &str| [&code.to_be_bytes(), reason.as_bytes()].concat();
    let frames = [frame(OpCode::Close, true, &code(4_000, "done"))];
    assert_eq!(decode(&frames), Ok(vec![close(4_000, "done")]));
    assert_eq!(decode(&[frame(OpCode::Close, true, b"")]), Ok(vec![Got::Close(None)]));
    assert_eq!(decode(&[frame(OpCode::Close, true, &code(1_005, ""))]), Err(FrameError::Close));
    assert_eq!(decode(&[frame(OpCode::Close, true, b"\x03\xe8\xc3")]), Err(FrameError::Utf8));
    assert_eq!(FrameError::Utf8.close_code(), CloseCode::INVALID_DATA);
}

#[test]
fn too_large_is_known_from_the_header() {
    let header = frame(OpCode::Binary, true, &[0; 1_001])[..8].to_vec();
    assert_eq!(decode(&[header]), Err(FrameError::TooLarge));
    let huge = vec![0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
    assert_eq!(decode(&[huge]), Err(FrameError::TooLarge));
    assert!(decode(&[frame(OpCode::Binary, true, &[0; 1_000])]).is_ok());
    assert_eq!(FrameError::TooLarge.close_code(), CloseCode::TOO_BIG);
}

#[test]
fn fragments_count_together() {
    let frames = [
        frame(OpCode::Binary, false, &[0; 600]),
        frame(OpCode::Ping, true, &[0; 100]),
        frame(OpCode::Continuation, false, &[0; 400]),
    ];
    assert!(decode(&frames).is_ok());
    let more = frame(OpCode::Continuation, true, &[0; 1]);
    assert_eq!(decode(&[&frames[..], &[more]].concat()), Err(FrameError::TooLarge));
}

#[test]
fn fragments_are_few() {
    let mut frames = vec![frame(OpCode::Binary, false, b"")];
    frames.resize(3, frame(OpCode::Continuation, false, b""));
    frames.push(frame(OpCode::Continuation, true, b""));
    let twice = [frames.clone(), frames.clone()].concat();
    assert_eq!(decode(&twice), Ok(vec![binary(vec![]); 2]));
    frames.insert(1, frame(OpCode::Continuation, false, b""));
    assert_eq!(decode(&frames), Err(FrameError::TooManyFragments));
    assert_eq!(FrameError::TooManyFragments.close_code(), CloseCode::POLICY);
}

#[test]
fn partial_from_the_first_byte_to_the_last() {
    let frames = [frame(OpCode::Text, false, b"4a"), frame(OpCode::Continuation, true, b"b")].concat();
    let mut decoder = server();
    assert!(!decoder.is_partial());
    for byte in &frames[..frames.len() - 1] {
        assert_eq!(feed(&mut decoder, vec![*byte]), Ok(vec![]));
        assert!(decoder.is_partial());
    }
    assert_eq!(feed(&mut decoder, vec![frames[frames.len() - 1]]), Ok(vec![text("4ab")]));
    assert!(!decoder.is_partial());
}

/// Reads through `large` wherever it is offered, `step` bytes at a time; tells how much was read so.
fn read_large(mut input: &[u8], step: usize) -> (Vec<Got>, usize) {
    let mut decoder = Decoder::new(Role::Server, Limits::default());
    let (mut outcome, mut direct) = (Outcome::default(), 0);
    while !input.is_empty() {
        let is_large = decoder.large().is_some();
        let read = outcome.feed_large(&mut decoder, &mut input[..input.len().min(step)].to_vec());
        assert!(read > 0);
        direct += if is_large { read } else { 0 };
        input.advance(read);
    }
    assert_eq!(outcome.error, None);
    (outcome.got, direct)
}

#[test]
fn large_data_is_read_into_place() {
    let data: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
    let input = [frame(OpCode::Binary, true, &data), frame(OpCode::Ping, true, b"after")].concat();
    for step in [1_000, 4_096, 65_536, 1_000_000] {
        let (got, direct) = read_large(&input, step);
        assert_eq!(got, [binary(data.clone()), Got::Ping("after".into())]);
        assert!(direct > 200_000 || step > input.len(), "{direct} of it was read directly, {step} at a time");
    }
}

#[test]
fn small_frames_are_not_read_into_place() {
    let mut decoder = server();
    let frame = frame(OpCode::Text, true, &[b'4'; 500]);
    assert_eq!(feed(&mut decoder, frame[..100].to_vec()), Ok(vec![]));
    assert!(decoder.large().is_none());
}

fn packets(frames: &[Vec<u8>]) -> Vec<Result<Packet, DecodeError>> {
    let mut input = frames.concat();
    let mut chunk = Chunk::new(input.len());
    let mut decoder = Decoder::new(Role::Server, Limits::default());
    let (mut got, mut at) = (Vec::new(), 0);
    while at < input.len() {
        let step = decoder.decode(&mut input[at..]).unwrap();
        at += step.consumed;
        if let Some(Item::Message(kind, data)) = step.item {
            got.push(packet(kind, data, &mut chunk));
        }
    }
    got
}

#[test]
fn messages_become_packets() {
    let frames = [
        frame(OpCode::Text, true, b"4hello"),
        frame(OpCode::Binary, true, &[1, 2, 3]),
        frame(OpCode::Text, true, b"3probe"),
        frame(OpCode::Text, true, b"bAQID"),
        frame(OpCode::Text, true, b"4\xff"),
        frame(OpCode::Text, true, b""),
        frame(OpCode::Text, true, b"7"),
        frame(OpCode::Text, true, &[b'4'; 10_000]),
    ];
    let binary = Packet::binary(Bytes::from_static(&[1, 2, 3]));
    let expected = [
        Ok(Packet::Message("hello".into())),
        Ok(binary.clone()),
        Ok(Packet::Pong("probe".into())),
        Ok(binary),
        Err(DecodeError::Utf8),
        Err(DecodeError::Empty),
        Err(DecodeError::UnknownType),
        Ok(Packet::Message("4".repeat(9_999).into())),
    ];
    assert_eq!(packets(&frames), expected);
}

#[test]
fn small_messages_of_a_read_lie_together() {
    let frames = [frame(OpCode::Binary, true, &[1; 100]), frame(OpCode::Binary, true, &[2; 100])];
    let addresses: Vec<_> = packets(&frames)
        .into_iter()
        .map(|packet| match packet {
            Ok(Packet::Message(Message::Binary(data))) => data.as_ptr() as usize,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(addresses[0] + 100, addresses[1]);
}

#[test]
fn gathered_data_is_not_copied_again() {
    let data = Bytes::from(vec![1; 5]);
    let mut chunk = Chunk::new(5);
    let made = packet(MessageKind::Binary, Data::Owned(data.clone()), &mut chunk).unwrap();
    let Packet::Message(Message::Binary(kept)) = made else { panic!("{made:?}") };
    assert_eq!(kept.as_ptr(), data.as_ptr());
}

fn outgoing() -> Vec<(Outgoing, Got)> {
    let large = "é".repeat(5_000);
    vec![
        (Packet::Message("hello".into()).into(), text("4hello")),
        (Packet::Message(vec![1, 2, 3].into()).into(), binary(vec![1, 2, 3])),
        (Packet::PING.into(), text("2")),
        (Packet::Pong("probe".into()).into(), text("3probe")),
        (Packet::Noop.into(), text("6")),
        (Packet::Message(large.clone().into()).into(), text(&format!("4{large}"))),
        (Packet::Close.into(), text("1")),
        (Packet::Message(vec![9; 70_000].into()).into(), binary(vec![9; 70_000])),
        (Outgoing::Shared(Prepared::new("shared".into())), text("4shared")),
        (Outgoing::Shared(Prepared::new(large.clone().into())), text(&format!("4{large}"))),
        (Outgoing::Shared(Prepared::new(vec![3; 4].into())), binary(vec![3; 4])),
    ]
}

fn filled(scratch: &mut Scratch, mask: Option<[u8; 4]>) -> WriteBatch<'_> {
    let mut batch = WriteBatch::new(scratch);
    for (packet, _) in outgoing() {
        batch.frame(&packet, mask);
    }
    batch.ping(b"ping", mask);
    batch.pong(&[5; 200], mask);
    batch.close(CloseCode::GOING_AWAY, &"é".repeat(100), mask);
    batch
}

fn expected() -> Vec<Got> {
    let mut expected: Vec<_> = outgoing().into_iter().map(|(_, got)| got).collect();
    expected.push(Got::Ping("ping".into()));
    expected.push(Got::Pong(vec![5; 125].into()));
    let reason = "é".repeat(61);
    expected.push(close(1001, &reason));
    expected
}

#[test]
fn what_is_written_is_read_by_the_other_role() {
    for (mask, role) in [(None, Role::Client), (Some(KEY), Role::Server)] {
        let mut scratch = Scratch::default();
        let mut batch = filled(&mut scratch, mask);
        let written = batch.copy_to_bytes(batch.len());
        assert!(batch.is_empty());
        let mut decoder = Decoder::new(role, Limits::default());
        assert_eq!(feed(&mut decoder, written.to_vec()), Ok(expected()));
    }
}

#[test]
fn a_short_write_leaves_the_rest() {
    let mut scratch = Scratch::default();
    let whole = filled(&mut scratch, None).chunks().concat();
    for cut in [0, 1, 7, 100, 10_000, 80_000, whole.len() - 1, whole.len()] {
        let mut batch = filled(&mut scratch, None);
        batch.advance(cut);
        assert_eq!(batch.len(), whole.len() - cut);
        let rest = batch.into_rest();
        assert_eq!(rest.remaining(), whole.len() - cut);
        assert_eq!(rest.chunks().concat(), whole[cut..]);
    }
}

#[test]
fn writing_ends_at_the_end() {
    let mut scratch = Scratch::default();
    let mut batch = filled(&mut scratch, None);
    batch.advance(batch.len() - 1);
    batch.advance(2);
    assert!(batch.is_empty() && batch.chunk().is_empty());
    drop(batch);
    let mut rest = filled(&mut scratch, None).into_rest();
    rest.advance(rest.remaining() + 1);
    assert!(!rest.has_remaining() && rest.chunk().is_empty());
}

#[test]
fn reasons_are_cut_between_characters() {
    let cases = [("a".repeat(124), 123), ("é".repeat(62), 122), ("a".repeat(122) + "é", 122)];
    for (reason, len) in cases {
        let mut scratch = Scratch::default();
        let mut batch = WriteBatch::new(&mut scratch);
        batch.close(CloseCode::NORMAL, &reason, Some(KEY));
        let written = batch.copy_to_bytes(batch.len()).to_vec();
        assert_eq!(feed(&mut server(), written), Ok(vec![close(1000, reason.get(..len).unwrap())]));
    }
}

trait Chunks: Buf + Sized {
    /// Everything, by vectored writes of up to five pieces that take thirty thousand bytes each.
    fn chunks(mut self) -> Vec<Vec<u8>> {
        let mut chunks = Vec::new();
        while self.has_remaining() {
            let mut slices = [std::io::IoSlice::new(&[]); 5];
            let used = self.chunks_vectored(&mut slices);
            let pieces: Vec<u8> =
                slices[..used].iter().flat_map(|slice| slice.to_vec()).take(30_000).collect();
            assert_eq!(self.chunk()[0], pieces[0]);
            self.advance(pieces.len());
            chunks.push(pieces);
        }
        chunks
    }
}

impl<B: Buf> Chunks for B {}

#[test]
fn large_data_is_linked_and_small_data_copied() {
    let large = Bytes::from(vec![1; 4_096]);
    let small = Bytes::from(vec![2; 4_095]);
    let mut scratch = Scratch::default();
    let mut batch = WriteBatch::new(&mut scratch);
    batch.frame(&Packet::binary(large.clone()).into(), None);
    batch.frame(&Packet::binary(small.clone()).into(), None);
    let mut slices = [std::io::IoSlice::new(&[]); 4];
    assert_eq!(batch.chunks_vectored(&mut slices), 3);
    assert_eq!(slices[1].as_ptr(), large.as_ptr());
    assert_eq!(slices[2].len(), 4 + small.len());
    drop(batch);
    assert!(large.is_unique(), "the lent memory keeps nothing");
}
