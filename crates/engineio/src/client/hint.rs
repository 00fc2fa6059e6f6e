//! What to change when there was no session.

use super::connect_error::Phase;
use super::failure::Refused;

const LOGIN: &str = "the proxy wants credentials: put them into its URL";

const NO_TUNNEL: &str = "it may allow tunnels to this host for port 443 alone, or not at all: use https:// or wss://, \
                         leave the host out of the proxy, or stay on polling, whose requests without TLS need no tunnel";

const BEHIND_PROXY: &str =
    "the proxy does not reach the server: check host and port, and that the server runs";

const REDIRECT: &str = "redirects are followed to the same host and port, and from http to https: connect to that URL \
                        instead if you trust it";

/// For servers of Engine.IO 3.
pub(crate) const OLDER: &str = "move the server to Socket.IO 3 or newer, or use a client of Socket.IO 2";

/// An advice for an attempt that came as far as this phase. Options of the builder stand between backticks.
pub(crate) fn hint(phase: Phase, refused: Option<&Refused>, detail: &str) -> Option<&'static str> {
    match refused {
        Some(refused) => for_answer(phase, refused),
        None => for_failure(phase, detail),
    }
}

fn for_failure(phase: Phase, detail: &str) -> Option<&'static str> {
    match phase {
        Phase::Connect if detail.contains("refused") => {
            Some("nothing listens there: check host and port, and that the server runs")
        }
        Phase::Tls if detail.contains("UnrecognisedName") => {
            Some("the server has no certificate for this name: see `tls_server_name`")
        }
        Phase::Tls if detail.contains("fatal alert") => {
            Some("the server refused: it may want a certificate of its clients, see `client_certificate`")
        }
        Phase::Tls => Some(
            "check the host's name and certificate; a private CA is added with `add_root_certificate`, plain HTTP needs \
             http:// or ws://",
        ),
        Phase::Proxy if wants_login(detail) => Some(LOGIN),
        Phase::Open => Some("this is no Engine.IO v4 server, or its path is another one: see `path`"),
        _ => None,
    }
}

fn for_answer(phase: Phase, refused: &Refused) -> Option<&'static str> {
    match refused.status.as_u16() {
        407 => Some(LOGIN),
        502..=504 if phase == Phase::Proxy => Some(BEHIND_PROXY),
        _ if phase == Phase::Proxy => Some(NO_TUNNEL),
        300..=399 => Some(REDIRECT),
        401 => Some("the server wants credentials: see `basic_auth` and `bearer_auth`"),
        403 => Some("the server refuses this client: check credentials and the `Origin` header"),
        404 => Some("nothing at this path: see `path`; Socket.IO servers are at /socket.io/"),
        400 if is_wrong_version(refused) => Some("the server speaks another version of the protocol than 4"),
        502..=504 => Some("a proxy or load balancer answered: the server behind it is down or overloaded"),
        _ => None,
    }
}

/// What hyper-util says when a SOCKS proxy asks for credentials, or did not take them.
pub(crate) fn wants_login(detail: &str) -> bool {
    ["credentials not accepted", "authentication"].iter().any(|words| detail.contains(words))
}

/// The protocol's code 5, unsupported protocol version.
pub(crate) fn is_wrong_version(refused: &Refused) -> bool {
    let body: Result<serde_json::Value, _> = serde_json::from_slice(&refused.body);
    let code = body.ok().and_then(|body| body.get("code")?.as_u64());
    refused.status == 400 && code == Some(5)
}

/// A hint with other names for the options between its backticks.
pub(crate) fn renamed(hint: &'static str, name: impl Fn(&'static str) -> &'static str) -> String {
    let words = hint.split('`').enumerate();
    words
        .map(|(index, words)| if index % 2 == 1 { format!("`{}`", name(words)) } else { words.to_owned() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_get_other_names_and_the_rest_stays() {
        let flag = |option| if option == "path" { "--path" } else { option };
        assert_eq!(
            renamed("see `path`, or the `Origin` header", flag),
            "see `--path`, or the `Origin` header"
        );
        assert_eq!(renamed("nothing", flag), "nothing");
    }
}
