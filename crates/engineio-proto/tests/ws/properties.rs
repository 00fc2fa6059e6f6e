//! What holds for any bytes.

use bytes::Buf;
use engineio_proto::ws::{
    Chunk, CloseCode, Decoder, FrameHeader, Item, Limits, OpCode, Role, Scratch, WriteBatch, apply_mask,
    packet,
};
use engineio_proto::{Message, Outgoing, Packet, Prepared};
use proptest::prelude::*;

use crate::support::{Outcome, decode, stream};

const LIMITS: Limits = Limits { max_message: 100_000, max_fragments: 5 };

/// Lengths of reads: mostly short, so that headers are cut too.
fn reads() -> impl Strategy<Value = Vec<usize>> {
    let read = prop_oneof![3 => 1_usize..8, 2 => 8_usize..500, 1 => 500_usize..70_000];
    proptest::collection::vec(read, 1..40)
}

/// Decodes with reads of these lengths, again and again.
fn decode_cut(mut decoder: Decoder, mut input: &[u8], reads: &[usize], large: bool) -> Outcome {
    let mut outcome = Outcome::default();
    for len in reads.iter().cycle() {
        let mut read = input[..input.len().min(*len)].to_vec();
        if read.is_empty() || outcome.error.is_some() {
            break;
        }
        if large {
            input.advance(outcome.feed_large(&mut decoder, &mut read));
        } else {
            outcome.feed(&mut decoder, &mut read);
            input.advance(read.len());
        }
    }
    outcome
}

fn message() -> impl Strategy<Value = Message> {
    prop_oneof![
        ".{0,300}".prop_map(Message::from),
        (".{1,30}", 0_usize..1_000).prop_map(|(text, times)| text.repeat(times).into()),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(Message::from),
        (0_usize..80_000, any::<u8>()).prop_map(|(len, byte)| vec![byte; len].into()),
    ]
}

fn outgoing() -> impl Strategy<Value = Outgoing> {
    prop_oneof![
        message().prop_map(|message| Packet::Message(message).into()),
        message().prop_map(|message| Outgoing::Shared(Prepared::new(message))),
        ".{0,10}".prop_map(|data| Packet::Ping(data.into()).into()),
        ".{0,10}".prop_map(|data| Packet::Pong(data.into()).into()),
        Just(Packet::Noop.into()),
    ]
}

fn packet_of(outgoing: &Outgoing) -> Packet {
    match outgoing {
        Outgoing::Packet(packet) => packet.clone(),
        Outgoing::Shared(prepared) => prepared.message().clone().into(),
    }
}

/// Decodes everything and makes packets of it.
fn packets(role: Role, mut bytes: Vec<u8>) -> Vec<Packet> {
    let mut decoder = Decoder::new(role, Limits::default());
    let mut chunk = Chunk::new(bytes.len());
    let (mut packets, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let step = decoder.decode(&mut bytes[at..]).unwrap();
        at += step.consumed;
        let Some(Item::Message(kind, data)) = step.item else { panic!("only messages were sent") };
        packets.push(packet(kind, data, &mut chunk).unwrap());
    }
    packets
}

/// Frames like those that have a way of their own, and others among them.
fn short_frames() -> impl Strategy<Value = Vec<u8>> {
    let data = prop_oneof![
        8 => "4[a-z]{0,34}".prop_map(String::into_bytes),
        4 => "4.{0,12}".prop_map(String::into_bytes),
        1 => "[0-9b].{0,12}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
        1 => (any::<u8>(), 1_usize..40).prop_map(|(byte, len)| [&b"4"[..], &vec![byte; len]].concat()),
    ];
    let frame = (data, any::<[u8; 4]>()).prop_map(|(mut data, key)| {
        let mask = Some(key);
        let mut frame = Vec::new();
        FrameHeader { opcode: OpCode::Text, fin: true, len: data.len(), mask }.encode(&mut frame);
        apply_mask(&mut data, key, 0);
        [frame, data].concat()
    });
    let part = prop_oneof![8 => frame, 1 => stream(true), 1 => stream(false)];
    proptest::collection::vec(part, 0..20).prop_map(|parts| parts.concat())
}

