//! What the head of a POST says about its body, from the values of a WSGI environment.

use engineio_proto::edge::PostHead;

/// What the head says: `content_length` is None where the host does not know it.
pub(crate) fn post_head(
    content_length: Option<u64>,
    content_type: Option<&str>,
    content_encoding: Option<&str>,
) -> PostHead {
    let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    let codings = content_encoding.unwrap_or_default().split(',').map(str::trim);
    PostHead {
        content_length,
        octet_stream: essence.trim().eq_ignore_ascii_case("application/octet-stream"),
        content_encoding: codings
            .filter(|coding| !coding.is_empty())
            .any(|coding| !coding.eq_ignore_ascii_case("identity")),
        ..PostHead::default()
    }
}
