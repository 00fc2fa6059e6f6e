//! The flags for options of the library.

/// The flag that sets an option of the library's builder.
pub(crate) fn flag(option: &'static str) -> &'static str {
    match option {
        "add_root_certificate" => "--cacert",
        "client_certificate" => "--cert",
        "tls_server_name" => "--tls-server-name",
        "basic_auth" => "--user",
        "bearer_auth" => "--bearer",
        "path" => "--path",
        "header" => "--header",
        "proxy" => "--proxy",
        "transports" => "--transports",
        "max_payload" => "--max-payload",
        "connect_timeout" => "--connect-timeout",
        "reconnect.initial_delay" | "reconnect.max_delay" => "--reconnect-delay",
        other => other,
    }
}
