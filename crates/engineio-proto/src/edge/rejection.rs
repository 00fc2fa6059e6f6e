//! The answer of a connect handler that does not want the client.

use http::StatusCode;

use crate::Text;

/// How the application rejects a client that wants to connect.
///
/// ```
/// use engineio_proto::edge::Rejection;
/// use http::StatusCode;
///
/// let rejection = Rejection::new().with_status(StatusCode::UNAUTHORIZED).with_message("log in first");
/// assert_eq!(rejection.json(), Some("\"log in first\""));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejection {
    status: Option<StatusCode>,
    json: Option<Text>,
}

impl Rejection {
    /// With the status and the message of the reply style: `403 Forbidden` in the specification's, `401
    /// Unauthorized` in python-engineio's.
    pub const fn new() -> Self {
        Self { status: None, json: None }
    }

    /// With another status. One that is no error would tell the client that it is welcome, and is ignored.
    #[must_use]
    pub fn with_status(self, status: StatusCode) -> Self {
        let is_error = status.is_client_error() || status.is_server_error();
        Self { status: is_error.then_some(status), ..self }
    }

    /// With a message.
    #[must_use]
    pub fn with_message(self, message: &str) -> Self {
        self.with_json(serde_json::Value::from(message).to_string())
    }

    /// With any JSON in place of the message. The text goes to the client as it is.
    #[must_use]
    pub fn with_json(self, json: impl Into<Text>) -> Self {
        Self { json: Some(json.into()), ..self }
    }

    /// The status, if it is not the reply style's.
    pub const fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The message as JSON, if it is not the reply style's.
    pub fn json(&self) -> Option<&str> {
        self.json.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_is_never_a_success() {
        for (status, kept) in
            [(401, true), (429, true), (503, true), (200, false), (101, false), (302, false)]
        {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(Rejection::new().with_status(status).status().is_some(), kept, "{status}");
        }
    }

    #[test]
    fn messages_are_json() {
        assert_eq!(Rejection::new().with_message("a\"b\n").json(), Some(r#""a\"b\n""#));
        assert_eq!(Rejection::new().with_json(r#"{"a":1}"#).json(), Some(r#"{"a":1}"#));
    }
}
