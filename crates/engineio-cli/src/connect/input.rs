//! Lines of standard input.

use std::io::{BufRead, BufReader, Read};
use std::thread;

use tokio::sync::mpsc::{Receiver, channel};

/// Lines that were read ahead.
const READ_AHEAD: usize = 64;

/// Lines, as they come; an error is the last. It is a thread that reads them: standard input cannot be awaited.
pub(crate) fn lines() -> Receiver<Result<String, String>> {
    let (sender, receiver) = channel(READ_AHEAD);
    thread::spawn(move || {
        for line in split(std::io::stdin().lock()) {
            let last = line.is_err();
            if sender.blocking_send(line).is_err() || last {
                return;
            }
        }
    });
    receiver
}

/// Lines without their ends. Only `\n` ends one: what is sent is what stands there.
fn split(input: impl Read) -> impl Iterator<Item = Result<String, String>> {
    let lines = BufReader::new(input).split(b'\n').enumerate();
    lines.map(|(index, line)| {
        let line = line.map_err(|error| format!("cannot read standard input: {error}"))?;
        String::from_utf8(line).map_err(|_| format!("line {} of standard input is not UTF-8", index + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_they_stand() {
        let lines: Vec<_> = split(&b"a\n\n b\r\nlast"[..]).collect();
        assert_eq!(lines, ["a", "", " b\r", "last"].map(|line| Ok(line.to_owned())));
    }

    #[test]
    fn what_is_no_text_is_an_error_that_names_the_line() {
        let lines: Vec<_> = split(&b"a\n\xff\n"[..]).collect();
        assert_eq!(lines.last(), Some(&Err("line 2 of standard input is not UTF-8".to_owned())));
    }
}
