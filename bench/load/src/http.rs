//! HTTP/1.1, as far as a client needs it that knows its server.

use std::{borrow::Cow, net::SocketAddr};

use anyhow::{Context, Result, ensure};

/// The head of a response.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// The bytes that it takes, the empty line included.
    pub len: usize,
    /// The bytes of the body; unknown if it comes in chunks.
    pub body: Option<usize>,
    /// Whether the server closes the connection behind it.
    pub closes: bool,
}

/// A whole response with status 200.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Response<'a> {
    /// The body.
    pub body: Cow<'a, [u8]>,
    /// The bytes that all of it takes.
    pub len: usize,
    /// Whether the server closes the connection behind it.
    pub closes: bool,
}

const END: &[u8] = b"\r\n\r\n";
const LINE_END: &[u8] = b"\r\n";

/// The head of a response with `status`, or `None` while it is incomplete.
pub fn head(input: &[u8], status: &str) -> Result<Option<Head>> {
    let Some(end) = input.windows(END.len()).position(|window| window == END) else { return Ok(None) };
    let text = std::str::from_utf8(&input[..end])?;
    ensure!(text.split(' ').nth(1) == Some(status), "unexpected response {text:?}");
    let closes = header(text, "connection") == Some("close");
    Ok(Some(Head { len: end + END.len(), body: content_length(text)?, closes }))
}

fn header<'a>(head: &'a str, wanted: &str) -> Option<&'a str> {
    let mut headers = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
}

fn content_length(head: &str) -> Result<Option<usize>> {
    match header(head, "content-length") {
        Some(value) => Ok(Some(value.parse()?)),
        None if head.contains(" 101 ") => Ok(Some(0)),
        None if header(head, "transfer-encoding") == Some("chunked") => Ok(None),
        None => Err(anyhow::anyhow!("no length of the body in {head:?}")),
    }
}

/// A whole response with status 200, or `None` while it is incomplete.
pub fn response(input: &[u8]) -> Result<Option<Response<'_>>> {
    let Some(Head { len, body, closes }) = head(input, "200")? else { return Ok(None) };
    let Some(body) = body else {
        let body = chunks(&input[len..])?;
        return Ok(body.map(|(body, used)| Response { body: body.into(), len: len + used, closes }));
    };
    let body = input.get(len..len + body);
    Ok(body.map(|body| Response { body: body.into(), len: len + body.len(), closes }))
}

/// A whole body in chunks and the bytes that it takes, or `None` while it is incomplete.
fn chunks(input: &[u8]) -> Result<Option<(Vec<u8>, usize)>> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let Some(line) = input[at..].windows(LINE_END.len()).position(|window| window == LINE_END) else {
            return Ok(None);
        };
        let len = usize::from_str_radix(std::str::from_utf8(&input[at..at + line])?, 16)?;
        let start = at + line + LINE_END.len();
        let Some(chunk) = input.get(start..start + len + LINE_END.len()) else { return Ok(None) };
        body.extend_from_slice(&chunk[..len]);
        at = start + chunk.len();
        if len == 0 {
            return Ok(Some((body, at)));
        }
    }
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
    use super::{Response, response};

    const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

    fn ok(response: &[u8]) -> Response<'static> {
        Response { body: b"ok".into(), len: response.len(), closes: false }
    }

    #[test]
    fn a_response_is_complete_with_its_last_byte() {
        assert_eq!(response(RESPONSE).unwrap(), Some(ok(RESPONSE)));
        for len in 0..RESPONSE.len() {
            assert_eq!(response(&RESPONSE[..len]).unwrap(), None);
        }
    }

    #[test]
    fn chunks_are_put_together() {
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n";
        assert_eq!(response(chunked).unwrap(), Some(ok(chunked)));
        for len in 0..chunked.len() {
            assert_eq!(response(&chunked[..len]).unwrap(), None);
        }
    }

    #[test]
    fn another_status_is_an_error() {
        assert!(response(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").is_err());
    }
}
