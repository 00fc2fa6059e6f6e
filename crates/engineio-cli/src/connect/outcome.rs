//! How the command ends.

use std::io::Write;
use std::process::ExitCode;

use super::printable::printable;

/// How the command ends, with words for the user. The exit codes are documented: scripts rely on them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// What was asked for was done.
    Done,
    /// Time ran out, or the session ended before enough messages had come.
    Missing(String),
    /// The options contradict each other or the files they name.
    Usage(String),
    /// No session came about.
    NoSession(String),
    /// The session was lost, or something could not be sent.
    Lost(String),
    /// The user interrupted the command.
    Interrupted,
    /// Another program wanted it to end.
    Terminated,
}

impl Outcome {
    /// Says what went wrong, and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        if let Some(words) = self.words() {
            // Standard error may be closed; there is nobody left to tell then.
            let _ = writeln!(std::io::stderr(), "error: {}", printable(words));
        }
        ExitCode::from(self.code())
    }

    /// Describes the failure; `None` if there was none.
    pub(crate) fn words(&self) -> Option<&str> {
        match self {
            Self::Done | Self::Interrupted | Self::Terminated => None,
            Self::Missing(words) | Self::Usage(words) | Self::NoSession(words) | Self::Lost(words) => {
                Some(words)
            }
        }
    }

    const fn code(&self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Missing(_) => 1,
            Self::Usage(_) => 2,
            Self::NoSession(_) => 3,
            Self::Lost(_) => 4,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}
