//! The path under which the server answers.

use std::fmt;

/// A path that requests are compared with: exactly, with or without a slash at the end; never a prefix.
///
/// ```
/// use engineio_proto::edge::EdgePath;
///
/// let path = EdgePath::new("/engine.io").unwrap();
/// assert!(path.matches("/engine.io/"));
/// assert!(!path.matches("/engine.io/x"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct EdgePath(Box<str>);

impl EdgePath {
    /// The path of that text; slashes at either end may be left out.
    ///
    /// # Errors
    ///
    /// When the text holds what no request path can hold as it is: a query, a fragment, spaces, control
    /// characters, or anything but ASCII.
    pub fn new(path: &str) -> Result<Self, PathError> {
        let usable = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#');
        if !path.bytes().all(usable) {
            return Err(PathError(path.into()));
        }
        Ok(Self(format!("/{}", path.trim_matches('/')).into()))
    }

    /// Whether a request's path (without the query) is this one.
    pub fn matches(&self, path: &str) -> bool {
        path == &*self.0 || path.strip_suffix('/').is_some_and(|path| path == &*self.0)
    }

    /// The path, with a slash at its beginning and none at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for EdgePath {
    /// `/engine.io`.
    fn default() -> Self {
        Self("/engine.io".into())
    }
}

impl fmt::Display for EdgePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EdgePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A text that is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "path {0:?}: expected the path part of a URL in ASCII, percent-encoded, without `?` and `#`, as in \"/engine.io\""
)]
pub struct PathError(Box<str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_match_exactly() {
        for configured in ["/engine.io", "engine.io", "/engine.io/", "engine.io/"] {
            let path = EdgePath::new(configured).unwrap();
            assert_eq!(path, EdgePath::default());
            for (request, ours) in [
                ("/engine.io", true),
                ("/engine.io/", true),
                ("/engine.io//", false),
                ("/engine.iofoo", false),
                ("/engine.io/foo", false),
                ("/Engine.IO/", false),
                ("//engine.io/", false),
                ("engine.io", false),
                ("/", false),
                ("", false),
            ] {
                assert_eq!(path.matches(request), ours, "{configured} {request}");
            }
        }
    }

    #[test]
    fn the_root_is_a_path() {
        let root = EdgePath::new("/").unwrap();
        assert!(root.matches("/"));
        assert!(!root.matches("/engine.io"));
    }

    #[test]
    fn unusable_paths_are_named() {
        for path in ["/a?b", "/a#b", "/a b", "/é", "/a\n"] {
            let error = EdgePath::new(path).unwrap_err().to_string();
            assert!(error.contains(&format!("{path:?}")), "{error}");
        }
    }
}
