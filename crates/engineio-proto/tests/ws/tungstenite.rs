//! Another implementation as the judge.

use std::io::{self, Read, Write};

use bytes::{Buf, Bytes};
use engineio_proto::ws::{CloseCode, Decoder, FrameError, Limits, OpCode, Role, Scratch, WriteBatch};
use engineio_proto::{Message, Outgoing, Packet, Prepared};
use proptest::prelude::*;
use tungstenite::protocol::{self, WebSocketConfig};
use tungstenite::{Error, WebSocket};

use crate::support::{Got, Outcome, close, decode, frame, stream};

const LIMIT: usize = 100_000;

/// A connection in memory: what is written is kept, what was put in is read, then it blocks.
#[derive(Default)]
struct Wire {
    input: Bytes,
    output: Vec<u8>,
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(self.input.len());
        self.input.split_to(len).copy_to_slice(&mut buffer[..len]);
        if len == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(len) }
    }
}

impl Write for Wire {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.output.write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn theirs(role: Role, input: Bytes) -> WebSocket<Wire> {
    let role = match role {
        Role::Server => protocol::Role::Server,
        Role::Client => protocol::Role::Client,
    };
    let config = WebSocketConfig::default().max_message_size(Some(LIMIT)).max_frame_size(Some(LIMIT));
    WebSocket::from_raw_socket(Wire { input, output: Vec::new() }, role, Some(config))
}

fn ours(role: Role) -> Decoder {
    Decoder::new(role, Limits { max_message: LIMIT, max_fragments: u32::MAX })
}

/// Why the other implementation stopped.
#[derive(Debug, PartialEq)]
enum End {
    /// It waits for more, or was closed.
    Open,
    Utf8,
    Refused,
}

fn their_outcome(role: Role, input: Vec<u8>) -> (Vec<Got>, End) {
    let mut socket = theirs(role, input.into());
    let mut got = Vec::new();
    loop {
        match socket.read().map(their_message) {
            Ok(close @ Got::Close(_)) => {
                got.push(close);
                return (got, End::Open);
            }
            Ok(message) => got.push(message),
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return (got, End::Open),
            Err(Error::Utf8(_)) => return (got, End::Utf8),
            Err(_) => return (got, End::Refused),
        }
    }
}

fn their_message(message: tungstenite::Message) -> Got {
    match message {
        tungstenite::Message::Text(text) => Got::Text(text.as_str().to_owned()),
        tungstenite::Message::Binary(data) => Got::Binary(data),
        tungstenite::Message::Ping(data) => Got::Ping(data),
        tungstenite::Message::Pong(data) => Got::Pong(data),
        tungstenite::Message::Close(Some(frame)) => close(frame.code.into(), frame.reason.as_str()),
        tungstenite::Message::Close(None) => Got::Close(None),
        tungstenite::Message::Frame(frame) => panic!("never read: {frame}"),
    }
}

/// What it makes of a close frame with a code that it does not let pass.
fn replaced() -> Got {
    close(CloseCode::PROTOCOL.get(), "Protocol violation")
}

fn is_bad_gateway(got: &Got) -> bool {
    matches!(got, Got::Close(Some(frame)) if frame.code.get() == 1014)
}

/// Whether both say the same, but for the differences that are meant: `differences` has the reasons.
fn agree(ours: &Outcome, (theirs, end): &(Vec<Got>, End)) -> bool {
    let (mut got, mut error) = (ours.got.clone(), ours.error);
    if error == Some(FrameError::Close) && theirs.last() == Some(&replaced()) {
        got.push(replaced());
        error = None;
    }
    got.iter_mut().filter(|got| is_bad_gateway(got)).for_each(|got| *got = replaced());
    let is_message = |got: &Got| matches!(got, Got::Text(_) | Got::Binary(_));
    let is_control = |got: &Got| matches!(got, Got::Ping(_) | Got::Pong(_) | Got::Close(_));
    match error {
        Some(FrameError::Length) => theirs.starts_with(&got),
        Some(FrameError::Control) if theirs.get(got.len()).is_some_and(is_control) => {
            theirs.starts_with(&got)
        }
        _ if *end == End::Utf8 => got.starts_with(theirs) && !got[theirs.len()..].iter().any(is_message),
        error => got == *theirs && error.is_some() == (*end != End::Open),
    }
}

fn compare(role: Role, input: Vec<u8>) -> (Outcome, (Vec<Got>, End)) {
    (decode(ours(role), input.clone()), their_outcome(role, input))
}

/// We are stricter where the RFC says "must", and later where it says "may".
#[test]
fn differences() {
    let close_with = |code: u16| frame(OpCode::Close, true, &code.to_be_bytes());
    // Section 5.2: "the minimal number of bytes MUST be used to encode the length".
    let (ours, theirs) = compare(Role::Server, vec![0x82, 0xfe, 0, 0, 0, 0, 0, 0]);
    assert_eq!(ours.error, Some(FrameError::Length));
    assert_eq!(theirs, (vec![Got::Binary(Bytes::new())], End::Open));
    let (ours, theirs) = compare(Role::Server, vec![0x89, 0xfe, 0, 0, 0, 0, 0, 0]);
    assert_eq!(ours.error, Some(FrameError::Control));
    assert_eq!(theirs, (vec![Got::Ping(Bytes::new())], End::Open));
    // Section 7.4.1: such codes "MUST NOT be set"; they deliver another code instead.
    let (ours, theirs) = compare(Role::Server, close_with(1005));
    assert_eq!(ours.error, Some(FrameError::Close));
    assert_eq!(theirs, (vec![replaced()], End::Open));
    // 1014 was registered after the RFC; they do not know it.
    let (ours, theirs) = compare(Role::Server, close_with(1014));
    assert_eq!(ours.got, [close(1014, "")]);
    assert_eq!(theirs, (vec![replaced()], End::Open));
    // Text is checked once, when it is whole; they check every fragment.
    let (ours, theirs) = compare(Role::Server, frame(OpCode::Text, false, b"4\xff"));
    assert_eq!(ours, Outcome::default());
    assert_eq!(theirs, (vec![], End::Utf8));
    // A frame is refused for its header; they wait for its data.
    let (ours, theirs) = compare(Role::Server, vec![0xc1, 0xff]);
    assert_eq!(ours.error, Some(FrameError::Reserved));
    assert_eq!(theirs, (vec![], End::Open));
}

fn role_and_stream() -> impl Strategy<Value = (Role, Vec<u8>)> {
    prop_oneof![
        stream(true).prop_map(|bytes| (Role::Server, bytes)),
        stream(false).prop_map(|bytes| (Role::Client, bytes)),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    prop_oneof![
        ".{0,300}".prop_map(Message::from),
        (0_usize..70_000).prop_map(|len| "x".repeat(len).into()),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(Message::from),
        (0_usize..70_000, any::<u8>()).prop_map(|(len, byte)| vec![byte; len].into()),
    ]
}

fn as_got(message: &Message) -> Got {
    match message {
        Message::Text(text) => Got::Text(format!("4{text}")),
        Message::Binary(data) => Got::Binary(data.clone()),
    }
}

proptest! {
    #[test]
    fn it_takes_and_refuses_the_same_frames((role, bytes) in role_and_stream()) {
        let (ours, theirs) = compare(role, bytes);
        prop_assert!(agree(&ours, &theirs), "{ours:?}\n{theirs:?}");
    }

    /// Zeros follow, so that no frame is left incomplete for them to wait for.
    #[test]
    fn it_takes_and_refuses_the_same_broken_bytes(
        (role, mut bytes) in role_and_stream(),
        cut: proptest::sample::Index,
        flips in proptest::collection::vec(any::<(proptest::sample::Index, u8)>(), 0..4),
    ) {
        for (at, flip) in flips {
            let at = at.index(bytes.len().clamp(1, 1_000));
            bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= flip);
        }
        bytes.truncate(cut.index(bytes.len() + 1));
        bytes.resize(bytes.len() + LIMIT + 200, 0);
        let (ours, theirs) = compare(role, bytes);
        prop_assert!(agree(&ours, &theirs), "{ours:?}\n{theirs:?}");
    }

    #[test]
    fn it_reads_what_is_written(
        messages in proptest::collection::vec(message(), 0..10),
        mask: Option<[u8; 4]>,
        shared: bool,
    ) {
        let mut scratch = Scratch::default();
        let mut batch = WriteBatch::new(&mut scratch);
        for message in &messages {
            let message = message.clone();
            if shared {
                batch.frame(&Outgoing::Shared(Prepared::new(message)), mask);
            } else {
                batch.frame(&Packet::Message(message).into(), mask);
            }
        }
        batch.ping(b"ping", mask);
        batch.pong(b"", mask);
        batch.close(CloseCode::GOING_AWAY, "bye", mask);
        let written = batch.copy_to_bytes(batch.len()).to_vec();
        let role = if mask.is_some() { Role::Server } else { Role::Client };
        let mut expected: Vec<_> = messages.iter().map(as_got).collect();
        expected.extend([Got::Ping("ping".into()), Got::Pong("".into()), close(1001, "bye")]);
        prop_assert_eq!(their_outcome(role, written), (expected, End::Open));
    }

    #[test]
    fn what_it_writes_is_read(messages in proptest::collection::vec(message(), 0..10), server: bool) {
        let (reader, writer) = if server { (Role::Server, Role::Client) } else { (Role::Client, Role::Server) };
        let mut socket = theirs(writer, Bytes::new());
        let sent: Vec<_> = messages.iter().map(as_got).collect();
        for message in &sent {
            let message = match message {
                Got::Text(text) => tungstenite::Message::text(text.as_str()),
                Got::Binary(data) => tungstenite::Message::binary(data.clone()),
                other => panic!("only messages are sent: {other:?}"),
            };
            socket.write(message).unwrap();
        }
        socket.flush().unwrap();
        let outcome = decode(ours(reader), socket.into_inner().output);
        prop_assert_eq!(outcome, Outcome { got: sent, error: None });
    }
}
