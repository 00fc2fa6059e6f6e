//! The cookies of a client.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};

use super::target::Target;

/// Cookies kept for one host.
const MAX_COOKIES: usize = 64;

/// Hosts that a jar keeps cookies for.
const MAX_HOSTS: usize = 64;

/// Longest cookie with all of its attributes, in bytes.
const MAX_LEN: usize = 4096;

/// The cookies that servers set, sent back with every later request of both transports.
///
/// Load balancers mark sessions with them, so a client has a jar of its own unless it is given one. Clones share
/// their cookies: give the same jar to several clients where they are to be one visitor. A cookie is only sent to the
/// very host that set it, over TLS only if it says so, for its path and until it expires. At most 64 cookies of 4 KiB,
/// attributes included, are kept for each of at most 64 hosts; a further one replaces the oldest of its host, and a
/// further host the one that set a cookie longest ago. `Secure` is for TLS alone, and a name that begins with
/// `__Secure-` or `__Host-` is taken only with the attributes that it promises (RFC 6265bis).
///
/// ```
/// use engineio::Client;
/// use engineio::client::CookieJar;
///
/// let jar = CookieJar::new();
/// let builder = Client::builder().cookie_jar(jar.clone());
/// ```
#[derive(Clone, Default)]
pub struct CookieJar(Arc<Mutex<Vec<Cookie>>>);

#[derive(Clone)]
struct Cookie {
    host: String,
    name: String,
    value: String,
    path: String,
    secure: bool,
    expires: Option<SystemTime>,
}

impl CookieJar {
    /// An empty jar.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets all cookies.
    pub fn clear(&self) {
        self.with(Vec::clear);
    }

