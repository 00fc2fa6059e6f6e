//! A cookie that carries the session id.

use std::time::Duration;

use http::HeaderValue;

use super::fields::is_token;
use crate::Sid;

/// A cookie that the handshake sets to the session id, for load balancers that keep a client on one server.
///
/// ```
/// use engineio_proto::{Sid, edge::SessionCookie};
///
/// let cookie = SessionCookie::builder("io").secure(true).build().unwrap();
/// let value = cookie.header_value(&Sid::parse("abc").unwrap());
/// assert_eq!(value, "io=abc; Path=/; HttpOnly; Secure; SameSite=Lax");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionCookie {
    name: Box<str>,
    attributes: Box<str>,
}

impl SessionCookie {
    /// A cookie of that name with `Path=/; HttpOnly; SameSite=Lax`, to be changed.
    pub fn builder(name: &str) -> SessionCookieBuilder {
        SessionCookieBuilder {
            name: name.to_owned(),
            path: Some("/".to_owned()),
            domain: None,
            max_age: None,
            http_only: true,
            secure: false,
            same_site: Some(SameSite::Lax),
            partitioned: false,
            others: Vec::new(),
        }
    }

    /// The value of `Set-Cookie` for a session.
    pub fn header_value(&self, sid: &Sid) -> HeaderValue {
        let value = format!("{}={sid}{}", self.name, self.attributes);
        // All parts were checked when they were made.
        HeaderValue::try_from(value).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// Whether a browser sends the cookie with requests of other sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Never.
    Strict,
    /// When the user follows a link.
    Lax,
    /// Always; needs `Secure`.
    None,
}

impl SameSite {
    const fn name(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
            Self::None => "None",
        }
    }
}

/// Makes a [`SessionCookie`].
#[derive(Clone, Debug)]
#[must_use]
pub struct SessionCookieBuilder {
    name: String,
    path: Option<String>,
    domain: Option<String>,
    max_age: Option<Duration>,
    http_only: bool,
    secure: bool,
    same_site: Option<SameSite>,
    partitioned: bool,
    others: Vec<(String, Option<String>)>,
}

impl SessionCookieBuilder {
    /// For which paths; `None` leaves it to the browser. Default `/`.
    pub fn path<'a>(mut self, path: impl Into<Option<&'a str>>) -> Self {
        self.path = path.into().map(str::to_owned);
        self
    }

    /// For which domain and its subdomains. Default: this host only.
    pub fn domain(mut self, domain: &str) -> Self {
        self.domain = Some(domain.to_owned());
        self
    }

    /// How long, in whole seconds. Default: until the browser is closed.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Whether scripts cannot read it. Default true.
    pub fn http_only(mut self, on: bool) -> Self {
        self.http_only = on;
        self
    }

    /// Whether it travels over TLS only. Default false.
    pub fn secure(mut self, on: bool) -> Self {
        self.secure = on;
        self
    }

    /// Whether it is sent with requests of other sites; `None` leaves it to the browser. Default `Lax`.
    pub fn same_site(mut self, same_site: impl Into<Option<SameSite>>) -> Self {
        self.same_site = same_site.into();
        self
    }

    /// Whether each site that embeds this one gets a cookie of its own (CHIPS). Default false.
    pub fn partitioned(mut self, on: bool) -> Self {
        self.partitioned = on;
        self
    }

    /// Any other attribute, after those above, in the order of the calls.
    pub fn attribute<'a>(mut self, name: &str, value: impl Into<Option<&'a str>>) -> Self {
        self.others.push((name.to_owned(), value.into().map(str::to_owned)));
        self
    }

    /// Checks all parts.
    ///
    /// # Errors
    ///
    /// Names the attribute that could smuggle in another one, or that browsers would refuse the cookie for.
    pub fn build(self) -> Result<SessionCookie, CookieError> {
        if !is_token(&self.name) {
            return Err(CookieError::Name(self.name.into()));
        }
        self.check_rules()?;
        let mut attributes = String::new();
        for (name, value) in self.attributes() {
            check_attribute(&name, value.as_deref())?;
            attributes.push_str("; ");
            attributes.push_str(&name);
            attributes.extend(value.map(|value| format!("={value}")));
        }
        Ok(SessionCookie { name: self.name.into(), attributes: attributes.into() })
    }

    fn attributes(&self) -> Vec<(String, Option<String>)> {
        let flag = |on: bool| on.then_some(None);
        let known = [
            ("Path", self.path.clone().map(Some)),
            ("Domain", self.domain.clone().map(Some)),
            ("Max-Age", self.max_age.map(|age| Some(age.as_secs().to_string()))),
            ("HttpOnly", flag(self.http_only)),
            ("Secure", flag(self.secure)),
            ("SameSite", self.same_site.map(|same_site| Some(same_site.name().to_owned()))),
            ("Partitioned", flag(self.partitioned)),
        ];
        let known = known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        known.chain(self.others.iter().cloned()).collect()
    }

    /// What browsers refuse without a word.
    fn check_rules(&self) -> Result<(), CookieError> {
        let host_only = self.path.as_deref() == Some("/") && self.domain.is_none();
        let rules = [
            (self.same_site != Some(SameSite::None) || self.secure, "SameSite=None needs secure(true)"),
            (!self.partitioned || self.secure, "Partitioned needs secure(true)"),
            (!self.has_prefix("__Secure-") || self.secure, "a __Secure- name needs secure(true)"),
            (
                !self.has_prefix("__Host-") || (self.secure && host_only),
                "a __Host- name needs secure(true), path(\"/\") and no domain",
            ),
        ];
        match rules.into_iter().find(|(kept, _)| !kept) {
            Some((_, rule)) => Err(CookieError::Rule(rule)),
            None => Ok(()),
        }
    }

    fn has_prefix(&self, prefix: &str) -> bool {
        self.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    }
}

