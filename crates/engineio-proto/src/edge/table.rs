//! The one table from a refusal to status and body, in both styles.

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;

use super::reply::{JSON, TEXT};
use super::{Refusal, Rejection, Reply};

/// One row of the table: status and message in the style of the specification, then in python-engineio's.
struct Row(u16, &'static str, u16, Cow<'static, str>);

impl Row {
    const fn new(spec: u16, message: &'static str, python: u16, text: &'static str) -> Self {
        Self(spec, message, python, Cow::Borrowed(text))
    }

    const fn bad(text: &'static str) -> Self {
        Self::new(400, "Bad request", 400, text)
    }
}

fn row(refusal: &Refusal) -> Row {
    use Refusal as R;
    match refusal {
        R::UnknownTransport(_) => Row::new(400, "Transport unknown", 400, "Invalid transport"),
        R::UnknownSid(sid) => {
            Row(400, "Session ID unknown", 400, format!("Invalid session {}", sid.as_str()).into())
        }
        R::SessionClosed => Row::new(400, "Session ID unknown", 400, "Session is disconnected"),
        R::NotOpen => Row::new(400, "Session ID unknown", 400, "Not connected"),
        R::BadMethod(_) => Row::new(400, "Bad handshake method", 405, "Method Not Found"),
        R::HandshakeMethod => Row::new(400, "Bad handshake method", 400, "Invalid session None"),
        R::JsonpIndex => Row::bad("Invalid JSONP index number"),
        R::InvalidUpgrade(_) | R::WebSocketVersion | R::UpgradesOff => Row::bad("Invalid websocket upgrade"),
        R::TransportMismatch => Row::bad("Unexpected HTTP request"),
        R::Forbidden(_) => Row::new(403, "Forbidden", 401, "Unauthorized"),
        R::ForeignOrigin { .. } | R::ForeignSite(_) | R::UnknownPage { .. } => {
            Row::new(403, "Forbidden", 400, "Not an accepted origin.")
        }
        R::UnsupportedVersion(_) => Row::new(
            400,
            "Unsupported protocol version",
            400,
            "The client is using an unsupported version of the Socket.IO or Engine.IO protocols",
        ),
        R::TooLarge { .. } => Row::new(413, "Payload too large", 413, "Payload too large"),
        R::Timeout => Row::new(408, "Request timeout", 408, "Request timeout"),
        R::Unavailable { .. } => Row::new(503, "Service unavailable", 503, "Service unavailable"),
        R::HandlerPanicked => Row::new(500, "Internal server error", 500, "Internal server error"),
        R::BadRequest(_)
        | R::DuplicatePoll
        | R::DuplicatePost
        | R::BadPacket(_)
        | R::IllegalPacket(_)
        | R::PingFromClient
        | R::OctetStream
        | R::ContentEncoding => Row::bad("Bad Request"),
    }
}

/// `{"code":0,"message":"Transport unknown"}`: nothing of the client's is in it.
pub(super) fn spec(refusal: &Refusal) -> Reply {
    let Row(status, message, ..) = row(refusal);
    let rejection = rejection(refusal);
    let status = rejection.and_then(Rejection::status).unwrap_or_else(|| status_of(status));
    let message = rejection.and_then(Rejection::json).map_or_else(|| json(message), str::to_owned);
    let body = format!("{{\"code\":{},\"message\":{message}}}", refusal.code());
    Reply::new(status, status.canonical_reason().unwrap_or("Refused"), Some(JSON), body.into())
}

/// A JSON string called text, as python-engineio sends it; a rejection is the handler's value called JSON.
pub(super) fn python(refusal: &Refusal) -> Reply {
    let Row(_, _, status, text) = row(refusal);
    let rejection = rejection(refusal);
    let status = rejection.and_then(Rejection::status).unwrap_or_else(|| status_of(status));
    let (content_type, body) = match refusal {
        Refusal::Forbidden(rejection) => (JSON, rejection.json().map_or_else(|| json(&text), str::to_owned)),
        Refusal::BadMethod(_) => (TEXT, text.into_owned()),
        _ => (TEXT, json(&text)),
    };
    Reply::new(status, python_phrase(status), Some(content_type), body.into())
}

