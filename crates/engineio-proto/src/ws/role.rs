//! Which side of a connection.

/// Which side of the connection this is: servers receive masked frames, clients unmasked ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Accepted the handshake.
    Server,
    /// Asked for the handshake.
    Client,
}