fn check_attribute(name: &str, value: Option<&str>) -> Result<(), CookieError> {
    if !is_token(name) {
        return Err(CookieError::AttributeName(name.into()));
    }
    // Spaces and commas stand in `Expires=Thu, 01 Jan`; elsewhere a comma joins two cookies for some readers.
    let comma = name.eq_ignore_ascii_case("expires");
    let usable = |c: char| c == ' ' || (c.is_ascii_graphic() && c != ';' && (comma || c != ','));
    match value.filter(|value| value.is_empty() || !value.chars().all(usable)) {
        Some(value) => Err(CookieError::Attribute { name: name.into(), value: value.into() }),
        None => Ok(()),
    }
}

/// A cookie that could not be set as written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CookieError {
    /// The name is no token.
    #[error("cookie name {0:?}: expected letters, digits and !#$%&'*+-.^_`|~ only")]
    Name(Box<str>),
    /// The name of an attribute is no token.
    #[error("cookie attribute name {0:?}: expected letters, digits and !#$%&'*+-.^_`|~ only")]
    AttributeName(Box<str>),
    /// The value of an attribute holds what would end it.
    #[error("cookie attribute {name} = {value:?}: expected visible ASCII, not empty, without `;` and `,`")]
    Attribute {
        /// Its name.
        name: Box<str>,
        /// Its value.
        value: Box<str>,
    },
    /// Browsers refuse the combination.
    #[error("cookie: {0}, or browsers refuse it")]
    Rule(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(builder: SessionCookieBuilder) -> String {
        let value = builder.build().unwrap().header_value(&Sid::parse("123").unwrap());
        value.to_str().unwrap().to_owned()
    }

    #[test]
    fn attributes_are_written_in_order() {
        assert_eq!(written(SessionCookie::builder("io")), "io=123; Path=/; HttpOnly; SameSite=Lax");
        let all = SessionCookie::builder("io")
            .path("/chat")
            .domain("example.com")
            .max_age(Duration::from_millis(60_900))
            .http_only(false)
            .secure(true)
            .same_site(SameSite::None)
            .partitioned(true)
            .attribute("Priority", "High")
            .attribute("Expires", "Thu, 01 Jan 2026 00:00:00 GMT");
        let wanted = "io=123; Path=/chat; Domain=example.com; Max-Age=60; Secure; SameSite=None; Partitioned; \
                      Priority=High; Expires=Thu, 01 Jan 2026 00:00:00 GMT";
        assert_eq!(written(all), wanted);
    }

    #[test]
    fn attributes_can_be_python_engineios() {
        let bare = SessionCookie::builder("sid").path(None).http_only(false).same_site(None);
        let cookie = bare.attribute("path", "/").attribute("SameSite", "Lax").attribute("Secure", None);
        assert_eq!(written(cookie), "sid=123; path=/; SameSite=Lax; Secure");
    }

    #[test]
    fn nothing_can_be_smuggled_in() {
        for bad in ["a;b", "a\r\nSet-Cookie: x=y", "a\n", "a\0", "a\u{7f}", "é", "a,b", ""] {
            let names = [SessionCookie::builder(bad), SessionCookie::builder("io").attribute(bad, "x")];
            for builder in names {
                assert!(builder.build().unwrap_err().to_string().contains(&format!("{bad:?}")), "{bad:?}");
            }
            for (name, builder) in [
                ("Path", SessionCookie::builder("io").path(bad)),
                ("Domain", SessionCookie::builder("io").domain(bad)),
                ("x", SessionCookie::builder("io").attribute("x", bad)),
            ] {
                let wanted = CookieError::Attribute { name: name.into(), value: bad.into() };
                assert_eq!(builder.build(), Err(wanted), "{bad:?}");
            }
        }
        assert!(matches!(SessionCookie::builder("a b").build(), Err(CookieError::Name(_))));
        assert!(matches!(SessionCookie::builder("a=b").build(), Err(CookieError::Name(_))));
    }

    #[test]
    fn what_browsers_refuse_is_refused_at_once() {
        let builder = SessionCookie::builder;
        for (cookie, usable) in [
            (builder("io").same_site(SameSite::None), false),
            (builder("io").same_site(SameSite::None).secure(true), true),
            (builder("io").partitioned(true), false),
            (builder("__Secure-io"), false),
            (builder("__Secure-io").secure(true), true),
            (builder("__host-io").secure(true), true),
            (builder("__Host-io").secure(true).path("/x"), false),
            (builder("__Host-io").secure(true).domain("a.example"), false),
        ] {
            assert_eq!(cookie.clone().build().is_ok(), usable, "{cookie:?}");
        }
    }
}
