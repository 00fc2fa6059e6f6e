//! One packet: any bytes are a packet or an error, and what was decoded encodes to what decodes to the same.
#![no_main]

use bytes::Bytes;
use engineio_proto::{DecodeError, Outgoing, Packet, PacketType, PayloadDecoder, SEPARATOR};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let bytes = Bytes::copy_from_slice(data);
    let decoded = Packet::decode(bytes.clone());
    if !data.contains(&SEPARATOR) {
        let mut payload = PayloadDecoder::new(bytes);
        assert_eq!(payload.next().as_ref(), Some(&decoded));
        assert_eq!(payload.next(), None, "a payload of one");
    }
    match decoded {
        Ok(packet) => survives(&packet, data),
        Err(error) => assert!(is_deserved(error, data)),
    }
});

fn survives(packet: &Packet, data: &[u8]) {
    let mut encoded = Vec::new();
    packet.encode_payload(&mut encoded);
    assert_eq!(encoded.len(), packet.payload_len());
    assert_eq!(Outgoing::from(packet.clone()).payload_len(), packet.payload_len());
    // What stands behind `close`, `upgrade` and `noop` is dropped; nothing else is changed.
    let bare = matches!(packet.packet_type(), PacketType::Close | PacketType::Upgrade | PacketType::Noop);
    assert_eq!(encoded, if bare { &data[..1] } else { data });
    assert_eq!(Packet::decode(encoded.into()).as_ref(), Ok(packet));
}

fn is_deserved(error: DecodeError, data: &[u8]) -> bool {
    match error {
        DecodeError::Empty => data.is_empty(),
        DecodeError::Utf8 => std::str::from_utf8(data).is_err(),
        DecodeError::UnknownType => !matches!(data.first(), None | Some(b'0'..=b'6' | b'b')),
        DecodeError::Base64 => data.first() == Some(&b'b'),
    }
}
