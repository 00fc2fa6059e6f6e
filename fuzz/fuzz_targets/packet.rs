//! One packet: any text is a packet or an error, and what was decoded encodes to what decodes to the same.
#![no_main]

use engineio_proto::{Outgoing, Packet, PayloadDecoder, Text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    let decoded = Packet::decode(&Text::from(data));
    if !data.contains('\u{1e}') {
        let body = data.to_owned().into();
        assert_eq!(PayloadDecoder::new(body).collect::<Vec<_>>(), [decoded.clone()], "a payload of one");
    }
    if let Ok(packet) = decoded {
        survives(&packet);
    }
});

fn survives(packet: &Packet) {
    let mut encoded = Vec::new();
    packet.encode_payload(&mut encoded);
    assert_eq!(encoded.len(), packet.payload_len());
    assert_eq!(Outgoing::from(packet.clone()).payload_len(), packet.payload_len());
    let text = Text::from(String::from_utf8(encoded).expect("packets are text"));
    assert_eq!(Packet::decode(&text).as_ref(), Ok(packet));
}
