//! Python's servers, which host the package of this project as well as python-engineio.

use std::{env, process::Command};

use anyhow::{Context, Result, ensure};

use crate::peer::{Mode, workspace};

/// A server for Python programs, and how messages are handled there.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// How the tests call it that use it, too.
    pub name: &'static str,
    /// Whether handlers of one client may overlap, which is the default of both packages. python-socketio wants them
    /// in order.
    pub async_handlers: bool,
}

/// The interpreter that has all of them.
const INTERPRETER: &str = "BENCH_PYTHON";

impl Host {
    /// The command that starts it with `package`.
    pub fn command(self, package: &str, mode: Mode) -> Result<Command> {
        let python =
            env::var_os(INTERPRETER).with_context(|| format!("{INTERPRETER} is not set: use python.sh"))?;
        let script = workspace().join("../conformance/hosts/serve.py");
        ensure!(script.is_file(), "no servers at {}", script.display());
        let mut command = Command::new(python);
        command.arg(script).args([
            self.name,
            "--package",
            package,
            "--mode",
            mode.name(),
            "--bind",
            "127.0.0.1:0",
        ]);
        command.args(["--ping-interval", "300s", "--ping-timeout", "200s"]);
        if self.async_handlers {
            command.arg("--async-handlers");
        }
        Ok(command)
    }
}
