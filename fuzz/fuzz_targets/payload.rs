//! A payload: decoding takes all of it or ends at the first error, and a session that is posted the same body comes
//! to the same result, though it only looks the body over when it arrives.
#![no_main]

use std::sync::Arc;

use bytes::Bytes;
use engineio_proto::edge::PostHead;
use engineio_proto::server::{Event, Session};
use engineio_proto::{
    DecodeError, Instant, Link, Message, Packet, PayloadDecoder, PayloadEncoder, SEPARATOR, SessionConfig,
    Sid,
};
use libfuzzer_sys::fuzz_target;

const NOW: Instant = Instant::EPOCH;

fuzz_target!(|data: &[u8]| {
    let body = Bytes::copy_from_slice(data);
    let decoded: Vec<_> = PayloadDecoder::new(body.clone()).collect();
    whole(data, &decoded);
    encodes(&decoded);
    let (wanted, accepted) = expected(&decoded);
    assert_eq!(post(body), (wanted, accepted));
});

/// All packets come out, or an error is the last.
fn whole(data: &[u8], decoded: &[Result<Packet, DecodeError>]) {
    let packets = data.split(|byte| *byte == SEPARATOR).count();
    match decoded.iter().position(Result::is_err) {
        Some(error) => assert_eq!(error + 1, decoded.len()),
        None => assert_eq!(decoded.len(), packets),
    }
}

/// What was decoded encodes to a payload that decodes to the same.
fn encodes(decoded: &[Result<Packet, DecodeError>]) {
    let packets: Vec<_> = decoded.iter().flatten().cloned().collect();
    if packets.is_empty() {
        return;
    }
    let mut encoder = PayloadEncoder::new();
    for packet in &packets {
        let room = encoder.room(1 << 20);
        encoder.push(&packet.clone().into());
        assert_eq!(encoder.room(1 << 20) + packet.payload_len() + 1, room);
    }
    let again: Result<Vec<_>, _> = PayloadDecoder::new(encoder.finish()).collect();
    assert_eq!(again, Ok(packets));
}

/// The messages that a session hands to the application, and whether it accepts the POST.
fn expected(decoded: &[Result<Packet, DecodeError>]) -> (Vec<Message>, bool) {
    let mut messages = Vec::new();
    for packet in decoded {
        match packet {
            Ok(Packet::Message(message)) => messages.push(message.clone()),
            Ok(Packet::Pong(_)) => {}
            Ok(Packet::Close) => return (messages, true),
            Ok(_) | Err(_) => return (messages, false),
        }
    }
    (messages, true)
}

fn post(body: Bytes) -> (Vec<Message>, bool) {
    let config = Arc::new(SessionConfig { max_inbound: usize::MAX, ..SessionConfig::default() });
    let (mut session, _) = Session::accept(&config, Sid::from_random([0; 16]), &[], Link::Poll, NOW);
    session.open(NOW);
    let link = session.handle_link(NOW, Link::Post(PostHead::default())).expect("the first POST may open");
    let accepted = session.handle_payload(NOW, link, body).is_ok();
    let mut messages = Vec::new();
    while let Some(event) = session.poll_event(NOW) {
        if let Event::Message(message) = event {
            messages.push(message);
        }
    }
    (messages, accepted)
}
