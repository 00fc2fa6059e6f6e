//! The HTTP exchange that a WebSocket connection begins with.

use base64_simd::STANDARD;
use http::header::{
    AsHeaderName, CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, StatusCode};
use sha1::{Digest, Sha1};

/// What servers append to the key (RFC 6455, section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The only version that there is.
const VERSION: &[u8] = b"13";

/// Why a handshake was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// The status is not 101.
    #[error("the server did not switch protocols")]
    Status,
    /// `Upgrade` does not name `websocket`.
    #[error("no upgrade to websocket")]
    Upgrade,
    /// `Connection` does not name `upgrade`.
    #[error("the connection is not to be upgraded")]
    Connection,
    /// `Sec-WebSocket-Version` is not 13.
    #[error("WebSocket version is not 13")]
    Version,
    /// `Sec-WebSocket-Key` is not the base64 form of 16 bytes.
    #[error("broken WebSocket key")]
    Key,
    /// `Sec-WebSocket-Accept` does not answer the key.
    #[error("the server's answer does not match the key")]
    Accept,
    /// The server chose a subprotocol that was not offered.
    #[error("subprotocol was not offered")]
    Protocol,
    /// The server chose an extension, but none was offered.
    #[error("extension was not offered")]
    Extension,
}

/// A valid `Sec-WebSocket-Key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key([u8; 24]);

impl Key {
    /// The value of `Sec-WebSocket-Accept` that answers it.
    pub fn accept(&self) -> String {
        accept_key(&self.0)
    }

    /// The value of `Sec-WebSocket-Key`.
    pub fn as_str(&self) -> &str {
        // Only base64 is ever stored.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Bits of the last digit that decode to nothing may be set: some clients draw the digits, not the bytes.
    fn parse(value: &[u8]) -> Option<Self> {
        let key: [u8; 24] = value.try_into().ok()?;
        let digits = key.strip_suffix(b"==")?;
        let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        digits.iter().all(is_digit).then_some(Self(key))
    }
}

/// The value of `Sec-WebSocket-Accept` that answers a key.
pub fn accept_key(key: &[u8]) -> String {
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    STANDARD.encode_to_string(digest)
}

/// Server: checks the headers of a GET that asks for WebSocket over HTTP/1.1.
///
/// # Errors
///
/// The client's fault: this is no handshake, or not of the version that is spoken here. For
/// [`HandshakeError::Version`], 426 with `Sec-WebSocket-Version: 13` is the answer; otherwise 400.
pub fn check_upgrade(headers: &HeaderMap) -> Result<Key, HandshakeError> {
    check_switch(headers)?;
    if single(headers, SEC_WEBSOCKET_VERSION) != Some(VERSION) {
        return Err(HandshakeError::Version);
    }
    single(headers, SEC_WEBSOCKET_KEY).and_then(Key::parse).ok_or(HandshakeError::Key)
}

/// Server: the subprotocol to answer with, if the client offers any. `choose` picks one of the offered, in the
/// client's order of preference, or none; `|offered| offered.first().copied()` is the default of this project.
pub fn select_protocol<'h>(
    headers: &'h HeaderMap,
    choose: impl FnOnce(&[&'h str]) -> Option<&'h str>,
) -> Option<&'h str> {
    let offered: Vec<_> = tokens(headers, SEC_WEBSOCKET_PROTOCOL).filter(|token| is_token(token)).collect();
    if offered.is_empty() {
        return None;
    }
    choose(&offered).filter(|chosen| offered.contains(chosen))
}

/// Client: the key to send, made of random bytes.
pub fn request_key(random: [u8; 16]) -> Key {
    let mut key = [0; 24];
    let _same = STANDARD.encode(&random, base64_simd::Out::from_slice(&mut key));
    Key(key)
}

/// Client: checks a response to a request with this key and these subprotocols. Returns the subprotocol that the
/// server chose.
///
/// # Errors
///
/// The server's fault: it refused, or answered something else than was asked.
pub fn check_response<'h>(
    status: StatusCode,
    headers: &'h HeaderMap,
    key: &Key,
    offered: &[&str],
) -> Result<Option<&'h str>, HandshakeError> {
    if status != StatusCode::SWITCHING_PROTOCOLS {
        return Err(HandshakeError::Status);
    }
    check_switch(headers)?;
    if single(headers, SEC_WEBSOCKET_ACCEPT) != Some(key.accept().as_bytes()) {
        return Err(HandshakeError::Accept);
    }
    if headers.contains_key(SEC_WEBSOCKET_EXTENSIONS) {
        return Err(HandshakeError::Extension);
    }
    chosen_protocol(headers, offered)
}

fn chosen_protocol<'h>(headers: &'h HeaderMap, offered: &[&str]) -> Result<Option<&'h str>, HandshakeError> {
    if !headers.contains_key(SEC_WEBSOCKET_PROTOCOL) {
        return Ok(None);
    }
    single(headers, SEC_WEBSOCKET_PROTOCOL)
        .and_then(|chosen| std::str::from_utf8(chosen).ok())
        .filter(|chosen| offered.contains(chosen))
        .map(Some)
        .ok_or(HandshakeError::Protocol)
}

