//! What a hostile server can make `engineio connect` print where standard output alone is a terminal.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use engineio::Server;
use engineio::server::Rejection;
use nix::pty::openpty;
use tokio::net::TcpListener;

const HOSTILE: &str = "\u{1b}]0;title\u{7}\u{202e}\r\n* disconnected: by a lie";

/// The address of a server that greets each client with a hostile message.
async fn hostile_server() -> String {
    let server = Server::builder()
        .on_connect(|socket, _request| async move {
            let _ = socket.try_send(HOSTILE);
            Ok::<(), Rejection>(())
        })
        .build()
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { server.serve(listener).await });
    format!("http://{address}")
}

/// What the command prints on its standard output, which is a terminal, and on its standard error.
fn printed(url: &str, options: &[&str]) -> (String, String) {
    let terminal = openpty(None, None).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_engineio"));
    command.args(["connect", url, "--count", "1"]).args(options);
    command.stdin(Stdio::null()).stdout(terminal.slave).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // It holds the terminal's other end, too.
    drop(command);
    let mut out = Vec::new();
    // Linux tells the end of a terminal by an error.
    let _ = File::from(terminal.master).read_to_end(&mut out);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    (String::from_utf8(out).unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn is_obeyed(character: char) -> bool {
    character.is_control() && !matches!(character, '\r' | '\n') || character == '\u{202e}'
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_cannot_command_the_terminal() {
    let url = hostile_server().await;
    let ways: [&'static [&str]; 4] = [&[], &["--json"], &["--trace"], &["--transports", "websocket"]];
    for options in ways {
        let url = url.clone();
        let (out, err) = tokio::task::spawn_blocking(move || printed(&url, options)).await.unwrap();
        assert!(out.contains("title") && !out.contains(is_obeyed), "{options:?}: {out:?}");
        assert!(!out.contains("\n* "), "{options:?}: {out:?}");
        assert!(
            !err.contains(is_obeyed) && !err.contains("\n* disconnected: by a lie"),
            "{options:?}: {err:?}"
        );
    }
}
