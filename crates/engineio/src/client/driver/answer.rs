//! Responses: their bodies, limited, and what refusals say.

use std::future::poll_fn;
use std::io::{self, Read};
use std::time::Duration;

use bytes::Bytes;
use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use http::header::{CONTENT_ENCODING, HeaderName, LOCATION, RETRY_AFTER};
use http::response::Parts;
use http_body::Body;
use http_body_util::BodyExt;

use crate::client::connect_error::Phase;
use crate::client::failure::{Failure, Refused};
use crate::driver::collected::{Collected, Uncollected};

/// Bytes of a refusal's body that are kept: applications send JSON to tell why.
const EXCERPT: usize = 64 << 10;

/// Characters of an address that is redirected to.
const LOCATION_CHARS: usize = 1024;

/// How long a refusal's body is waited for.
pub(crate) const EXCERPT_PATIENCE: Duration = Duration::from_secs(1);

/// A response's body, inflated, of at most `max` bytes.
pub(crate) async fn read<B>(parts: &Parts, body: B, max: usize) -> Result<Bytes, Failure>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    let raw = collect(body, max).await?;
    match parts.headers.get(CONTENT_ENCODING).map(http::HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(raw),
        Some(b"gzip" | b"x-gzip") => inflate(GzDecoder::new(&raw[..]), max),
        // The name stands for the zlib format, but some servers mean raw deflate.
        Some(b"deflate") if is_zlib(&raw) => inflate(ZlibDecoder::new(&raw[..]), max),
        Some(b"deflate") => inflate(DeflateDecoder::new(&raw[..]), max),
        Some(_) => Err(Failure::new(Phase::Handshake, "a response in an encoding that was not asked for")),
    }
}

async fn collect<B>(mut body: B, max: usize) -> Result<Bytes, Failure>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    let mut collected = Collected::default();
    poll_fn(|cx| collected.poll(&mut body, max, cx)).await.map_err(|why| match why {
        Uncollected::TooLarge => Failure::too_large(Phase::Handshake, max),
        Uncollected::Broken(error) => Failure::http(Phase::Handshake, error),
    })
}

fn is_zlib(raw: &[u8]) -> bool {
    matches!(raw, [first, second, ..] if first & 0x0f == 8 && (usize::from(*first) * 256 + usize::from(*second)).is_multiple_of(31))
}

fn inflate(decoder: impl Read, max: usize) -> Result<Bytes, Failure> {
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let mut body = Vec::new();
    let read = decoder.take(limit).read_to_end(&mut body);
    read.map_err(|error: io::Error| {
        Failure::new(Phase::Handshake, format!("a broken compressed response: {error}"))
    })?;
    if body.len() > max {
        return Err(Failure::too_large(Phase::Handshake, max));
    }
    Ok(body.into())
}

/// What a refusal says.
pub(crate) async fn refusal<B: Body<Data = Bytes> + Unpin>(parts: &Parts, body: B) -> Refused {
    let text = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    Refused {
        status: parts.status,
        location: text(LOCATION).map(|location| location.chars().take(LOCATION_CHARS).collect()),
        retry_after: text(RETRY_AFTER).and_then(|after| after.trim().parse().ok()).map(Duration::from_secs),
        not_followed: None,
        body: tokio::time::timeout(EXCERPT_PATIENCE, beginning(body)).await.unwrap_or_default(),
    }
}

async fn beginning<B: Body<Data = Bytes> + Unpin>(mut body: B) -> Bytes {
    let mut start = Vec::new();
    while start.len() < EXCERPT
        && let Some(Ok(frame)) = body.frame().await
    {
        let data = frame.into_data().unwrap_or_default();
        start.extend(data.iter().take(EXCERPT - start.len()));
    }
    start.into()
}
