//! What the server said at the handshake.

use std::sync::Arc;

use crate::OpenPacket;

/// The open packet, and whether the application has heard of it.
#[derive(Debug, Default)]
pub(super) struct Opened {
    packet: Option<Arc<OpenPacket>>,
    news: bool,
    /// Of a server whose version is not certain yet.
    held: Option<Box<OpenPacket>>,
}

impl Opened {
    pub(super) fn set(&mut self, packet: OpenPacket) {
        *self = Self { packet: Some(Arc::new(packet)), news: true, held: None };
    }

    /// Keeps the packet until it is certain which version the server speaks.
    pub(super) fn hold(&mut self, packet: OpenPacket) {
        self.held = Some(Box::new(packet));
    }

    pub(super) const fn is_held(&self) -> bool {
        self.held.is_some()
    }

    pub(super) fn take_held(&mut self) -> Option<OpenPacket> {
        self.held.take().map(|held| *held)
    }

    pub(super) fn packet(&self) -> Option<&OpenPacket> {
        self.packet.as_deref()
    }

    /// Whether [`announce`](Self::announce) has something.
    pub(super) const fn is_news(&self) -> bool {
        self.news
    }

    /// The packet, once.
    pub(super) fn announce(&mut self) -> Option<Arc<OpenPacket>> {
        if std::mem::take(&mut self.news) { self.packet.clone() } else { None }
    }
}
