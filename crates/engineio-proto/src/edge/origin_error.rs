//! Entries of a list of origins that no browser sends.

use std::fmt;

use super::origin::Origin;

/// An entry of a list of origins that no browser sends.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "allowed origin {given:?} {fault}; expected scheme://host or scheme://host:port, as in \
     \"https://app.example\", or \"null\"; for any origin use AllowedOrigins::Any, for patterns \
     AllowedOrigins::predicate"
)]
pub struct OriginError {
    given: Box<str>,
    fault: OriginFault,
}

impl OriginError {
    pub(super) fn new(given: &str) -> Self {
        Self { given: given.into(), fault: OriginFault::of(given.trim()) }
    }

    /// What is wrong with the entry.
    pub fn fault(&self) -> OriginFault {
        self.fault
    }
}

/// What keeps a text from being an origin. `Display` continues a sentence that begins with the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OriginFault {
    /// There is nothing.
    Empty,
    /// There are several origins, or something with a space in it.
    Several,
    /// It has a `*`.
    Wildcard,
    /// It is a host without a scheme.
    NoScheme,
    /// It is the address of something below an origin.
    Path,
    /// It names a user.
    User,
    /// It has other characters than ASCII.
    NotAscii,
    /// Its scheme, its host or its port is none.
    Invalid,
}

impl OriginFault {
    fn of(text: &str) -> Self {
        let rest = text.split_once("://").map(|(_, rest)| rest);
        let has = |characters: &[char]| text.contains(characters);
        match rest {
            _ if text.is_empty() => Self::Empty,
            _ if text.contains(|c: char| c == ',' || c == ';' || c.is_whitespace()) => Self::Several,
            _ if has(&['*']) => Self::Wildcard,
            None => Self::NoScheme,
            Some(_) if !text.is_ascii() => Self::NotAscii,
            Some(rest) if has_path(text, rest) => Self::Path,
            Some(_) if has(&['@']) => Self::User,
            Some(_) => Self::Invalid,
        }
    }
}

/// Whether what comes before the first `/`, `?` or `#` behind the scheme is an origin.
fn has_path(text: &str, rest: &str) -> bool {
    let path = rest.find(['/', '?', '#']).and_then(|at| rest.get(at..));
    path.and_then(|path| text.strip_suffix(path)).is_some_and(|origin| Origin::parse(origin).is_some())
}

impl fmt::Display for OriginFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty",
            Self::Several => "is not one origin: give each as an entry of its own",
            Self::Wildcard => "has a wildcard, which matches nothing",
            Self::NoScheme => "has no scheme, such as https://",
            Self::Path => "has a path, which browsers do not send",
            Self::User => "names a user, which browsers do not send",
            Self::NotAscii => "is not ASCII: write names in other scripts as browsers do, with xn--",
            Self::Invalid => "has a scheme, a host or a port that is none",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::OriginFault::*;
    use super::*;

    #[test]
    fn faults_are_told_apart() {
        for (text, fault) in [
            ("", Empty),
            ("https://a.example,https://b.example", Several),
            ("https://a.example https://b.example", Several),
            ("*", Wildcard),
            ("https://*.example", Wildcard),
            ("*.example", Wildcard),
            ("a.example", NoScheme),
            ("localhost:3000", NoScheme),
            ("//a.example", NoScheme),
            ("NULL", NoScheme),
            ("https://a.example/path", Path),
            ("https://a.example//", Path),
            ("https://a.example?q", Path),
            ("https://a.example#f", Path),
            ("https://u@a.example", User),
            ("https://u@a.example/", User),
            ("https://bücher.example", NotAscii),
            ("https://", Invalid),
            ("https:///", Invalid),
            ("1http://a", Invalid),
            ("https://a:65536", Invalid),
            ("https://[::1", Invalid),
        ] {
            assert_eq!(OriginError::new(text).fault(), fault, "{text}");
        }
    }
}
