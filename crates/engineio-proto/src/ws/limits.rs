//! What a peer may send.

/// What a peer may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest message in bytes, all fragments together; at most 4 GiB. Default: 1 000 000.
    ///
    /// A connection holds up to twice as much while a message in fragments is under way.
    pub max_message: usize,
    /// Most fragments of one message. Default: 1 024.
    pub max_fragments: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_message: 1_000_000, max_fragments: 1_024 }
    }
}
