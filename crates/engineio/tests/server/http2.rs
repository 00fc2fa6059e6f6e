//! HTTP/2, which hosts such as axum offer: polling, and WebSocket as an extended CONNECT (RFC 8441).

use bytes::Bytes;
use engineio::Server;
use h2::client::SendRequest;
use http::{Method, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use crate::support::conversation::echo;
use crate::support::{Frame, Http, WebSocket, until};

const BASE: &str = "https://localhost/engine.io/?EIO=4";

/// A connection to a server of hyper's for any version of HTTP.
async fn connect(server: &Server) -> SendRequest<Bytes> {
    let (ours, theirs) = duplex(64 * 1024);
    let service = TowerToHyperService::new(server.service());
    tokio::spawn(async move {
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http2().enable_connect_protocol();
        http.serve_connection_with_upgrades(TokioIo::new(theirs), service).await
    });
    let (client, connection) = h2::client::handshake(ours).await.unwrap();
    tokio::spawn(connection);
    client.ready().await.unwrap()
}

/// Sends a request and waits for the whole response.
async fn exchange(client: &mut SendRequest<Bytes>, request: Request<Bytes>) -> (u16, String) {
    let (head, body) = request.into_parts();
    let request = Request::from_parts(head, ());
    let (response, mut sending) = client.send_request(request, body.is_empty()).unwrap();
    if !body.is_empty() {
        sending.send_data(body, true).unwrap();
    }
    let response = response.await.unwrap();
    let (status, mut body, mut content) = (response.status().as_u16(), response.into_body(), Vec::new());
    while let Some(data) = body.data().await {
        content.extend_from_slice(&data.unwrap());
    }
    (status, String::from_utf8(content).unwrap())
}

fn get(uri: &str) -> Request<Bytes> {
    Request::get(uri).body(Bytes::new()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn polling() {
    let server = echo().build().unwrap();
    let mut client = connect(&server).await;
    let (status, open) = exchange(&mut client, get(&format!("{BASE}&transport=polling"))).await;
    assert_eq!((status, &open[..1]), (200, "0"));
    let uri = format!("{BASE}&transport=polling&sid={}", server.sessions()[0].sid);
    let (polled, _) = client.send_request(get(&uri).map(drop), true).unwrap();
    let posted = exchange(&mut client, Request::post(&uri).body("4hello".into()).unwrap()).await;
    assert_eq!(posted, (200, "ok".to_owned()));
    let mut body = polled.await.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "4hello");
}

#[tokio::test(start_paused = true)]
async fn a_page_of_the_same_origin() {
    let server = echo().build().unwrap();
    let mut client = connect(&server).await;
    for (origin, status) in [("https://localhost", 200), ("https://evil.example", 403)] {
        let mut request = get(&format!("{BASE}&transport=polling"));
        request.headers_mut().insert("origin", origin.parse().unwrap());
        assert_eq!(exchange(&mut client, request).await.0, status, "the authority is in place of Host");
    }
}

/// Asks for a WebSocket, and has a stream carry its frames.
async fn extended_connect(client: &mut SendRequest<Bytes>, uri: &str) -> (Response<()>, DuplexStream) {
    let protocol = h2::ext::Protocol::from_static("websocket");
    let request = Request::builder().method(Method::CONNECT).uri(uri).extension(protocol);
    let request = request.header("sec-websocket-version", "13").body(()).unwrap();
    let (response, mut sending) = client.send_request(request, false).unwrap();
    let (head, mut receiving) = response.await.unwrap().into_parts();
    let (ours, theirs) = duplex(64 * 1024);
    let (mut read, mut write) = tokio::io::split(theirs);
    tokio::spawn(async move {
        let mut buffer = vec![0; 1024];
        while let Ok(len @ 1..) = read.read(&mut buffer).await {
            sending.send_data(Bytes::copy_from_slice(&buffer[..len]), false).unwrap();
        }
    });
    tokio::spawn(async move {
        while let Some(Ok(data)) = receiving.data().await {
            receiving.flow_control().release_capacity(data.len()).unwrap();
            write.write_all(&data).await.unwrap();
        }
        write.shutdown().await.unwrap();
    });
    (Response::from_parts(head, ()), ours)
}

#[tokio::test(start_paused = true)]
async fn websocket() {
    let server = echo().build().unwrap();
    let mut client = connect(&server).await;
    until(|| client.is_extended_connect_protocol_enabled()).await;
    let (response, io) = extended_connect(&mut client, &format!("{BASE}&transport=websocket")).await;
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains_key("sec-websocket-accept"), "there is no key to answer");
    let mut websocket = WebSocket::over(Http::new(io));
    websocket.opened().await;
    websocket.send("4hello").await;
    assert_eq!(websocket.text().await, "4hello");
    assert_eq!(server.sessions()[0].transport.name(), "websocket");
    websocket.send("1").await;
    assert_eq!(websocket.close_code().await, 1000);
    assert_eq!(websocket.next().await, Frame::End);
    assert_eq!(server.session_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn refused_websocket() {
    let server = Server::builder().allow_upgrades(false).build().unwrap();
    let mut client = connect(&server).await;
    let (_, _) = exchange(&mut client, get(&format!("{BASE}&transport=polling"))).await;
    until(|| client.is_extended_connect_protocol_enabled()).await;
    let uri = format!("{BASE}&transport=websocket&sid={}", server.sessions()[0].sid);
    let (response, _) = extended_connect(&mut client, &uri).await;
    assert_eq!(response.status(), 400);
}
