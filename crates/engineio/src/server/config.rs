//! The settings of a server.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use engineio_proto::edge::{ConfigError, EdgeConfig, PathError, TrustedProxies};
use engineio_proto::{SessionConfig, Sid};

use super::registry::Limits;
use super::response::Granted;

/// Settings that were checked.
#[derive(Debug)]
pub(crate) struct ServerConfig {
    pub(crate) session: Arc<SessionConfig>,
    pub(crate) edge: EdgeConfig,
    pub(crate) granted: Granted,
    pub(crate) proxies: TrustedProxies,
    pub(crate) limits: Limits,
    /// Bodies of at least this size are compressed; `None` turns compression off.
    pub(crate) compress_from: Option<usize>,
    /// Message handlers of one session that may run at a time.
    pub(crate) handler_concurrency: usize,
    /// How long the body of a POST may take.
    pub(crate) body_timeout: Duration,
    /// Most fragments of a WebSocket message.
    pub(crate) max_fragments: u32,
    pub(crate) generate_id: Option<GenerateId>,
    pub(crate) choose_protocol: Option<ChooseProtocol>,
}

type ChooseFn = dyn Fn(&[&str]) -> Option<String> + Send + Sync;

/// The application's generator of session ids.
#[derive(Clone)]
pub(crate) struct GenerateId(pub(crate) Arc<dyn Fn() -> Sid + Send + Sync>);

/// The application's choice among the subprotocols that a client offers.
#[derive(Clone)]
pub(crate) struct ChooseProtocol(pub(crate) Arc<ChooseFn>);

impl fmt::Debug for GenerateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GenerateId")
    }
}

impl fmt::Debug for ChooseProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChooseProtocol")
    }
}

/// An option that cannot work, with its name and what is accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A duration that is zero, or too long to count in milliseconds.
    #[error("`{option}` is {value:?}; expected {expected}")]
    Duration {
        /// The option.
        option: &'static str,
        /// What it was set to.
        value: Duration,
        /// What is accepted.
        expected: &'static str,
    },
    /// A number that is zero where something must fit.
    #[error("`{option}` is {value}; expected {expected}")]
    Number {
        /// The option.
        option: &'static str,
        /// What it was set to.
        value: usize,
        /// What is accepted.
        expected: &'static str,
    },
    /// The path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Transports or CORS.
    #[error(transparent)]
    Edge(#[from] ConfigError),
}
