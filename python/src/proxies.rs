//! Which peers' forwarded headers are believed.

use std::net::IpAddr;
use std::str::FromStr;

use engineio_proto::edge::{RequestHead, TrustedProxies as Networks, forwarded_scheme};
use http::Method;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::gate::{header_map, text_item};

/// The option `trusted_proxies`, as it is asked for each request that has forwarded headers.
///
/// None stands for peers of this machine and of private networks. A text has addresses and networks, separated by
/// commas; `unix` stands for peers without an address, and `*` for everybody. `ValueError` is raised for anything else.
#[pyclass(frozen, module = "engineio_rs._core")]
#[derive(Debug)]
pub(crate) struct TrustedProxies {
    networks: Networks,
    /// Everybody is believed.
    any: bool,
    /// Peers over a Unix socket are.
    unix: bool,
    /// So are peers whose address the web server has replaced, as it trusts them.
    replaced: bool,
}

/// The other end of a connection, as an environment has it.
enum Peer {
    Address(IpAddr),
    /// The address is a client's that a proxy named, and the web server has believed it. No connection has port 0.
    Replaced,
    Unix,
    Unknown,
}

#[pymethods]
impl TrustedProxies {
    #[new]
    #[pyo3(signature = (entries=None))]
    fn new(entries: Option<&str>) -> PyResult<Self> {
        let Some(entries) = entries else {
            return Ok(Self { networks: Networks::local(), any: false, unix: true, replaced: true });
        };
        let entries: Vec<&str> =
            entries.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
        let is_network = |entry: &&str| *entry != "*" && *entry != "unix";
        let networks: Vec<&str> = entries.iter().copied().filter(is_network).collect();
        Ok(Self {
            networks: Networks::from_str(&networks.join(","))
                .map_err(|error| PyValueError::new_err(error.to_string()))?,
            any: entries.contains(&"*"),
            unix: entries.contains(&"unix"),
            replaced: !entries.is_empty(),
        })
    }

    /// Whether the peer's `X-Forwarded-Host` and `X-Forwarded-Proto` are believed.
    pub(crate) fn believes(&self, environ: &Bound<'_, PyDict>) -> PyResult<bool> {
        Ok(self.any
            || match peer_of(environ)? {
                Peer::Address(address) => self.networks.contains(address),
                Peer::Replaced => self.replaced,
                Peer::Unix => self.unix,
                Peer::Unknown => false,
            })
    }

    /// The scheme that such a peer reports, `http` or `https`; None if it reports none, or is not believed.
    fn scheme(&self, environ: &Bound<'_, PyDict>) -> PyResult<Option<&'static str>> {
        let is_forwarded = environ.contains(intern!(environ.py(), "HTTP_X_FORWARDED_PROTO"))?;
        if !is_forwarded || !self.believes(environ)? {
            return Ok(None);
        }
        let headers = header_map(environ)?;
        let mut head = RequestHead::new(&Method::GET, "", &headers);
        head.forwarded_trusted = true;
        Ok(forwarded_scheme(&head))
    }
}

fn peer_of(environ: &Bound<'_, PyDict>) -> PyResult<Peer> {
    let item = |key: &Bound<'_, PyString>| text_item(environ, key).map(Option::unwrap_or_default);
    let address = item(intern!(environ.py(), "REMOTE_ADDR"))?;
    let has_port_0 = item(intern!(environ.py(), "REMOTE_PORT"))? == "0";
    Ok(match address.parse::<IpAddr>() {
        Ok(address) if has_port_0 && address.is_loopback() => Peer::Unix,
        Ok(_) if has_port_0 => Peer::Replaced,
        Ok(address) => Peer::Address(address),
        Err(_) if address.is_empty() => Peer::Unix,
        Err(_) => Peer::Unknown,
    })
}
