//! From the options of a connection to the library's.

use std::fmt::Display;
use std::path::Path;

use engineio::Client;
use engineio::client::{ClientBuilder, Proxy};

use crate::args;
use crate::login::Login;

/// A client with the options of a connection.
///
/// # Errors
///
/// A file cannot be read.
pub(crate) fn builder(options: &args::Client) -> Result<ClientBuilder, String> {
    let mut builder = Client::builder();
    if let Some(path) = &options.path {
        builder = builder.path(path);
    }
    for (name, value) in &options.header {
        builder = builder.header(name.clone(), value.clone());
    }
    for (name, value) in &options.query {
        builder = builder.query(name, value);
    }
    builder = match Login::of(options, |name| std::env::var(name).ok())? {
        Some(Login::Basic(name, password)) => builder.basic_auth(&name, &password),
        Some(Login::Bearer(token)) => builder.bearer_auth(&token),
        None => builder,
    };
    if let Some(bytes) = options.max_payload {
        builder = builder.max_payload(bytes);
    }
    if let Some(timeout) = options.connect_timeout {
        builder = builder.connect_timeout(timeout);
    }
    builder = match options.proxy.as_deref() {
        None => builder,
        Some("none") => builder.proxy(Proxy::none()),
        Some(url) => builder.proxy(Proxy::url(url)),
    };
    tls(options, builder)
}

fn tls(options: &args::Client, mut builder: ClientBuilder) -> Result<ClientBuilder, String> {
    for file in &options.cacert {
        builder = builder.add_root_certificate(read(file)?);
    }
    if let (Some(cert), Some(key)) = (&options.cert, &options.key) {
        builder = builder.client_certificate(read(cert)?, read(key)?);
    }
    if let Some(name) = &options.tls_server_name {
        builder = builder.tls_server_name(name);
    }
    if options.danger_accept_invalid_certs {
        builder = builder.danger_accept_any_certificate();
    }
    Ok(builder)
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    let words = |error: &dyn Display| format!("cannot read {}: {error}", file.display());
    std::fs::read(file).map_err(|error| words(&error))
}
