//! The values that operations carry.

use bytes::Bytes;
use engineio_proto::ws::CloseCode;
use engineio_proto::{Closed, Message, Overflow, Packet, Text};
use proptest::prelude::*;

pub(crate) const OPEN: &str =
    r#"{"sid":"a","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":50}"#;

pub(crate) fn packet() -> impl Strategy<Value = Packet> {
    prop_oneof![
        Just(Packet::Open(Text::from_static(OPEN))),
        Just(Packet::Close),
        Just(Packet::PING),
        Just(Packet::Ping("probe".into())),
        Just(Packet::PONG),
        Just(Packet::Pong("probe".into())),
        Just(Packet::Upgrade),
        Just(Packet::Noop),
        message().prop_map(Packet::Message),
    ]
}

pub(crate) fn message() -> impl Strategy<Value = Message> {
    let text = prop::sample::select(&["", "a", "long enough for a small poll", "a\u{1e}1", "\u{e9}"]);
    let binary = (0..60usize).prop_map(|len| Message::from(vec![0xa5; len]));
    prop_oneof![text.prop_map(Message::from), binary]
}

/// Bodies of packets, good and bad.
pub(crate) fn body() -> impl Strategy<Value = Bytes> {
    let good = prop::sample::select(&["4a", "4", "4much longer", "bAAAA", "b", "2", "2x", "3", "6"]);
    let other = prop::sample::select(&["0{}", "1", "5", "7", "x", "b!", "", "ok"]);
    let packets = prop::collection::vec(prop_oneof![6 => good, 1 => other], 0..6);
    let joined = packets.prop_map(|packets| packets.join("\u{1e}"));
    (0..4u8, joined).prop_map(|(kind, body)| match kind {
        0 => format!("0{OPEN}\u{1e}{body}").into(),
        1 => format!("0{OPEN}").into(),
        _ => body.into(),
    })
}

pub(crate) fn closed() -> impl Strategy<Value = Closed> {
    prop::sample::select(&[Closed::Answered, Closed::Aborted, Closed::Eof, Closed::TooLarge, Closed::Timeout])
}

pub(crate) fn code() -> impl Strategy<Value = CloseCode> {
    prop::sample::select(&[CloseCode::PROTOCOL, CloseCode::INVALID_DATA, CloseCode::TOO_BIG])
}

pub(crate) fn overflow() -> impl Strategy<Value = Overflow> {
    let all = &[Overflow::Close, Overflow::DropNewest, Overflow::DropOldest, Overflow::Wait];
    prop::sample::select(all)
}

/// Room in a poll or POST.
pub(crate) fn room() -> impl Strategy<Value = usize> {
    prop::sample::select(&[0, 1, 20, usize::MAX])
}