const fn rejection(refusal: &Refusal) -> Option<&Rejection> {
    match refusal {
        Refusal::Forbidden(rejection) => Some(rejection),
        _ => None,
    }
}

fn status_of(status: u16) -> StatusCode {
    // Every number of the table is a status.
    StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST)
}

fn python_phrase(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "BAD REQUEST",
        StatusCode::UNAUTHORIZED => "UNAUTHORIZED",
        StatusCode::METHOD_NOT_ALLOWED => "METHOD NOT FOUND",
        other => other.canonical_reason().unwrap_or("Refused"),
    }
}

/// A JSON string in ASCII. Markup is escaped too: a browser that guesses at the type finds none.
fn json(text: &str) -> String {
    let characters = text.encode_utf16().map(|unit| match u8::try_from(unit) {
        Ok(byte) if is_plain(byte) => char::from(byte).to_string(),
        _ => format!("\\u{unit:04x}"),
    });
    format!("\"{}\"", characters.collect::<String>())
}

const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&' | b'\'')
}

/// Whole seconds, rounded up: zero would invite the client at once.
pub(super) fn retry_after(refusal: &Refusal) -> Option<u64> {
    match refusal {
        Refusal::Unavailable { retry_after } => Some(ceil_seconds(*retry_after).max(1)),
        _ => None,
    }
}

const fn ceil_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add((duration.subsec_nanos() > 0) as u64)
}

