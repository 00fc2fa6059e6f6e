#!/usr/bin/env bash
# Builds the server in release mode and runs it on BIND; the arguments are further ones of `engineio serve`.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

bind=${BIND:-127.0.0.1:3000}
need_rust
"$CARGO" build --release --locked -p engineio-cli
echo "open http://$bind/ in a browser to try it; Ctrl-C stops it"
exec target/release/engineio serve --bind "$bind" "$@"
