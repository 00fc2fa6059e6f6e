//! WebSocket frames: bytes cut anywhere decode as the whole does, whichever way they are read, in both roles.
#![no_main]

use arbitrary::Arbitrary;
use bytes::{BufMut, Bytes};
use engineio_proto::ws::{
    Chunk, CloseCode, CloseFrame, Decoder, FrameError, Item, Limits, MessageKind, Role, packet,
};
use engineio_proto::{DecodeError, Packet};
use libfuzzer_sys::fuzz_target;

/// Small, so that the limits are reached; large enough for a read straight into the decoder's buffer.
const LIMITS: Limits = Limits { max_message: 20_000, max_fragments: 4 };

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    client: bool,
    reads: Vec<u16>,
    bytes: &'a [u8],
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Plain,
    Straight,
    Short,
}

#[derive(Debug, PartialEq)]
enum Got {
    Packet(Result<Packet, DecodeError>),
    Ping(Bytes),
    Pong(Bytes),
    Close(Option<CloseFrame>),
    Refused(FrameError),
}

fuzz_target!(|input: Input<'_>| {
    let role = if input.client { Role::Client } else { Role::Server };
    let whole = decode(role, input.bytes, &[], Way::Plain);
    assert_eq!(decode(role, input.bytes, &input.reads, Way::Plain), whole, "as it was cut");
    assert_eq!(
        decode(role, input.bytes, &input.reads, Way::Straight),
        whole,
        "read straight into the decoder"
    );
    assert_eq!(decode(role, input.bytes, &input.reads, Way::Short), whole, "short messages by their own way");
});

/// Decodes everything with reads of these lengths, again and again, until something ends the connection.
fn decode(role: Role, mut bytes: &[u8], reads: &[u16], way: Way) -> Vec<Got> {
    let mut decoder = Decoder::new(role, LIMITS);
    let mut got = Vec::new();
    let mut lengths = reads.iter().map(|len| usize::from(*len).max(1)).cycle();
    while !bytes.is_empty() && !is_over(&got) {
        let (read, rest) = bytes.split_at(lengths.next().unwrap_or(bytes.len()).min(bytes.len()));
        let taken = if way == Way::Straight { read_straight(&mut decoder, read, &mut got) } else { None };
        let after = taken.unwrap_or(read.len());
        if taken.is_none() {
            read_copied(&mut decoder, read, way, &mut got);
        }
        bytes = if after == read.len() { rest } else { &bytes[after..] };
    }
    assert!(decoder.large().is_none() || decoder.is_partial());
    got
}

fn is_over(got: &[Got]) -> bool {
    matches!(got.last(), Some(Got::Close(_) | Got::Refused(_) | Got::Packet(Err(_))))
}

fn read_copied(decoder: &mut Decoder, read: &[u8], way: Way, got: &mut Vec<Got>) {
    let mut read = read.to_vec();
    let mut chunk = Chunk::new(read.len());
    let mut rest = &mut read[..];
    while !rest.is_empty() && !is_over(got) {
        if way == Way::Short {
            rest = read_short(decoder, rest, got);
        }
        let some = !rest.is_empty();
        match decoder.decode(rest) {
            Ok(step) => {
                let consumed = step.consumed;
                assert_eq!(consumed > 0, some, "every call gets on");
                got.extend(step.item.map(|item| own(item, &mut chunk)));
                rest = &mut rest[consumed..];
            }
            Err(error) => got.push(Got::Refused(error)),
        }
    }
}

fn read_short<'a>(decoder: &mut Decoder, read: &'a mut [u8], got: &mut Vec<Got>) -> &'a mut [u8] {
    let mut packets = Vec::new();
    let used = decoder.decode_short(read, &mut packets);
    got.extend(packets.into_iter().map(|packet| Got::Packet(Ok(packet))));
    &mut read[used..]
}

/// Reads into the decoder where it offers that; returns how much it took.
fn read_straight(decoder: &mut Decoder, read: &[u8], got: &mut Vec<Got>) -> Option<usize> {
    let mut large = decoder.large()?;
    let mut buffer = large.buffer();
    let taken = read.len().min(buffer.chunk_mut().len());
    buffer.put_slice(&read[..taken]);
    match large.filled() {
        Ok(item) => got.extend(item.map(|item| own(item, &mut Chunk::new(0)))),
        Err(error) => got.push(Got::Refused(error)),
    }
    Some(taken)
}

fn own(item: Item<'_>, chunk: &mut Chunk) -> Got {
    match item {
        Item::Message(kind, data) => {
            assert!(data.len() <= LIMITS.max_message);
            let plain = plainly(kind, &data);
            let packet = packet(kind, data, chunk);
            assert_eq!(packet, plain);
            if let Err(error) = packet {
                assert!(matches!(CloseCode::from(error), CloseCode::INVALID_DATA | CloseCode::POLICY));
            }
            Got::Packet(packet)
        }
        Item::Ping(data) => Got::Ping(Bytes::copy_from_slice(&data)),
        Item::Pong(data) => Got::Pong(Bytes::copy_from_slice(&data)),
        Item::Close(frame) => Got::Close(frame),
    }
}

/// The packet of a message that was copied first.
fn plainly(kind: MessageKind, data: &[u8]) -> Result<Packet, DecodeError> {
    let data = Bytes::copy_from_slice(data);
    match kind {
        MessageKind::Binary => Ok(Packet::binary(data)),
        MessageKind::Text => Packet::decode(data),
    }
}
