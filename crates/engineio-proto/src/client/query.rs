//! The query of a client's requests.

use crate::{Sid, Transport};

/// The query with which a client names its session and how it comes, without a leading `?`.
///
/// ```
/// use engineio_proto::{Transport, client::request_query};
///
/// assert_eq!(request_query(Transport::Polling, None), "EIO=4&transport=polling");
/// ```
///
/// Nothing in it needs escaping: a [`Sid`] holds no character that has a meaning in a query.
pub fn request_query(transport: Transport, sid: Option<&Sid>) -> String {
    let mut query = format!("EIO=4&transport={}", transport.name());
    if let Some(sid) = sid {
        query.push_str("&sid=");
        query.push_str(sid.as_str());
    }
    query
}
