//! The state of the terminal.

#[cfg(unix)]
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};

/// Remembers the state of the terminal, and puts it back: the command may end while a line is being edited.
pub(crate) struct Restored {
    #[cfg(unix)]
    before: Option<Termios>,
}

impl Restored {
    /// Remembers the state.
    pub(crate) fn new() -> Self {
        Self {
            #[cfg(unix)]
            before: tcgetattr(std::io::stdin()).ok(),
        }
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            // A terminal that is gone needs no state.
            let _ = tcsetattr(std::io::stdin(), SetArg::TCSADRAIN, before);
        }
    }
}
