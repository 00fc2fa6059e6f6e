//! The terminal, which the user types on while messages come in.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustyline::history::FileHistory;
use rustyline::{Config, Editor, ExternalPrinter};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::terminal::Restored;

const PROMPT: &str = "> ";
const HISTORY: &str = "ENGINEIO_HISTORY";
const HISTORY_LINES: usize = 1000;
/// Lines that were typed ahead.
const TYPED_AHEAD: usize = 16;

type LineEditor = Editor<(), FileHistory>;

/// A terminal with a line that is being edited.
pub(crate) struct Screen {
    /// The lines that were typed; ends when the user wants to leave.
    pub(crate) lines: Receiver<String>,
    /// Where to print above the line that is being edited.
    pub(crate) above: Above,
    /// Puts the terminal back when it is dropped.
    pub(crate) restored: Restored,
}

/// Starts editing.
///
/// # Errors
///
/// The terminal cannot be used.
pub(crate) fn open() -> rustyline::Result<Screen> {
    let restored = Restored::new();
    let config =
        Config::builder().max_history_size(HISTORY_LINES)?.bracketed_paste(false).auto_add_history(true);
    let mut editor = LineEditor::with_config(config.build())?;
    let above = Above(Arc::new(Mutex::new(Box::new(editor.create_external_printer()?))));
    let (typed, lines) = channel(TYPED_AHEAD);
    thread::spawn(move || edit(editor, &typed));
    Ok(Screen { lines, above, restored })
}

/// Reads lines until the user types Ctrl-C or Ctrl-D. It is a thread, because the editor waits for keys.
fn edit(mut editor: LineEditor, typed: &Sender<String>) {
    let history = history();
    if let Some(path) = &history {
        // There is none the first time.
        let _ = editor.load_history(path);
    }
    while let Ok(line) = editor.readline(PROMPT) {
        if let Some(path) = &history {
            // A history that cannot be kept is no reason not to talk.
            let _ = editor.append_history(path);
        }
        if typed.blocking_send(line).is_err() {
            return;
        }
    }
}

/// Where lines are remembered: `$ENGINEIO_HISTORY`, nowhere if that is empty, else a file of the user's state.
fn history() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(HISTORY) {
        return Some(PathBuf::from(path)).filter(|path| !path.as_os_str().is_empty());
    }
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let directory = state.or_else(|| Some(std::env::home_dir()?.join(".local/state")))?.join("engineio");
    std::fs::create_dir_all(&directory).ok()?;
    Some(directory.join("history"))
}

/// Prints above the line that is being edited.
#[derive(Clone)]
pub(crate) struct Above(Arc<Mutex<Box<dyn ExternalPrinter + Send>>>);

impl Above {
    /// Prints a line.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub(crate) fn print(&self, line: &str) -> std::io::Result<()> {
        let mut printer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        printer.print(format!("{line}\n")).map_err(std::io::Error::other)
    }
}