fn check_switch(headers: &HeaderMap) -> Result<(), HandshakeError> {
    if !tokens(headers, UPGRADE).any(|token| token.eq_ignore_ascii_case("websocket")) {
        return Err(HandshakeError::Upgrade);
    }
    if !tokens(headers, CONNECTION).any(|token| token.eq_ignore_ascii_case("upgrade")) {
        return Err(HandshakeError::Connection);
    }
    Ok(())
}

/// The members of a header that is a list, on one line or several.
fn tokens(headers: &HeaderMap, name: impl AsHeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim_ascii).filter(|token| !token.is_empty())
}

/// The value of a header that must stand exactly once.
fn single(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&[u8]> {
    let mut values = headers.get_all(name).into_iter();
    let value = values.next()?.as_bytes().trim_ascii();
    values.next().is_none().then_some(value)
}

/// A token of RFC 9110, section 5.6.2; only such may be echoed.
fn is_token(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    /// A good request, with one header replaced or, if the value is empty, left out.
    fn request(name: &str, value: &'static str) -> Result<Key, HandshakeError> {
        let mut headers = headers(&[
            ("upgrade", "websocket"),
            ("connection", "Upgrade"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", KEY),
        ]);
        headers.remove(name);
        if !value.is_empty() {
            headers.append(name.parse::<http::HeaderName>().unwrap(), HeaderValue::from_static(value));
        }
        check_upgrade(&headers)
    }

    fn response(changed: &[(&'static str, &'static str)]) -> Result<Option<String>, HandshakeError> {
        let mut all =
            headers(&[("upgrade", "websocket"), ("connection", "upgrade"), ("sec-websocket-accept", ACCEPT)]);
        all.extend(headers(changed));
        let key = Key::parse(KEY.as_bytes()).unwrap();
        check_response(StatusCode::SWITCHING_PROTOCOLS, &all, &key, &["a", "b"])
            .map(|chosen| chosen.map(str::to_owned))
    }

    #[test]
    fn the_example_of_the_rfc() {
        assert_eq!(accept_key(KEY.as_bytes()), ACCEPT);
        assert_eq!(request_key(*b"the sample nonce").as_str(), KEY);
        assert_eq!(request("x", "").map(|key| key.accept()).as_deref(), Ok(ACCEPT));
    }

    #[test]
    fn requests_are_accepted_in_every_spelling() {
        for upgrade in ["WebSocket", "WEBSOCKET", "h2c, websocket", " websocket "] {
            assert!(request("upgrade", upgrade).is_ok(), "{upgrade}");
        }
        for connection in ["upgrade", "keep-alive, Upgrade", "UPGRADE,keep-alive"] {
            assert!(request("connection", connection).is_ok(), "{connection}");
        }
        assert!(request("sec-websocket-key", "ABCDEFGHIJKLMNOPQRST+/==").is_ok());
    }

    #[test]
    fn other_requests_are_refused() {
        for upgrade in ["", "h2c", "websockets", "web socket"] {
            assert_eq!(request("upgrade", upgrade), Err(HandshakeError::Upgrade), "{upgrade}");
        }
        for connection in ["", "keep-alive", "upgraded", "close"] {
            assert_eq!(request("connection", connection), Err(HandshakeError::Connection), "{connection}");
        }
        for version in ["", "8", "12", "13, 8", "013"] {
            assert_eq!(request("sec-websocket-version", version), Err(HandshakeError::Version), "{version}");
        }
        for key in
            ["", "short", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ=A", "dGhlIHNhbXBs!SBub25jZQ=="]
        {
            assert_eq!(request("sec-websocket-key", key), Err(HandshakeError::Key), "{key}");
        }
    }

    #[test]
    fn a_key_stands_once() {
        let headers = headers(&[
            ("upgrade", "websocket"),
            ("connection", "upgrade"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", KEY),
            ("sec-websocket-key", KEY),
        ]);
        assert_eq!(check_upgrade(&headers), Err(HandshakeError::Key));
    }

    #[test]
    fn subprotocols() {
        let headers =
            headers(&[("sec-websocket-protocol", "a, b"), ("sec-websocket-protocol", "c,bad\"one")]);
        assert_eq!(select_protocol(&headers, |offered| offered.first().copied()), Some("a"));
        assert_eq!(select_protocol(&headers, |offered| offered.last().copied()), Some("c"));
        assert_eq!(select_protocol(&headers, |_| None), None);
        assert_eq!(select_protocol(&headers, |_| Some("other")), None);
        assert_eq!(select_protocol(&HeaderMap::new(), |_| Some("a")), None);
    }

    #[test]
    fn responses() {
        assert_eq!(response(&[]), Ok(None));
        assert_eq!(response(&[("sec-websocket-protocol", "b")]), Ok(Some("b".to_owned())));
        let cases = [
            ("upgrade", "h2c", HandshakeError::Upgrade),
            ("connection", "close", HandshakeError::Connection),
            ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOO=", HandshakeError::Accept),
            ("sec-websocket-protocol", "c", HandshakeError::Protocol),
            ("sec-websocket-protocol", "", HandshakeError::Protocol),
            ("sec-websocket-extensions", "permessage-deflate", HandshakeError::Extension),
        ];
        for (name, value, error) in cases {
            assert_eq!(response(&[(name, value)]), Err(error), "{name}: {value}");
        }
    }

    #[test]
    fn only_101_is_a_response() {
        let key = request_key([7; 16]);
        let headers = HeaderMap::new();
        assert_eq!(check_response(StatusCode::OK, &headers, &key, &[]), Err(HandshakeError::Status));
    }
}
