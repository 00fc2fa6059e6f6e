//! HTTP/1.1, as far as a client needs it that knows its server.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};

/// The head of a response.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// The bytes that it takes, the empty line included.
    pub len: usize,
    /// The bytes of the body.
    pub body: usize,
}

const END: &[u8] = b"\r\n\r\n";

/// The head of a response with `status`, or `None` while it is incomplete.
pub fn head(input: &[u8], status: &str) -> Result<Option<Head>> {
    let Some(end) = input.windows(END.len()).position(|window| window == END) else { return Ok(None) };
    let text = std::str::from_utf8(&input[..end])?;
    ensure!(text.split(' ').nth(1) == Some(status), "unexpected response {text:?}");
    Ok(Some(Head { len: end + END.len(), body: content_length(text)? }))
}

fn content_length(head: &str) -> Result<usize> {
    let mut headers = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    match headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        Some((_, value)) => Ok(value.trim().parse()?),
        None if head.contains(" 101 ") => Ok(0),
        None => Err(anyhow::anyhow!("no Content-Length in {head:?}")),
    }
}

/// A whole response with status 200: its body and the bytes that it takes, or `None` while it is incomplete.
pub fn response(input: &[u8]) -> Result<Option<(&[u8], usize)>> {
    let Some(head) = head(input, "200")? else { return Ok(None) };
    let end = head.len + head.body;
    Ok(input.get(head.len..end).map(|body| (body, end)))
}

/// The requests of one polling session.
#[derive(Debug)]
pub struct Requests {
    addr: SocketAddr,
    target: String,
}

impl Requests {
    /// Those of a session that is yet to be opened.
    pub fn new(addr: SocketAddr) -> Self {
        Self { addr, target: "/engine.io/?EIO=4&transport=polling".to_owned() }
    }

    /// Those of the session that `open`, the data of an open packet, names.
    pub fn of_session(addr: SocketAddr, open: &[u8]) -> Result<Self> {
        let open: serde_json::Value = serde_json::from_slice(open)?;
        let sid = open["sid"].as_str().context("no sid in the open packet")?;
        Ok(Self { addr, target: format!("/engine.io/?EIO=4&transport=polling&sid={sid}") })
    }

    /// A poll.
    pub fn get(&self) -> Vec<u8> {
        format!("GET {} HTTP/1.1\r\nHost: {}\r\nAccept: */*\r\n\r\n", self.target, self.addr).into()
    }

    /// A POST of `payload`.
    pub fn post(&self, payload: &str) -> Vec<u8> {
        let Self { addr, target } = self;
        let len = payload.len();
        format!(
            "POST {target} HTTP/1.1\r\nHost: {addr}\r\nAccept: */*\r\n\
             Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {len}\r\n\r\n{payload}"
        )
        .into()
    }
}

/// The request that opens a session on WebSocket.
pub fn upgrade(addr: SocketAddr) -> Vec<u8> {
    format!(
        "GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {addr}\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::response;

    const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

    #[test]
    fn a_response_is_complete_with_its_last_byte() {
        assert_eq!(response(RESPONSE).unwrap(), Some((&b"ok"[..], RESPONSE.len())));
        for len in 0..RESPONSE.len() {
            assert_eq!(response(&RESPONSE[..len]).unwrap(), None);
        }
    }

    #[test]
    fn another_status_is_an_error() {
        assert!(response(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").is_err());
    }
}