/// The packets of reads of these lengths, and why they end.
fn packets_of(
    mut decoder: Decoder,
    input: &[u8],
    reads: &[usize],
    short: bool,
) -> (Vec<Packet>, Option<CloseCode>) {
    let (mut packets, mut input, mut reads) = (Vec::new(), input.to_vec(), reads.iter().cycle());
    while !input.is_empty() {
        let rest = input.split_off(input.len().min(reads.next().copied().unwrap_or(1)));
        let (mut read, mut chunk) = (std::mem::replace(&mut input, rest), Chunk::new(64));
        while !read.is_empty() {
            let used = if short { decoder.decode_short(&read, &mut packets) } else { 0 };
            read.drain(..used);
            let step = match decoder.decode(&mut read) {
                Ok(step) => step,
                Err(error) => return (packets, Some(error.close_code())),
            };
            match step.item {
                Some(Item::Message(kind, data)) => match packet(kind, data, &mut chunk) {
                    Ok(packet) => packets.push(packet),
                    Err(error) => return (packets, Some(error.into())),
                },
                Some(Item::Close(_)) => return (packets, None),
                Some(Item::Ping(_) | Item::Pong(_)) | None => {}
            }
            let used = step.consumed;
            read.drain(..used);
        }
    }
    (packets, None)
}

proptest! {
    #[test]
    fn the_short_way_leads_to_the_same_packets(
        bytes in short_frames(),
        reads in reads(),
        server in proptest::bool::weighted(0.9),
        max_message in prop_oneof![4 => Just(100_000), 1 => 0_usize..40],
    ) {
        let role = if server { Role::Server } else { Role::Client };
        let decoder = || Decoder::new(role, Limits { max_message, ..LIMITS });
        prop_assert_eq!(packets_of(decoder(), &bytes, &reads, true), packets_of(decoder(), &bytes, &reads, false));
    }

    #[test]
    fn cuts_change_nothing(
        (masked, bytes) in any::<bool>().prop_flat_map(|masked| (Just(masked), stream(masked))),
        reads in reads(),
    ) {
        let decoder = || Decoder::new(if masked { Role::Server } else { Role::Client }, LIMITS);
        let whole = decode(decoder(), bytes.clone());
        prop_assert_eq!(&decode_cut(decoder(), &bytes, &reads, false), &whole);
        prop_assert_eq!(&decode_cut(decoder(), &bytes, &reads, true), &whole);
    }

    #[test]
    fn any_bytes_are_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..300), reads in reads()) {
        for role in [Role::Server, Role::Client] {
            let whole = decode(Decoder::new(role, LIMITS), bytes.clone());
            prop_assert_eq!(decode_cut(Decoder::new(role, LIMITS), &bytes, &reads, true), whole);
        }
    }

    #[test]
    fn the_other_role_reads_what_is_written(
        sent in proptest::collection::vec(outgoing(), 0..20),
        mask: Option<[u8; 4]>,
        written in any::<proptest::sample::Index>(),
    ) {
        let mut scratch = Scratch::default();
        let mut batch = WriteBatch::new(&mut scratch);
        for packet in &sent {
            batch.frame(packet, mask);
        }
        let len = batch.len();
        let mut bytes = batch.copy_to_bytes(written.index(len + 1)).to_vec();
        let mut rest = batch.into_rest();
        prop_assert_eq!(bytes.len() + rest.remaining(), len);
        bytes.extend(rest.copy_to_bytes(rest.remaining()));
        let role = if mask.is_some() { Role::Server } else { Role::Client };
        let expected: Vec<_> = sent.iter().map(packet_of).collect();
        prop_assert_eq!(packets(role, bytes), expected);
    }
}
