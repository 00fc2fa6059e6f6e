//! Why a server was not built.

use std::io;

use crate::server;

/// Why [`ServerBuilder::build`](super::ServerBuilder::build) failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// An option that cannot work, with its name and what is accepted.
    #[error(transparent)]
    Option(#[from] server::BuildError),
    /// The operating system gave no threads, or no descriptors, for moving bytes.
    #[error("cannot start the threads of the server")]
    Threads(#[source] io::Error),
}
