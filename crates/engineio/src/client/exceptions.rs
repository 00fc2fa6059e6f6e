//! The hosts that no proxy is for.

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

/// Stands for a proxy where all that counts is whether there would be one.
const ANY: &str = "http://proxy.invalid";

/// A list such as that of `NO_PROXY`, split into what hyper-util understands and what it does not.
#[derive(Debug, Default)]
pub(crate) struct Exceptions {
    /// Names, addresses and networks, as hyper-util takes them.
    pub(crate) plain: String,
    /// Whether it is about every host.
    all: bool,
    /// Those that are for one port alone.
    ported: Vec<(Matcher, u16)>,
}

impl Exceptions {
    /// Reads a list with commas or spaces of names (which stand for their subdomains as well), addresses, networks, or
    /// `*`; names and addresses with a port are for that port alone.
    pub(crate) fn parse(list: &str) -> Self {
        let mut exceptions = Self::default();
        let words = list.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
        for word in words {
            if let Some((host, port)) = with_port(word) {
                exceptions.ported.push((Matcher::builder().all(ANY).no(host).build(), port));
            } else {
                exceptions.all |= word == "*";
                exceptions.plain.extend([word.strip_prefix('*').unwrap_or(word), ","]);
            }
        }
        exceptions
    }

    /// Whether it leaves out a server in a way that hyper-util does not see.
    pub(crate) fn contains(&self, server: &Uri) -> bool {
        let default = if server.scheme_str() == Some("https") { 443 } else { 80 };
        let port = server.port_u16().unwrap_or(default);
        let is_it = |(matcher, only): &(Matcher, u16)| *only == port && matcher.intercept(server).is_none();
        self.all || self.ported.iter().any(is_it)
    }
}

/// Host and port of an entry that has one. An IPv6 address has one behind its brackets alone.
fn with_port(word: &str) -> Option<(&str, u16)> {
    let (host, port) = word.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    Some((host, port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_told_from_addresses() {
        for (word, wanted) in [
            ("h:81", Some(("h", 81))),
            ("[::1]:81", Some(("::1", 81))),
            ("::1", None),
            ("[::1]", None),
            ("h", None),
            ("10.0.0.0/8", None),
            ("h:x", None),
        ] {
            assert_eq!(with_port(word), wanted, "{word}");
        }
    }

    #[test]
    fn lists_have_commas_or_spaces() {
        let contains = |list, server: &str| Exceptions::parse(list).contains(&server.parse().unwrap());
        assert!(contains("x, *", "http://h"));
        assert!(contains("x h:81", "http://h:81") && contains("h:81", "http://sub.h:81"));
        assert!(contains("h:443", "https://h") && contains("[::1]:80", "http://[::1]"));
        assert!(!contains("h:81,x", "http://h:82") && !contains("h:81", "http://g:81"));
        assert_eq!(Exceptions::parse("a b,,*.c").plain, "a,b,.c,");
    }
}
