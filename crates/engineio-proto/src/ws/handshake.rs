//! The HTTP exchange that a WebSocket connection begins with. What a server asks of a request is in
//! [`edge`](crate::edge).

use base64_simd::STANDARD;
use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use http::{HeaderMap, StatusCode};
use sha1::{Digest, Sha1};

use crate::edge::fields;

/// What servers append to the key (RFC 6455, section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

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

/// The `Sec-WebSocket-Key` of a client.
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
}

/// The value of `Sec-WebSocket-Accept` that answers a key.
pub fn accept_key(key: &[u8]) -> String {
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    STANDARD.encode_to_string(digest)
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
    if fields::single(headers, SEC_WEBSOCKET_ACCEPT) != Ok(Some(&key.accept())) {
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
    match fields::single(headers, SEC_WEBSOCKET_PROTOCOL) {
        Ok(Some(chosen)) if offered.contains(&chosen) => Ok(Some(chosen)),
        _ => Err(HandshakeError::Protocol),
    }
}

fn check_switch(headers: &HeaderMap) -> Result<(), HandshakeError> {
    if !fields::has_item(headers, UPGRADE, "websocket") {
        return Err(HandshakeError::Upgrade);
    }
    if !fields::has_item(headers, CONNECTION, "upgrade") {
        return Err(HandshakeError::Connection);
    }
    Ok(())
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

    fn response(changed: &[(&'static str, &'static str)]) -> Result<Option<String>, HandshakeError> {
        let mut all =
            headers(&[("upgrade", "websocket"), ("connection", "upgrade"), ("sec-websocket-accept", ACCEPT)]);
        all.extend(headers(changed));
        let key = request_key(*b"the sample nonce");
        check_response(StatusCode::SWITCHING_PROTOCOLS, &all, &key, &["a", "b"])
            .map(|chosen| chosen.map(str::to_owned))
    }

    #[test]
    fn the_example_of_the_rfc() {
        assert_eq!(accept_key(KEY.as_bytes()), ACCEPT);
        assert_eq!(request_key(*b"the sample nonce").as_str(), KEY);
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
