//! POSTs: what the head says about the body, from the values of a WSGI environment, and what of a body counts.

use std::mem;

use bytes::Bytes;
use engineio_proto::edge::PostHead;
use engineio_proto::server::Received;
use engineio_proto::{PayloadDecoder, SEPARATOR};

/// What the head says: `content_length` is None where the host does not know it.
pub(crate) fn post_head(
    content_length: Option<u64>,
    content_type: Option<&str>,
    content_encoding: Option<&str>,
) -> PostHead {
    let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    let codings = content_encoding.unwrap_or_default().split(',').map(str::trim);
    PostHead {
        content_length,
        octet_stream: essence.trim().eq_ignore_ascii_case("application/octet-stream"),
        content_encoding: codings
            .filter(|coding| !coding.is_empty())
            .any(|coding| !coding.eq_ignore_ascii_case("identity")),
        ..PostHead::default()
    }
}

/// The packets of a body that count, each in text form.
pub(crate) fn accepted_texts(body: &Bytes, stops: bool) -> Vec<Bytes> {
    let all = body.split(|byte| *byte == SEPARATOR).map(|raw| body.slice_ref(raw));
    let good = PayloadDecoder::new(body.clone()).take_while(Result::is_ok).filter_map(Result::ok);
    let mut texts = Vec::new();
    let mut ponged = false;
    for (packet, text) in good.zip(all) {
        let received = Received::of(&packet);
        if received == Received::Unexpected {
            // It ends the session, or it is ignored.
            if stops {
                break;
            }
            continue;
        }
        if received != Received::Pong || !mem::replace(&mut ponged, true) {
            texts.push(text);
        }
        if received == Received::Close {
            break;
        }
    }
    texts
}
