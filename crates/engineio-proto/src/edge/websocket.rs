//! Whether a request is a valid WebSocket handshake (RFC 6455 4.2.1, RFC 8441).

use http::header::{
    CONNECTION, CONTENT_LENGTH, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Method};

use super::fields::Fields;
use super::{Refusal, RequestHead, fields};

/// The subprotocols that a client offers, in its order; what is no token is skipped, so each may be echoed.
pub fn offered_protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    fields::items(headers, SEC_WEBSOCKET_PROTOCOL).filter(|name| fields::is_token(name))
}

/// Whether the request wants to become a WebSocket. Other upgrades (`h2c`) are ignored, as HTTP allows.
pub(super) fn is_wanted(head: &RequestHead<'_>, fields: &Fields<'_>) -> bool {
    let upgrades = || fields.upgrade.first.is_some() && fields::has_item(head.headers, UPGRADE, "websocket");
    head.extended_connect || upgrades()
}

/// Refuses a handshake that is not valid.
pub(super) fn check(head: &RequestHead<'_>) -> Result<(), Refusal> {
    if head.extended_connect {
        return Ok(());
    }
    if head.method != Method::GET {
        return Err(Refusal::InvalidUpgrade("the method is not GET"));
    }
    check_handshake(head.headers)
}

/// Refuses a handshake whose header fields are not those of a client that speaks WebSocket, version 13.
///
/// [`EdgeConfig::check`](super::EdgeConfig::check) does so by itself. This is for hosts that leave the handshake to
/// someone else, and told it that by [`RequestHead::extended_connect`].
///
/// # Errors
///
/// The client's fault: [`Refusal::InvalidUpgrade`] or [`Refusal::WebSocketVersion`].
pub fn check_handshake(headers: &HeaderMap) -> Result<(), Refusal> {
    if !fields::has_item(headers, UPGRADE, "websocket") || !fields::has_item(headers, CONNECTION, "upgrade") {
        return Err(Refusal::InvalidUpgrade(
            "`Connection: Upgrade` and `Upgrade: websocket` are not both there",
        ));
    }
    if fields::single(headers, SEC_WEBSOCKET_VERSION) != Ok(Some("13")) {
        return Err(Refusal::WebSocketVersion);
    }
    if announces_body(headers) {
        return Err(Refusal::InvalidUpgrade("it announces a body, which could be taken for frames"));
    }
    match fields::single(headers, SEC_WEBSOCKET_KEY) {
        Ok(Some(key)) if is_key(key) => Ok(()),
        _ => Err(Refusal::InvalidUpgrade("Sec-WebSocket-Key is not base64 of 16 bytes, or repeated")),
    }
}

fn announces_body(headers: &HeaderMap) -> bool {
    let is_none = |length: &HeaderValue| length.as_bytes().trim_ascii() == b"0";
    headers.contains_key(TRANSFER_ENCODING) || !headers.get_all(CONTENT_LENGTH).iter().all(is_none)
}

/// The shape of 16 bytes in base64. Bits that base64 leaves over are not looked at: some clients set them.
fn is_key(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.strip_suffix("==").is_some_and(|digits| digits.len() == 22 && digits.bytes().all(digit))
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    const VALID: [(HeaderName, &str); 4] = [
        (UPGRADE, "websocket"),
        (CONNECTION, "keep-alive, Upgrade"),
        (SEC_WEBSOCKET_VERSION, "13"),
        (SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    fn headers(fields: &[(HeaderName, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    fn changed(name: &HeaderName, values: &[&'static str]) -> HeaderMap {
        let mut headers = headers(&VALID);
        headers.remove(name);
        for value in values {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    fn outcome(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
        check(&RequestHead::new(method, "", headers))
    }

    #[test]
    fn valid_handshakes_pass() {
        for headers in [
            headers(&VALID),
            changed(&UPGRADE, &["WebSocket"]),
            changed(&UPGRADE, &["h2c, websocket"]),
            changed(&CONNECTION, &["close", "UPGRADE"]),
            changed(&SEC_WEBSOCKET_KEY, &["+/////////////////////=="]),
        ] {
            assert_eq!(outcome(&Method::GET, &headers), Ok(()), "{headers:?}");
        }
    }

    #[test]
    fn anything_else_is_no_handshake() {
        for (name, values) in [
            (UPGRADE, &[][..]),
            (UPGRADE, &["h2c"]),
            (UPGRADE, &["websockets"]),
            (CONNECTION, &[]),
            (CONNECTION, &["keep-alive"]),
            (SEC_WEBSOCKET_KEY, &[]),
            (SEC_WEBSOCKET_KEY, &["short=="]),
            (SEC_WEBSOCKET_KEY, &["dGhlIHNhbXBsZSBub25jZQ"]),
            (SEC_WEBSOCKET_KEY, &["dGhlIHNhbXBsZSBub25jZ*=="]),
            (SEC_WEBSOCKET_KEY, &["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="]),
        ] {
            let outcome = outcome(&Method::GET, &changed(&name, values));
            assert!(matches!(outcome, Err(Refusal::InvalidUpgrade(_))), "{name} {values:?}");
        }
        for values in [&[][..], &["12"], &["8"], &["13", "13"], &["13, 8"]] {
            let outcome = outcome(&Method::GET, &changed(&SEC_WEBSOCKET_VERSION, values));
            assert_eq!(outcome, Err(Refusal::WebSocketVersion), "{values:?}");
        }
        assert!(outcome(&Method::POST, &headers(&VALID)).is_err());
    }

    #[test]
    fn a_handshake_has_no_body() {
        for (name, value, wanted) in [
            (CONTENT_LENGTH, "0", true),
            (CONTENT_LENGTH, "1", false),
            (CONTENT_LENGTH, "", false),
            (TRANSFER_ENCODING, "chunked", false),
        ] {
            let mut headers = headers(&VALID);
            headers.insert(&name, HeaderValue::from_static(value));
            assert_eq!(outcome(&Method::GET, &headers).is_ok(), wanted, "{name}: {value}");
        }
    }

    #[test]
    fn protocols_are_offered_in_order() {
        let headers =
            headers(&[(SEC_WEBSOCKET_PROTOCOL, "chat, a b, constructor"), (SEC_WEBSOCKET_PROTOCOL, "x")]);
        assert_eq!(offered_protocols(&headers).collect::<Vec<_>>(), ["chat", "constructor", "x"]);
    }
}
