//! A server that answers each request as a test says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use engineio::server::Listener;
use engineio_proto::ws::accept_key;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

use super::Memory;

/// A request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn is_post(&self) -> bool {
        self.head.starts_with("POST")
    }

    pub(crate) fn has_sid(&self) -> bool {
        self.head.lines().next().unwrap().contains("&sid=")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// Answers with the returned bytes; without any, it never answers.
type Script = Arc<dyn Fn(&Request) -> Option<Vec<u8>> + Send + Sync>;

/// The response that opens a WebSocket, if the request asks for one.
pub(crate) fn switch(request: &Request) -> Option<Vec<u8>> {
    let accept = accept_key(request.header("sec-websocket-key")?.as_bytes());
    let head = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n";
    Some(format!("{head}sec-websocket-accept: {accept}\r\n\r\n").into())
}

/// A text frame of fewer than 126 bytes.
pub(crate) fn frame(text: &str) -> Vec<u8> {
    let len = u8::try_from(text.len()).unwrap();
    assert!(len < 126);
    [&[0x81, len], text.as_bytes()].concat()
}

type Seen = Arc<Mutex<Vec<Request>>>;

pub(crate) struct Raw {
    address: SocketAddr,
    requests: Seen,
}

/// Begins to serve; returns what was asked.
fn listen(
    mut listener: impl Listener,
    script: impl Fn(&Request) -> Option<Vec<u8>> + Send + Sync + 'static,
) -> Seen {
    let requests = Seen::default();
    let (script, seen): (Script, _) = (Arc::new(script), Arc::clone(&requests));
    tokio::spawn(async move {
        while let Ok(accepted) = listener.accept().await {
            let stream = listener.prepare(accepted.io).await.unwrap();
            tokio::spawn(converse(stream, Arc::clone(&script), Arc::clone(&seen)));
        }
    });
    requests
}

impl Raw {
    pub(crate) async fn start(script: impl Fn(&Request) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { address, requests: listen(listener, script) }
    }

    /// As [`start`](Self::start), in a network of memory; its address is nothing to connect to.
    pub(crate) fn on(
        listener: Memory,
        script: impl Fn(&Request) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        Self { address: ([0, 0, 0, 0], 0).into(), requests: listen(listener, script) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// A whole response.
pub(crate) fn page(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, script: Script, seen: Seen) {
    let mut input = Vec::new();
    while let Some(request) = read(&mut stream, &mut input).await {
        seen.lock().unwrap().push(request.clone());
        match script(&request) {
            Some(answer) => {
                if stream.write_all(&answer).await.is_err() {
                    return;
                }
            }
            None => std::future::pending().await,
        }
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin), input: &mut Vec<u8>) -> Option<Request> {
    loop {
        let text = String::from_utf8_lossy(input).into_owned();
        if let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let request = Request { head: head.to_owned(), body: String::new() };
            let len = request.header("content-length").map_or(0, |len| len.parse().unwrap());
            if rest.len() >= len {
                let body = rest.get(..len).unwrap().to_owned();
                input.drain(..head.len() + 4 + len);
                return Some(Request { body, ..request });
            }
        }
        if stream.read_buf(input).await.ok()? == 0 {
            return None;
        }
    }
}