pub(super) const fn leaves_body_unread(refusal: &Refusal) -> bool {
    use Refusal as R;
    matches!(
        refusal,
        R::TooLarge { .. }
            | R::Timeout
            | R::OctetStream
            | R::ContentEncoding
            | R::BadRequest(_)
            | R::BadMethod(_)
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Excerpt, samples};
    use super::*;

    fn answers(refusal: &Refusal) -> (u16, String, u16, String) {
        let text = |reply: &Reply| String::from_utf8(reply.body.to_vec()).unwrap();
        let (spec, python) = (spec(refusal), python(refusal));
        (spec.status.as_u16(), text(&spec), python.status.as_u16(), text(&python))
    }

    #[test]
    fn every_refusal_has_its_row() {
        let bad = r#"{"code":3,"message":"Bad request"}"#;
        let unknown_sid = r#"{"code":1,"message":"Session ID unknown"}"#;
        let bad_method = r#"{"code":2,"message":"Bad handshake method"}"#;
        let forbidden = r#"{"code":4,"message":"Forbidden"}"#;
        let version =
            r#""The client is using an unsupported version of the Socket.IO or Engine.IO protocols""#;
        let wanted = [
            (400, r#"{"code":0,"message":"Transport unknown"}"#, 400, r#""Invalid transport""#),
            (400, unknown_sid, 400, r#""Invalid session foo""#),
            (400, bad_method, 405, "Method Not Found"),
            (400, bad_method, 400, r#""Invalid session None""#),
            (400, bad, 400, r#""Bad Request""#),
            (400, bad, 400, r#""Invalid JSONP index number""#),
            (400, bad, 400, r#""Invalid websocket upgrade""#),
            (400, bad, 400, r#""Invalid websocket upgrade""#),
            (400, bad, 400, r#""Invalid websocket upgrade""#),
            (403, forbidden, 401, r#""Unauthorized""#),
            (400, r#"{"code":5,"message":"Unsupported protocol version"}"#, 400, version),
            (403, forbidden, 400, r#""Not an accepted origin.""#),
            (403, forbidden, 400, r#""Not an accepted origin.""#),
            (403, forbidden, 400, r#""Not an accepted origin.""#),
            (400, bad, 400, r#""Unexpected HTTP request""#),
            (400, bad, 400, r#""Bad Request""#),
            (400, bad, 400, r#""Bad Request""#),
            (400, bad, 400, r#""Bad Request""#),
            (400, bad, 400, r#""Bad Request""#),
            (400, bad, 400, r#""Bad Request""#),
            (413, r#"{"code":3,"message":"Payload too large"}"#, 413, r#""Payload too large""#),
            (400, bad, 400, r#""Bad Request""#),
            (400, bad, 400, r#""Bad Request""#),
            (400, unknown_sid, 400, r#""Session is disconnected""#),
            (400, unknown_sid, 400, r#""Not connected""#),
            (503, r#"{"code":3,"message":"Service unavailable"}"#, 503, r#""Service unavailable""#),
            (408, r#"{"code":3,"message":"Request timeout"}"#, 408, r#""Request timeout""#),
            (500, r#"{"code":3,"message":"Internal server error"}"#, 500, r#""Internal server error""#),
        ];
        let found: Vec<_> = samples::refusals().iter().map(answers).collect();
        assert_eq!(found.len(), wanted.len());
        for ((status, text, python, python_text), wanted) in found.iter().zip(wanted) {
            assert_eq!((*status, text.as_str(), *python, python_text.as_str()), wanted);
        }
    }

    #[test]
    fn rejections_carry_the_handlers_answer() {
        let rejection = |json: &str| Refusal::Forbidden(Rejection::new().with_json(json));
        let message = Refusal::Forbidden(Rejection::new().with_message("log in"));
        let teapot = Refusal::Forbidden(Rejection::new().with_status(StatusCode::IM_A_TEAPOT));
        for (refusal, wanted) in [
            (message, (403, r#"{"code":4,"message":"log in"}"#, 401, r#""log in""#)),
            (rejection(r#"{"a": 1}"#), (403, r#"{"code":4,"message":{"a": 1}}"#, 401, r#"{"a": 1}"#)),
            (teapot, (418, r#"{"code":4,"message":"Forbidden"}"#, 418, r#""Unauthorized""#)),
        ] {
            let (status, text, python, python_text) = answers(&refusal);
            assert_eq!((status, text.as_str(), python, python_text.as_str()), wanted);
        }
    }

    #[test]
    fn types_are_those_of_each_style() {
        for refusal in samples::refusals() {
            assert_eq!(spec(&refusal).content_type, Some(JSON), "{refusal:?}");
            let wanted = if matches!(refusal, Refusal::Forbidden(_)) { JSON } else { TEXT };
            assert_eq!(python(&refusal).content_type, Some(wanted), "{refusal:?}");
        }
    }

    #[test]
    fn python_phrases_are_the_originals() {
        for (refusal, phrase) in [
            (Refusal::HandshakeMethod, "BAD REQUEST"),
            (Refusal::BadMethod(Excerpt::new("PUT")), "METHOD NOT FOUND"),
            (Refusal::Forbidden(Rejection::new()), "UNAUTHORIZED"),
        ] {
            assert_eq!(python(&refusal).phrase, phrase);
        }
    }

    #[test]
    fn a_reflected_sid_is_inert() {
        let refusal = Refusal::UnknownSid(Excerpt::new("</script>\r\n\"\\é\u{1f600}"));
        let wanted = r#""Invalid session \u003c/script\u003e\u000d\u000a\u0022\u005c\u00e9\ud83d\ude00""#;
        assert_eq!(answers(&refusal).3, wanted);
    }

    #[test]
    fn clients_are_told_when_to_come_again() {
        for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (4200, 5), (u64::MAX, u64::MAX / 1000 + 1)] {
            let retry = Refusal::Unavailable { retry_after: Duration::from_millis(millis) };
            assert_eq!(retry_after(&retry), Some(seconds));
        }
        assert_eq!(retry_after(&Refusal::Timeout), None);
    }

    proptest! {
        #[test]
        fn any_sid_is_valid_json(sid: String) {
            let excerpt = Excerpt::new(&sid);
            let wanted = format!("Invalid session {}", excerpt.as_str());
            let body = python(&Refusal::UnknownSid(excerpt)).body;
            prop_assert!(body.is_ascii() && body.len() <= 12 * Excerpt::MAX_CHARS + 32);
            prop_assert_eq!(serde_json::from_slice::<String>(&body).unwrap(), wanted);
        }
    }
}
