//! Responses to polls are compressed where that is wanted and worth it.

use std::io::Read;

use flate2::read::{GzDecoder, ZlibDecoder};

use crate::support::http::{field, get, text, with};
use crate::support::polling::OPEN;
use crate::support::{Host, sid};

/// The response of a poll that fetches `len` bytes with this `Accept-Encoding`.
async fn polled(host: &Host, len: usize, accept: &str) -> http::Response<bytes::Bytes> {
    let polling = host.polling().await;
    host.server.send(&sid(&polling.sid), "x".repeat(len - 1)).await.unwrap();
    let request = with(get(&polling.uri()), "accept-encoding", accept);
    let response = host.http().await.exchange(&request).await;
    assert_eq!(response.status(), 200);
    response
}

fn read(mut decoder: impl Read) -> String {
    let mut text = String::new();
    decoder.read_to_string(&mut text).unwrap();
    text
}

#[tokio::test(start_paused = true)]
async fn gzip_and_deflate_can_be_read_back() {
    let host = Host::plain();
    // The long one is compressed on another thread.
    for len in [1024, 5000, 500_000] {
        let wanted = format!("4{}", "x".repeat(len - 1));
        let gzip = polled(&host, len, "gzip, deflate").await;
        assert_eq!(field(&gzip, "content-encoding"), "gzip");
        assert!(gzip.body().len() < len / 10);
        assert_eq!(read(GzDecoder::new(&gzip.body()[..])), wanted);
        let deflate = polled(&host, len, "deflate").await;
        assert_eq!(field(&deflate, "content-encoding"), "deflate");
        assert_eq!(read(ZlibDecoder::new(&deflate.body()[..])), wanted);
    }
}

#[tokio::test(start_paused = true)]
async fn small_responses_are_sent_as_they_are() {
    let host = Host::plain();
    let response = polled(&host, 1023, "gzip").await;
    assert_eq!(field(&response, "content-encoding"), "");
    assert_eq!(field(&response, "vary"), "Accept-Encoding", "a larger one would differ");
    assert_eq!(text(&response).len(), 1023);
}

#[tokio::test(start_paused = true)]
async fn the_threshold_can_be_set() {
    let host = Host::start(|builder| builder.compression_threshold(10));
    assert_eq!(field(&polled(&host, 9, "gzip").await, "content-encoding"), "");
    assert_eq!(field(&polled(&host, 10, "gzip").await, "content-encoding"), "gzip");
}

#[tokio::test(start_paused = true)]
async fn handshakes_are_compressed_as_well() {
    let host = Host::start(|builder| builder.compression_threshold(0));
    let response = host.http().await.exchange(&with(get(OPEN), "accept-encoding", "gzip")).await;
    assert_eq!(field(&response, "content-encoding"), "gzip");
    assert!(read(GzDecoder::new(&response.body()[..])).starts_with("0{"));
}

#[tokio::test(start_paused = true)]
async fn the_client_has_the_choice() {
    let host = Host::plain();
    for (accept, encoding) in [
        ("", ""),
        ("br", ""),
        ("identity", ""),
        ("gzip;q=0", ""),
        ("gzip;q=0.5, deflate;q=0.8", "deflate"),
        ("*", "gzip"),
        ("GZIP", "gzip"),
        ("gzip;q=0.1, identity", ""),
    ] {
        assert_eq!(field(&polled(&host, 5000, accept).await, "content-encoding"), encoding, "{accept:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_can_be_off() {
    let host = Host::start(|builder| builder.http_compression(false));
    let response = polled(&host, 5000, "gzip").await;
    assert_eq!(field(&response, "content-encoding"), "");
    assert_eq!(field(&response, "vary"), "");
}
