#!/usr/bin/env bash
# Builds the server and holds it against other projects' clients; the arguments are groups, see conformance/README.md.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

need_rust
need node nodejs
need npm npm
need python3 python3-venv
[[ -n ${ENGINEIO_BIN:-} ]] || "$CARGO" build --release --locked -p engineio-cli
exec conformance/run.sh "$@"
