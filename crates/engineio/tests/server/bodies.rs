//! However the body of a POST arrives, it is taken as one.

use bytes::Bytes;
use http::Response;
use tokio::io::DuplexStream;

use crate::support::http::{get, text};
use crate::support::{Host, Http};

/// A session, and a connection for its POSTs with the beginning of a head.
async fn posting() -> (Host, Http<DuplexStream>, String) {
    let host = Host::start(|builder| builder.max_payload(100));
    let polling = host.polling().await;
    let head = format!("POST {} HTTP/1.1\r\nhost: a\r\n", polling.uri());
    let http = host.http().await;
    (host, http, head)
}

fn assert_accepted(response: &Response<Bytes>) {
    assert_eq!((response.status().as_u16(), text(response)), (200, "ok"));
}

#[tokio::test(start_paused = true)]
async fn many_chunks_in_one_segment() {
    let (mut host, mut http, head) = posting().await;
    let chunks = ["1\r\n4\r\n", "5\r\nhello\r\n", "1\r\n \r\n", "5\r\nworld\r\n"].concat();
    for _ in 0..2 {
        http.write(format!("{head}transfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n").as_bytes()).await;
        assert_accepted(&http.receive().await);
        assert_eq!(host.calls.message().await, "hello world".into());
    }
}

#[tokio::test(start_paused = true)]
async fn a_chunk_and_later_the_rest() {
    let (mut host, mut http, head) = posting().await;
    for (first, second) in
        [("2\r\n4a\r\n", "1\r\nb\r\n0\r\n\r\n"), ("3\r\n4ab\r\n", "0\r\n\r\n"), ("3\r\n4ab\r\n0\r\n", "\r\n")]
    {
        http.write(format!("{head}transfer-encoding: chunked\r\n\r\n{first}").as_bytes()).await;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        http.write(second.as_bytes()).await;
        assert_accepted(&http.receive().await);
        assert_eq!(host.calls.message().await, "ab".into());
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_of_known_length_in_every_two_pieces() {
    let (mut host, mut http, head) = posting().await;
    let request = format!("{head}content-length: 4\r\n\r\n4abc");
    for cut in 1..request.len() {
        http.write(&request.as_bytes()[..cut]).await;
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        http.write(&request.as_bytes()[cut..]).await;
        assert_accepted(&http.receive().await);
        assert_eq!(host.calls.message().await, "abc".into());
    }
}

#[tokio::test(start_paused = true)]
async fn requests_in_one_segment() {
    let (mut host, mut http, head) = posting().await;
    let request = format!("{head}content-length: 2\r\n\r\n");
    http.write(format!("{request}4a{request}4b{request}4c").as_bytes()).await;
    for wanted in ["a", "b", "c"] {
        assert_accepted(&http.receive().await);
        assert_eq!(host.calls.message().await, wanted.into());
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_asks_before_it_sends() {
    let (mut host, mut http, head) = posting().await;
    http.write(format!("{head}expect: 100-continue\r\ncontent-length: 2\r\n\r\n").as_bytes()).await;
    assert_eq!(http.receive().await.status(), 100);
    http.write(b"4a").await;
    assert_accepted(&http.receive().await);
    assert_eq!(host.calls.message().await, "a".into());
    http.write(format!("{head}expect: 100-continue\r\ncontent-length: 101\r\n\r\n").as_bytes()).await;
    assert_eq!(http.receive().await.status(), 413, "it is not told to send what is not wanted");
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_of_use_after_an_empty_body() {
    let (host, mut http, head) = posting().await;
    http.write(format!("{head}content-length: 0\r\n\r\n").as_bytes()).await;
    assert_eq!(http.receive().await.status(), 400);
    let open = get(crate::support::polling::OPEN);
    assert_eq!(http.exchange(&open).await.status(), 200);
    assert_eq!(host.server.session_count(), 1);
}
