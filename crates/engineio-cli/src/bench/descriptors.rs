//! The limit on open files, of which each session needs one or two.

/// Raises the limit as far as it may be.
#[cfg(unix)]
pub(crate) fn raise() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // Whoever runs into the limit is told so by each session that fails.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    }
}

/// There is none.
#[cfg(not(unix))]
pub(crate) fn raise() {}