    /// How many cookies there are; expired ones count until the next request.
    pub fn len(&self) -> usize {
        self.with(|cookies| cookies.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes over what a response sets. `now` is the wall clock's time.
    pub(crate) fn store(&self, target: &Target, headers: &HeaderMap, now: SystemTime) {
        for value in headers.get_all(SET_COOKIE) {
            let cookie = value.to_str().ok().and_then(|text| Cookie::parse(text, target, now));
            if let Some(cookie) = cookie {
                self.with(|cookies| replace(cookies, cookie, now));
            }
        }
    }

    /// The value of the `Cookie` header for a request.
    pub(crate) fn header(&self, target: &Target, now: SystemTime) -> Option<HeaderValue> {
        let pairs: Vec<String> = self.with(|cookies| {
            cookies.retain(|cookie| cookie.is_alive(now));
            let wanted = cookies.iter().filter(|cookie| cookie.is_for(target));
            wanted.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect()
        });
        let mut value = HeaderValue::try_from(pairs.join("; ")).ok().filter(|_| !pairs.is_empty())?;
        value.set_sensitive(true);
        Some(value)
    }

    fn with<R>(&self, run: impl FnOnce(&mut Vec<Cookie>) -> R) -> R {
        run(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for CookieJar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CookieJar").field(&self.len()).finish()
    }
}

fn replace(cookies: &mut Vec<Cookie>, cookie: Cookie, now: SystemTime) {
    cookies.retain(|old| !old.is_same(&cookie));
    if cookie.is_alive(now) {
        make_room(cookies, &cookie.host);
        cookies.push(cookie);
    }
}

/// Makes room for a cookie of a host: nobody but the host itself loses one, unless there are too many hosts.
fn make_room(cookies: &mut Vec<Cookie>, host: &str) {
    let of_host = cookies.iter().filter(|cookie| cookie.host == host).count();
    if of_host >= MAX_COOKIES {
        let oldest = cookies.iter().position(|cookie| cookie.host == host);
        oldest.map(|oldest| cookies.remove(oldest));
    } else if of_host == 0 && hosts(cookies).len() >= MAX_HOSTS {
        let idle = idlest(cookies);
        cookies.retain(|cookie| Some(&cookie.host) != idle.as_ref());
    }
}

fn hosts(cookies: &[Cookie]) -> BTreeSet<&str> {
    cookies.iter().map(|cookie| cookie.host.as_str()).collect()
}

/// The host whose last cookie is the oldest.
fn idlest(cookies: &[Cookie]) -> Option<String> {
    let mut latest = BTreeMap::new();
    for (at, cookie) in cookies.iter().enumerate() {
        latest.insert(cookie.host.as_str(), at);
    }
    latest.into_iter().min_by_key(|(_, at)| *at).map(|(host, _)| host.to_owned())
}

impl Cookie {
    /// Reads the value of a `Set-Cookie` header (RFC 6265, section 5.2).
    fn parse(text: &str, target: &Target, now: SystemTime) -> Option<Self> {
        if text.len() > MAX_LEN {
            return None;
        }
        let (pair, attributes) = text.split_once(';').unwrap_or((text, ""));
        let (name, value) = pair.split_once('=')?;
        let mut cookie = Self {
            host: target.host().to_ascii_lowercase(),
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            path: default_path(target.path()).to_owned(),
            secure: false,
            expires: None,
        };
        let (mut max_age, mut has_domain, mut is_root) = (None, false, false);
        for attribute in attributes.split(';') {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
            match name.as_str() {
                "path" if value.starts_with('/') => {
                    value.clone_into(&mut cookie.path);
                    is_root = value == "/";
                }
                "secure" => cookie.secure = true,
                "expires" => cookie.expires = httpdate::parse_http_date(value).ok().or(cookie.expires),
                "max-age" => max_age = value.parse::<i64>().ok().or(max_age),
                "domain" if !value.is_empty() && !covers(value, target.host()) => return None,
                "domain" => has_domain |= !value.is_empty(),
                _ => {}
            }
        }
        if let Some(seconds) = max_age {
            let age = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
            cookie.expires = if seconds <= 0 { Some(SystemTime::UNIX_EPOCH) } else { now.checked_add(age) };
        }
        let allowed = !cookie.name.is_empty()
            && (target.is_secure() || !cookie.secure)
            && (cookie.secure || !cookie.promises("__Secure-"))
            && ((cookie.secure && is_root && !has_domain) || !cookie.promises("__Host-"));
        Some(cookie).filter(|_| allowed)
    }

    /// Whether the name says by its beginning how the cookie was set. Its letters may be of either case.
    fn promises(&self, prefix: &str) -> bool {
        self.name.get(..prefix.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(prefix))
    }

    fn is_same(&self, other: &Self) -> bool {
        (&self.host, &self.name, &self.path) == (&other.host, &other.name, &other.path)
    }

    fn is_alive(&self, now: SystemTime) -> bool {
        self.expires.is_none_or(|expires| expires > now)
    }

    fn is_for(&self, target: &Target) -> bool {
        let rest = target.path().strip_prefix(&self.path);
        let path =
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/'));
        path && self.host.eq_ignore_ascii_case(target.host()) && (target.is_secure() || !self.secure)
    }
}

/// Whether a cookie of this domain is a matter of this host.
fn covers(domain: &str, host: &str) -> bool {
    let domain = domain.strip_prefix('.').unwrap_or(domain).to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    let above = host.strip_suffix(&domain).is_some_and(|front| front.ends_with('.'));
    host == domain || above
}

/// The path of a cookie that names none (RFC 6265, section 5.1.4).
fn default_path(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((directory, _)) => directory,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::parse(url, None, &[]).unwrap()
    }

    fn jar(url: &str, lines: &[&str]) -> CookieJar {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(SET_COOKIE, HeaderValue::from_str(line).unwrap());
        }
        let jar = CookieJar::new();
        jar.store(&target(url), &headers, SystemTime::UNIX_EPOCH);
        jar
    }

    fn sent(jar: &CookieJar, url: &str, at: u64) -> String {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(at);
        jar.header(&target(url), now).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    #[test]
    fn cookies_come_back() {
        let jar = jar("http://h", &["io=abc; Path=/; HttpOnly", "lb=1", "io=def; path=/"]);
        assert_eq!(sent(&jar, "http://h", 0), "lb=1; io=def");
        assert_eq!(sent(&jar, "http://other", 0), "");
        assert_eq!(sent(&jar, "http://h/elsewhere", 0), "io=def", "`lb` belongs to its path");
    }

    #[test]
    fn secure_cookies_need_tls() {
        let jar = jar("https://h", &["a=1; Secure"]);
        assert_eq!(sent(&jar, "http://h", 0), "");
        assert_eq!(sent(&jar, "wss://h", 0), "a=1");
    }

    #[test]
    fn cookies_expire() {
        let lines = ["a=1; Max-Age=10", "b=1; Expires=Thu, 01 Jan 1970 00:00:20 GMT", "c=1; Max-Age=0"];
        let jar = jar("http://h", &lines);
        assert_eq!(sent(&jar, "http://h", 5), "a=1; b=1");
        assert_eq!(sent(&jar, "http://h", 15), "b=1");
        assert_eq!(sent(&jar, "http://h", 25), "");
        assert!(jar.is_empty());
    }

    #[test]
    fn domains_must_cover_the_host() {
        let lines = ["a=1; Domain=.example.com", "b=1; Domain=evil.com", "c=1; Domain=ample.com"];
        assert_eq!(sent(&jar("http://x.example.com", &lines), "http://x.example.com", 0), "a=1");
    }

    #[test]
    fn paths_match_whole_segments() {
        let jar = jar("http://h", &["a=1; Path=/engine"]);
        assert_eq!(sent(&jar, "http://h/engine.io/", 0), "");
        assert_eq!(sent(&jar, "http://h/engine/io", 0), "a=1");
    }

    #[test]
    fn nonsense_is_ignored_and_the_number_is_limited() {
        assert!(jar("http://h", &["", "=x", "novalue", &format!("a={}", "x".repeat(5000))]).is_empty());
        let many: Vec<String> = (0..100).map(|n| format!("c{n}=1")).collect();
        let lines: Vec<&str> = many.iter().map(String::as_str).collect();
        let jar = jar("http://h", &lines);
        assert_eq!(jar.len(), MAX_COOKIES);
        assert!(sent(&jar, "http://h", 0).starts_with("c36=1; "), "the oldest have gone");
    }

    #[test]
    fn attributes_count_for_the_length() {
        let long = format!("a=1; Path=/{}", "x".repeat(4096));
        let just = format!("a=1; Path=/{}", "x".repeat(4096 - "a=1; Path=/".len()));
        assert!(jar("http://h", &[&long]).is_empty());
        assert_eq!(jar("http://h", &[&just]).len(), 1);
    }

    #[test]
    fn one_host_takes_no_other_hosts_cookies() {
        let all = jar("http://a", &["kept=1"]);
        let mut headers = HeaderMap::new();
        for n in 0..MAX_COOKIES * 2 {
            headers.append(SET_COOKIE, HeaderValue::from_str(&format!("c{n}=1")).unwrap());
        }
        all.store(&target("http://b"), &headers, SystemTime::UNIX_EPOCH);
        assert_eq!(sent(&all, "http://a", 0), "kept=1");
        assert_eq!(all.len(), MAX_COOKIES + 1);
    }

    #[test]
    fn the_number_of_hosts_is_limited() {
        let all = jar("http://h0", &["a=1", "b=1"]);
        let headers: HeaderMap = [(SET_COOKIE, HeaderValue::from_static("a=1"))].into_iter().collect();
        for n in 1..MAX_HOSTS {
            all.store(&target(&format!("http://h{n}")), &headers, SystemTime::UNIX_EPOCH);
        }
        all.store(&target("http://h0"), &headers, SystemTime::UNIX_EPOCH);
        all.store(&target("http://new"), &headers, SystemTime::UNIX_EPOCH);
        assert_eq!(sent(&all, "http://h0", 0), "b=1; a=1", "it set one lately");
        assert_eq!(sent(&all, "http://h1", 0), "");
        assert_eq!(sent(&all, "http://new", 0), "a=1");
    }

    #[test]
    fn secure_cookies_are_not_taken_from_plain_connections() {
        assert!(jar("http://h", &["a=1; Secure", "__Secure-a=1; Secure"]).is_empty());
        assert_eq!(jar("https://h", &["a=1; Secure"]).len(), 1);
    }

    #[test]
    fn names_keep_what_their_prefixes_promise() {
        for (line, taken) in [
            ("__Secure-a=1; Secure", true),
            ("__Secure-a=1", false),
            ("__secure-a=1", false),
            ("__Host-a=1; Secure; Path=/", true),
            ("__Host-a=1; Secure; Path=/; Domain=", true),
            ("__Host-a=1; Path=/", false),
            ("__Host-a=1; Secure", false),
            ("__Host-a=1; Secure; Path=/x", false),
            ("__Host-a=1; Secure; Path=/; Domain=h.example", false),
            ("__HOST-a=1; Secure; Path=/x", false),
            ("__Host=1", true),
        ] {
            assert_eq!(jar("https://h.example/x/", &[line]).len(), usize::from(taken), "{line}");
        }
    }
}
