//! The keyword arguments for options of the native client.

/// The argument of the Python clients that sets an option of the builder.
pub(crate) fn keyword(option: &'static str) -> &'static str {
    match option {
        "path" => "engineio_path",
        "header" | "basic_auth" => "headers",
        "add_root_certificate" => "ca_certs",
        "client_certificate" => "client_cert",
        "bearer_auth" => "http://user:password@host",
        "tls_server_name" | "protocols" => "websocket_extra_options",
        "connect_timeout" | "handshake_timeout" | "upgrade_timeout" => "request_timeout",
        other => other,
    }
}
