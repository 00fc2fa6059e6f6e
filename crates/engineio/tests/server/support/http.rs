//! A hand-written HTTP/1.1 client: what goes over the wire is what the test says.

use bytes::{Buf, Bytes, BytesMut};
use engineio::server::Body;
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Stream, soon};

/// A GET.
pub(crate) fn get(uri: &str) -> Request<Bytes> {
    Request::get(uri).body(Bytes::new()).unwrap()
}

/// A POST.
pub(crate) fn post(uri: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    Request::post(uri).body(body.into()).unwrap()
}

/// The same request with one more header field.
pub(crate) fn with(mut request: Request<Bytes>, name: &'static str, value: &str) -> Request<Bytes> {
    request.headers_mut().append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    request
}

/// The same request as a host hands it over: with its `Host`, which is otherwise added on the wire.
pub(crate) fn handed(request: Request<Bytes>) -> Request<Body> {
    with(request, "host", "localhost").map(Body::new)
}

/// A header field of a response as text; empty if it is not there.
pub(crate) fn field<'a>(response: &'a Response<Bytes>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// A response's body as text.
pub(crate) fn text(response: &Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Http<IO> {
    pub(crate) io: IO,
    buffer: BytesMut,
}

impl<IO: Stream> Http<IO> {
    pub(crate) fn new(io: IO) -> Self {
        Self { io, buffer: BytesMut::new() }
    }

    /// Sends a request and waits for its response.
    pub(crate) async fn exchange(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        self.send(request).await;
        self.receive().await
    }

    /// Sends a request.
    pub(crate) async fn send(&mut self, request: &Request<Bytes>) {
        self.write(&encode(request)).await;
    }

    /// Sends bytes as they are.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        soon(self.io.write_all(bytes)).await.unwrap();
    }

    /// Waits for a response.
    pub(crate) async fn receive(&mut self) -> Response<Bytes> {
        soon(async {
            let mut response = self.head().await;
            let length = response.headers().get(CONTENT_LENGTH);
            let length = length.map_or(0, |length| length.to_str().unwrap().parse().unwrap());
            while self.buffer.len() < length {
                assert!(self.read().await > 0, "the connection ended within a body");
            }
            *response.body_mut() = self.buffer.split_to(length).freeze();
            response
        })
        .await
    }

    /// Waits until something can be read.
    pub(crate) async fn io_readable(&mut self) {
        assert!(self.read().await > 0);
    }

    /// Waits until the other side closes, and takes nothing else.
    pub(crate) async fn closed(&mut self) {
        let read = soon(self.io.read_buf(&mut self.buffer)).await;
        assert!(matches!(read, Ok(0) | Err(_)), "{:?}", self.buffer);
    }

    /// The connection and what was read of it beyond the last response.
    pub(crate) fn into_parts(self) -> (IO, BytesMut) {
        (self.io, self.buffer)
    }

    async fn head(&mut self) -> Response<Bytes> {
        loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = self.buffer.split_to(end);
                self.buffer.advance(4);
                return decode(std::str::from_utf8(&head).unwrap());
            }
            assert!(self.read().await > 0, "the connection ended before a response");
        }
    }

    async fn read(&mut self) -> usize {
        self.io.read_buf(&mut self.buffer).await.unwrap()
    }
}

/// The request on the wire, with `Host` and `Content-Length` where they are missing.
pub(crate) fn encode(request: &Request<Bytes>) -> Vec<u8> {
    let mut out = format!("{} {} HTTP/1.1\r\n", request.method(), request.uri()).into_bytes();
    if !request.headers().contains_key(HOST) {
        out.extend_from_slice(b"host: localhost\r\n");
    }
    if request.method() == http::Method::POST && !request.headers().contains_key(CONTENT_LENGTH) {
        out.extend_from_slice(format!("content-length: {}\r\n", request.body().len()).as_bytes());
    }
    for (name, value) in request.headers() {
        out.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(request.body());
    out
}

fn decode(head: &str) -> Response<Bytes> {
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")).unwrap();
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::from_bytes(&status.as_bytes()[..3]).unwrap();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        let name: HeaderName = name.parse().unwrap();
        response.headers_mut().append(name, HeaderValue::from_str(value).unwrap());
    }
    response
}
