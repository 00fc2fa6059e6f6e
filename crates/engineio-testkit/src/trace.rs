//! What happened in a run, for the one who has to find out why.

use std::cell::RefCell;
use std::rc::Rc;

use engineio_proto::Instant;

/// A log that costs nothing unless it is wanted. Clones share it, so that it outlives a run that panics.
#[derive(Clone, Debug, Default)]
pub struct Trace(Option<Rc<RefCell<Vec<String>>>>);

impl Trace {
    /// Keeps nothing.
    pub const fn off() -> Self {
        Self(None)
    }

    /// Keeps every line.
    pub fn on() -> Self {
        Self(Some(Rc::default()))
    }

    pub(crate) fn note(&self, now: Instant, line: impl FnOnce() -> String) {
        if let Some(lines) = &self.0 {
            let micros = now.as_micros();
            let line = format!("{:>6}.{:03} ms  {}", micros / 1000, micros % 1000, line());
            lines.borrow_mut().push(line);
        }
    }

    /// Everything that was kept, a line each.
    pub fn text(&self) -> String {
        self.0.as_ref().map_or_else(String::new, |lines| lines.borrow().join("\n"))
    }
}
