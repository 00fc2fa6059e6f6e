//! The edge: everything that is decided about an HTTP request before a session is involved, and everything that
//! is answered without one.
//!
//! [`EdgeConfig::check`] turns a request's head into a [`Request`] for a session or into a [`Refusal`];
//! [`Reply`] is the one table from a refusal to an HTTP response, in both [`ReplyStyle`]s. A session returns
//! refusals of the same type, so every host (hyper, WSGI, ASGI) gives the same answers.

mod config;
mod cookie;
mod cors;
mod cors_headers;
mod encoding;
mod excerpt;
pub(crate) mod fields;
mod head;
mod host;
mod jsonp;
mod origin;
mod origin_error;
mod origins;
mod path;
mod post;
mod proxies;
mod query;
mod refusal;
mod rejection;
mod reply;
mod request;
#[cfg(test)]
mod samples;
mod table;
mod vary;
mod websocket;

pub use config::{ConfigError, EdgeConfig};
pub use cookie::{CookieError, SameSite, SessionCookie, SessionCookieBuilder};
pub use cors::Cors;
pub use cors_headers::CorsHeaders;
pub use encoding::{ContentEncoding, negotiate, negotiate_as_listed};
pub use excerpt::Excerpt;
pub use fields::is_token;
pub use head::RequestHead;
pub use jsonp::{form_data, jsonp_call};
pub use origin_error::{OriginError, OriginFault};
pub use origins::{AllowedOrigins, OriginList, forwarded_scheme};
pub use path::{EdgePath, PathError};
pub use post::PostHead;
pub use proxies::{ProxyError, TrustedProxies};
pub use query::{Eio, Query, QueryError};
pub use refusal::Refusal;
pub use rejection::Rejection;
pub use reply::{Reply, ReplyStyle};
pub use request::{Checked, Request, Standing, objection};
pub use vary::vary_on;
pub use websocket::{check_handshake, offered_protocols};
