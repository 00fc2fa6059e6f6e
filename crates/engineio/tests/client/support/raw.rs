//! A server that answers each request as a test says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

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

pub(crate) struct Raw {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Raw {
    pub(crate) async fn start(script: impl Fn(&Request) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (script, seen): (Script, _) = (Arc::new(script), Arc::clone(&requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&script), Arc::clone(&seen)));
            }
        });
        Self { address, requests }
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

async fn converse(mut stream: TcpStream, script: Script, seen: Arc<Mutex<Vec<Request>>>) {
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

async fn read(stream: &mut TcpStream, input: &mut Vec<u8>) -> Option<Request> {
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
