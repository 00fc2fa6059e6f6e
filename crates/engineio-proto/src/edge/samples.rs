//! One refusal of each kind, for tests.

use std::time::Duration;

use super::{Excerpt, Refusal, Rejection};
use crate::{DecodeError, PacketType};

pub(super) fn refusals() -> Vec<Refusal> {
    use Refusal as R;
    let text = Excerpt::new;
    vec![
        R::UnknownTransport(Some(text("__proto__"))),
        R::UnknownSid(text("foo")),
        R::BadMethod(text("PUT")),
        R::HandshakeMethod,
        R::BadRequest("several `sid`"),
        R::JsonpIndex,
        R::InvalidUpgrade("no key"),
        R::WebSocketVersion,
        R::UpgradesOff,
        R::Forbidden(Rejection::new()),
        R::UnsupportedVersion(Some(text("3"))),
        R::ForeignSite(text("cross-site")),
        R::UnknownPage { accepted: text("the server's own") },
        R::ForeignOrigin { origin: text("https://evil.example"), accepted: text("the server's own") },
        R::TransportMismatch,
        R::DuplicatePoll,
        R::DuplicatePost,
        R::BadPacket(DecodeError::Base64),
        R::IllegalPacket(PacketType::Noop),
        R::PingFromClient,
        R::TooLarge { limit: 1_000_000 },
        R::OctetStream,
        R::ContentEncoding,
        R::SessionClosed,
        R::NotOpen,
        R::Unavailable { retry_after: Duration::from_millis(4_200) },
        R::Timeout,
        R::HandlerPanicked,
    ]
}
