//! The options of a connection, shared by `connect` and `bench`.

use std::path::PathBuf;
use std::time::Duration;

use clap::ArgAction;
use http::{HeaderName, HeaderValue};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Client {
    /// Path of the endpoint [default: the path of the URL, else /engine.io/].
    #[arg(long)]
    pub(crate) path: Option<String>,
    /// Header of every request, as in `X-Token: abc`. Repeatable.
    #[arg(long, action = ArgAction::Append, value_parser = header, value_name = "K: V")]
    pub(crate) header: Vec<(HeaderName, HeaderValue)>,
    /// Parameter of every request, as in `token=abc`. Repeatable.
    #[arg(long, action = ArgAction::Append, value_parser = pair, value_name = "K=V")]
    pub(crate) query: Vec<(String, String)>,
    /// Name and password for basic authentication. All users of this machine see them meanwhile: prefer `--user-file`,
    /// or the environment variable `ENGINEIO_USER`, which counts where no other of these options is given.
    #[arg(long, value_parser = login, value_name = "NAME:PASSWORD", group = "login")]
    pub(crate) user: Option<(String, String)>,
    /// File with the name and password for basic authentication, as `NAME:PASSWORD` on its only line.
    #[arg(long, value_name = "FILE", group = "login")]
    pub(crate) user_file: Option<PathBuf>,
    /// Token for bearer authentication. All users of this machine see it meanwhile: prefer `--bearer-file`, or the
    /// environment variable `ENGINEIO_BEARER`, which counts where no other of these options is given.
    #[arg(long, value_name = "TOKEN", group = "login")]
    pub(crate) bearer: Option<String>,
    /// File with the token for bearer authentication, on its only line.
    #[arg(long, value_name = "FILE", group = "login")]
    pub(crate) bearer_file: Option<PathBuf>,
    /// Proxy: `http://HOST:PORT`, `socks5://…` or `socks5h://…`, with `NAME:PASSWORD@` before the host if it wants
    /// them; or `none` [default: that of the environment: `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` and so on].
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    /// PEM file with certificate authorities to trust, besides those of the system. Repeatable.
    #[arg(long, action = ArgAction::Append, value_name = "FILE")]
    pub(crate) cacert: Vec<PathBuf>,
    /// PEM file with our certificate chain.
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// PEM file with the key of our certificate.
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// Name that the server's certificate must have, and that the server is asked for, instead of the URL's host.
    #[arg(long, value_name = "NAME")]
    pub(crate) tls_server_name: Option<String>,
    /// Accept every certificate: whoever sits on the way can read and change everything.
    #[arg(long)]
    pub(crate) danger_accept_invalid_certs: bool,
    /// Largest message and polling body to take from the server.
    #[arg(long, value_name = "BYTES")]
    pub(crate) max_payload: Option<usize>,
    /// How long connecting may take [default: that of the library].
    #[arg(long, value_parser = humantime::parse_duration, value_name = "DURATION")]
    pub(crate) connect_timeout: Option<Duration>,
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("expected NAME: VALUE")?;
    let name = name.trim().parse().map_err(|_| format!("{name:?} is not the name of a header"))?;
    let value = HeaderValue::from_str(value.trim()).map_err(|_| "a header cannot have this value")?;
    Ok((name, value))
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub(crate) fn login(text: &str) -> Result<(String, String), String> {
    let (name, password) = text.split_once(':').ok_or("expected NAME:PASSWORD")?;
    Ok((name.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_trimmed_and_keep_their_colons() {
        let (name, value) = header("X-Time:  12:30 ").unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("x-time", "12:30"));
    }

    #[test]
    fn bad_headers_are_refused() {
        for text in ["no colon", "bad name: x", ": x", "name: a\nb"] {
            assert!(header(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn only_the_first_separator_counts() {
        assert_eq!(pair("a=b=c").unwrap(), ("a".to_owned(), "b=c".to_owned()));
        assert_eq!(login("me:a:b").unwrap(), ("me".to_owned(), "a:b".to_owned()));
    }
}
