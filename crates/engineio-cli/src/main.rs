//! The `engineio` command-line tool.
fn main() {}
