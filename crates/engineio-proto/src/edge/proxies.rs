//! Which peers are proxies whose word is believed.

use std::net::IpAddr;
use std::str::FromStr;

/// Networks of proxies whose `X-Forwarded-*` headers are believed; empty by default.
///
/// ```
/// use engineio_proto::edge::TrustedProxies;
///
/// let proxies: TrustedProxies = "10.0.0.0/8, ::1".parse().unwrap();
/// assert!(proxies.contains("10.1.2.3".parse().unwrap()));
/// assert!(!proxies.contains("192.0.2.1".parse().unwrap()));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    /// An IPv4 address is written as the IPv6 address that stands for it.
    address: u128,
    prefix: u32,
}

/// The networks of [`TrustedProxies::local`]: loopback, RFC 1918 and RFC 4193.
const LOCAL: &str = "127.0.0.0/8, ::1, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7";

impl TrustedProxies {
    /// Peers of the same machine or of a private network.
    ///
    /// ```
    /// use engineio_proto::edge::TrustedProxies;
    ///
    /// assert!(TrustedProxies::local().contains("192.168.1.2".parse().unwrap()));
    /// assert!(!TrustedProxies::local().contains("203.0.113.7".parse().unwrap()));
    /// ```
    pub fn local() -> Self {
        LOCAL.parse().unwrap_or_default()
    }

    /// Whether the peer is one of them.
    pub fn contains(&self, peer: IpAddr) -> bool {
        let peer = bits(peer);
        self.0.iter().any(|network| network.contains(peer))
    }
}

impl FromStr for TrustedProxies {
    type Err = ProxyError;

    /// Reads addresses and networks such as `10.0.0.0/8`, separated by commas.
    fn from_str(text: &str) -> Result<Self, ProxyError> {
        let network = |entry: &str| Network::parse(entry).ok_or_else(|| ProxyError(entry.into()));
        super::fields::list(text).map(network).collect::<Result<_, _>>().map(Self)
    }
}

/// A text that is neither an address nor a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("trusted proxy {0:?}: expected an IP address or a network, as in \"127.0.0.1\" or \"10.0.0.0/8\"")]
pub struct ProxyError(Box<str>);

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(digits) => digits.parse().ok().filter(|prefix| *prefix <= width)?,
            None => width,
        };
        Some(Self { address: bits(address), prefix: 128 - width + prefix })
    }

    const fn contains(self, peer: u128) -> bool {
        match (self.address ^ peer).checked_shr(128 - self.prefix) {
            Some(difference) => difference == 0,
            None => true,
        }
    }
}

/// One form for both families, so that `::ffff:10.0.0.1` is `10.0.0.1`.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        for (networks, peer, wanted) in [
            ("", "127.0.0.1", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("10.1.2.3/0", "192.0.2.1", true),
            ("10.1.2.3/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("192.0.2.1 , ::1", "::1", true),
        ] {
            let proxies: TrustedProxies = networks.parse().unwrap();
            assert_eq!(proxies.contains(peer.parse().unwrap()), wanted, "{networks} {peer}");
        }
    }

    #[test]
    fn local_peers_are_loopback_and_private() {
        for peer in [
            "127.0.0.1",
            "127.1.2.3",
            "::1",
            "10.0.0.1",
            "172.31.0.1",
            "192.168.0.1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(TrustedProxies::local().contains(peer.parse().unwrap()), "{peer}");
        }
        for peer in
            ["0.0.0.0", "172.32.0.1", "192.0.2.1", "203.0.113.7", "2001:db8::1", "::", "::ffff:192.0.2.1"]
        {
            assert!(!TrustedProxies::local().contains(peer.parse().unwrap()), "{peer}");
        }
    }

    #[test]
    fn anything_else_is_named() {
        for entry in ["proxy.example", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0", "10.0.0.0/-1", "*"] {
            let error = TrustedProxies::from_str(entry).unwrap_err().to_string();
            assert!(error.contains(&format!("{entry:?}")), "{error}");
        }
    }
}
