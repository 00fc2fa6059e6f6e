//! How much a task does before others have their turn.

use std::cell::Cell;

/// Messages that are handled in one turn. Whatever a client sends, others wait for no more than these.
pub(crate) const MESSAGES: usize = 64;

thread_local! {
    /// What is left of the turn of the task that runs, if it counts.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The turn of a task, until it is dropped.
#[must_use = "the turn ends when this is dropped"]
pub(crate) struct Turn {
    /// That of the task around it.
    outer: Option<usize>,
}

impl Turn {
    pub(crate) fn begin() -> Self {
        Self { outer: LEFT.replace(Some(MESSAGES)) }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        LEFT.set(self.outer);
    }
}

/// How many messages may yet be handled. Under other hosts, whose turns are not known, each request has all of them.
pub(crate) fn left() -> usize {
    LEFT.get().unwrap_or(MESSAGES)
}

/// So many are left.
pub(crate) fn leave(messages: usize) {
    LEFT.set(LEFT.get().map(|_| messages));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_counted_from_its_beginning_to_its_end() {
        let outer = Turn::begin();
        leave(5);
        let inner = Turn::begin();
        assert_eq!(left(), MESSAGES);
        leave(0);
        assert_eq!(left(), 0);
        drop(inner);
        assert_eq!(left(), 5);
        drop(outer);
        leave(0);
        assert_eq!(left(), MESSAGES, "nobody counts");
    }
}
