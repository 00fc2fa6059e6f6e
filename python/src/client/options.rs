//! The options of a native client.

use engineio::Transport;
use engineio::client::{ClientBuilder, Proxy, Reconnect};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::session::duration;

/// The options as `_client_options.native()` gives them.
#[derive(Debug, FromPyObject)]
#[pyo3(from_item_all)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Options {
    path: String,
    transport: String,
    upgrade: bool,
    headers: Vec<(String, String)>,
    request_timeout: f64,
    timestamp: bool,
    accept_any_certificate: bool,
    ca_certs: Option<Vec<u8>>,
    /// Whether no other authorities than those of `ca_certs` are trusted.
    ca_certs_alone: bool,
    client_cert: Option<(Vec<u8>, Vec<u8>)>,
    proxy: Option<String>,
    max_payload: usize,
    reconnect: Option<Policy>,
    #[pyo3(item("protocols"), default)]
    protocols: Vec<String>,
    #[pyo3(item("server_name"), default)]
    server_name: Option<String>,
}

#[derive(Debug, FromPyObject)]
#[pyo3(from_item_all)]
struct Policy {
    initial_delay: f64,
    max_delay: f64,
    factor: f64,
    jitter: f64,
    max_attempts: Option<u32>,
}

impl Options {
    pub(crate) fn parse(options: &Bound<'_, PyDict>) -> PyResult<Self> {
        options.extract()
    }

    pub(crate) fn builder(self) -> PyResult<ClientBuilder> {
        let timeout = duration(self.request_timeout, "request_timeout")?;
        let mut builder = engineio::Client::builder()
            .path(self.path)
            .transports(transports(&self.transport, self.upgrade)?)
            .fall_through(false)
            .connect_timeout(timeout)
            .handshake_timeout(timeout)
            .request_timeout(timeout)
            .upgrade_timeout(timeout)
            .hold_for_upgrade(true)
            .max_payload(self.max_payload)
            .protocols(self.protocols)
            .timestamp(self.timestamp.then_some("t"));
        for (name, value) in self.headers {
            builder = builder.header(name, value);
        }
        if let Some(proxy) = self.proxy {
            builder = builder.proxy(Proxy::url(proxy));
        }
        if self.accept_any_certificate {
            builder = builder.danger_accept_any_certificate();
        }
        if let Some(pem) = self.ca_certs {
            builder = builder.add_root_certificate(pem);
        }
        if self.ca_certs_alone {
            builder = builder.without_system_roots();
        }
        if let Some((chain, key)) = self.client_cert {
            builder = builder.client_certificate(chain, key);
        }
        if let Some(name) = self.server_name {
            builder = builder.tls_server_name(name);
        }
        match self.reconnect {
            Some(policy) => Ok(builder.reconnect(policy.parse()?)),
            None => Ok(builder),
        }
    }
}

impl Policy {
    fn parse(&self) -> PyResult<Reconnect> {
        Ok(Reconnect {
            initial_delay: duration(self.initial_delay, "reconnect.initial_delay")?,
            max_delay: duration(self.max_delay, "reconnect.max_delay")?,
            factor: self.factor,
            jitter: self.jitter,
            max_attempts: self.max_attempts,
            ..Reconnect::default()
        })
    }
}

fn transports(first: &str, upgrade: bool) -> PyResult<Vec<Transport>> {
    match Transport::from_name(first) {
        Some(Transport::Polling) if upgrade => Ok(vec![Transport::Polling, Transport::WebSocket]),
        Some(only) => Ok(vec![only]),
        None => Err(PyValueError::new_err(format!("there is no transport {first:?}"))),
    }
}
