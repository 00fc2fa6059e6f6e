//! What the user types at a terminal.

use engineio::Message;

use super::line::decode;

/// How to talk.
pub(crate) const HELP: &str =
    "a line is sent as it is; /binary BASE64, /status, /help, /quit; // begins a line with /";

/// A line that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Send(Message),
    Status,
    Help,
    Quit,
}

impl Command {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// What is wrong with it, for the user.
    pub(crate) fn parse(line: &str) -> Result<Self, String> {
        let Some(rest) = line.strip_prefix('/') else { return Ok(Self::Send(line.to_owned().into())) };
        if rest.starts_with('/') {
            return Ok(Self::Send(rest.to_owned().into()));
        }
        match rest.split_once(' ').unwrap_or((rest, "")) {
            ("binary", base64) => decode(base64.trim()).map(|data| Self::Send(data.into())),
            ("status", "") => Ok(Self::Status),
            ("help", "") => Ok(Self::Help),
            ("quit", "") => Ok(Self::Quit),
            _ => Err(format!("unknown command: {HELP}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(message: impl Into<Message>) -> Command {
        Command::Send(message.into())
    }

    #[test]
    fn a_line_is_a_message_unless_it_begins_with_a_slash() {
        assert_eq!(Command::parse(" /quit"), Ok(send(" /quit")));
        assert_eq!(Command::parse(""), Ok(send("")));
        assert_eq!(Command::parse("//etc"), Ok(send("/etc")));
    }

    #[test]
    fn commands() {
        assert_eq!(Command::parse("/quit"), Ok(Command::Quit));
        assert_eq!(Command::parse("/binary AQI="), Ok(send(vec![1, 2])));
        for wrong in ["/binary x", "/quit now", "/", "/nothing"] {
            assert!(Command::parse(wrong).is_err(), "{wrong}");
        }
    }
}
