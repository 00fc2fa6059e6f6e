//! Redirects of a handshake.

use engineio_proto::edge::Query;
use http::StatusCode;

use super::target::Target;

/// Redirects that are followed for one handshake.
pub(crate) const MAX_REDIRECTS: usize = 5;

/// Parameters of a request that every request has anew.
const OURS: [&str; 4] = ["EIO", "transport", "sid", "j"];

/// Whether a response with this status is a redirect that asks for the same again elsewhere.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

impl Target {
    /// Where a redirect of the handshake leads: to another path or query of the same server, or from HTTP to HTTPS on the
    /// same host. Headers, cookies and credentials go along, so that no other server may get them.
    ///
    /// `stamp` is the parameter that makes each URL a new one.
    ///
    /// # Errors
    ///
    /// Why it is not followed.
    pub(crate) fn redirected(&self, location: &str, stamp: Option<&str>) -> Result<Self, &'static str> {
        let address = self.address.join(location).map_err(|_| "which is no URL of a server")?;
        let (from, to) = (&self.address, &address);
        match (from.scheme() == to.scheme(), self.is_secure()) {
            _ if from.host() != to.host() => Err("which is another host"),
            (false, true) => Err("which gives up encryption"),
            (true, _) if from.port() != to.port() => Err("which is another port"),
            _ => Ok(()),
        }?;
        // Servers that name a bare address mean it for all requests.
        let bare = address.pairs().next().is_none();
        let led = Self::new(address, self.query.clone(), self.basic.clone());
        let mut led = led.map_err(|_| "which is no URL of a server")?;
        if !bare {
            led.query = led.own_query(stamp);
        }
        Ok(led)
    }

    /// What the URL's query asks for besides the parameters of each request, with `&` before each pair.
    fn own_query(&self, stamp: Option<&str>) -> String {
        let is_own = |pair: &&str| {
            let name = Query::pairs(pair).next().map(|(name, _)| name);
            name.is_some_and(|name| !OURS.contains(&&*name) && stamp != Some(&*name))
        };
        self.address.pairs().filter(is_own).flat_map(|pair| ["&", pair]).collect()
    }
}

/// Where a redirect of a handshake leads, for programs that send their requests themselves: the URL without the
/// parameters of the protocol and without `t`. `url` is where the handshake was sent, `location` what the response's header
/// says.
///
/// ```
/// use engineio::client::redirected;
///
/// let url = "http://example.com/engine.io/?EIO=4&transport=polling&room=1";
/// assert_eq!(redirected(url, "https://example.com/v2/").as_deref(), Ok("https://example.com/v2/?room=1"));
/// assert!(redirected(url, "https://example.org/v2/").is_err());
/// ```
///
/// # Errors
///
/// Why a client does not follow it: another host or port, HTTP instead of HTTPS, or no URL.
pub fn redirected(url: &str, location: &str) -> Result<String, &'static str> {
    const NO_URL: &str = "which is no URL of a server";
    let mut from = Target::parse(url, None, &[]).map_err(|_| NO_URL)?;
    from.query = from.own_query(Some("t"));
    let to = from.redirected(location, Some("t"))?;
    let query = to.query.strip_prefix('&').map(|query| format!("?{query}")).unwrap_or_default();
    Ok(format!("{to}{query}"))
}

#[cfg(test)]
mod tests {
    use engineio_proto::Transport;

    use super::*;

    fn led(from: &str, location: &str) -> Result<String, &'static str> {
        let target = Target::parse(from, None, &[]).unwrap().redirected(location, Some("t"))?;
        Ok(target.uri(Transport::Polling, None, None).unwrap().to_string())
    }

    #[test]
    fn the_same_server_may_lead_elsewhere() {
        for (from, location, to) in [
            ("http://h", "/v2/?EIO=4&transport=polling&t=1&x=1", "http://h/v2/?EIO=4&transport=polling&x=1"),
            ("http://h/a/b", "../c", "http://h/c?EIO=4&transport=polling"),
            ("http://h/?token=x", "/v2/", "http://h/v2/?EIO=4&transport=polling&token=x"),
            ("http://h/?token=x", "/v2/?y", "http://h/v2/?EIO=4&transport=polling&y"),
            ("http://h", "https://h/engine.io/", "https://h/engine.io/?EIO=4&transport=polling"),
            ("http://h:8080", "wss://H:8443/ä/#x", "https://h:8443/%C3%A4/?EIO=4&transport=polling"),
            ("http://h:80/", "http://h/x?", "http://h/x?EIO=4&transport=polling"),
            ("http://[fe80::1%eth0]", "/x", "http://[fe80::1%25eth0]/x?EIO=4&transport=polling"),
        ] {
            assert_eq!(led(from, location).as_deref(), Ok(to), "{from} {location}");
        }
    }

    #[test]
    fn no_other_server_gets_what_is_sent() {
        for (from, location) in [
            ("http://h", "http://other/"),
            ("http://h", "//other/x"),
            ("http://h", "http://h.evil/"),
            ("http://h", "http://h@evil/"),
            ("http://h", "http://h:81/"),
            ("https://h", "https://h:8443/"),
            ("https://h", "http://h/"),
            ("https://h", "ws://h/"),
            ("http://h", "ftp://h/"),
            ("http://h", "javascript:x"),
            ("http://h", "http://[/"),
        ] {
            assert!(led(from, location).is_err(), "{from} {location}");
        }
    }

    #[test]
    fn credentials_are_those_that_were_given() {
        let target = Target::parse("http://me:secret@h", None, &[]).unwrap();
        let led = target.redirected("https://other:words@h/", None).unwrap();
        assert_eq!(led.basic, target.basic);
    }
}
