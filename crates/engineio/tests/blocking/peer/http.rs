//! HTTP/1.1 over one connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use flate2::read::GzDecoder;

use crate::PATIENCE;

/// A connection that is kept between requests.
pub(crate) struct Http {
    pub(crate) stream: BufReader<TcpStream>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// The body came compressed.
    pub(crate) gzip: bool,
}

impl Http {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    pub(crate) fn request(&mut self, method: &str, target: &str, body: &str) -> Answer {
        self.send(method, target, &format!("Content-Length: {}\r\n", body.len()), body);
        self.answer()
    }

    pub(crate) fn send(&mut self, method: &str, target: &str, headers: &str, body: &str) {
        let request = format!("{method} {target} HTTP/1.1\r\nHost: here\r\n{headers}\r\n{body}");
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
    }

    pub(crate) fn answer(&mut self) -> Answer {
        let status = self.line().split(' ').nth(1).unwrap().parse().unwrap();
        let (mut length, mut gzip) = (0, false);
        loop {
            let line = self.line().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            gzip |= line == "content-encoding: gzip";
        }
        let mut data = vec![0; length];
        self.stream.read_exact(&mut data).unwrap();
        let body = if gzip { inflate(&data) } else { String::from_utf8(data).unwrap() };
        Answer { status, body, gzip }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

fn inflate(data: &[u8]) -> String {
    let mut body = String::new();
    GzDecoder::new(data).read_to_string(&mut body).unwrap();
    body
}
