#!/usr/bin/env bash
# Builds the server in release mode and runs it; the arguments are those of `engineio serve`.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

need_rust
"$CARGO" build --release --locked --bin engineio
echo "open the address below in a browser, without its path, to try the server; Ctrl-C stops it"
exec target/release/engineio serve "$@"
