//! How much the application has yet to do.

use std::ops::AddAssign;

use crate::Message;

/// A number of messages, and the bytes of their data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// How many messages.
    pub messages: usize,
    /// Bytes of their data, without any framing.
    pub bytes: usize,
}

impl Load {
    /// Whether either number has come to that of `limit`.
    pub(crate) const fn reaches(self, limit: Self) -> bool {
        self.messages >= limit.messages || self.bytes >= limit.bytes
    }

    /// Takes off what is done. Without messages there are no bytes, whatever was said of them.
    pub(crate) const fn take_off(&mut self, done: Self) {
        self.messages = self.messages.saturating_sub(done.messages);
        self.bytes = if self.messages == 0 { 0 } else { self.bytes.saturating_sub(done.bytes) };
    }
}

impl From<&Message> for Load {
    fn from(message: &Message) -> Self {
        Self { messages: 1, bytes: message.len() }
    }
}

impl AddAssign for Load {
    fn add_assign(&mut self, more: Self) {
        self.messages = self.messages.saturating_add(more.messages);
        self.bytes = self.bytes.saturating_add(more.bytes);
    }
}
