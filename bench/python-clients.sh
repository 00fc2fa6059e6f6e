#!/usr/bin/env bash
# Compares the Python package's clients with python-engineio's; see README.md. Needs the wheel: `make wheel`. Arguments go
# to python-clients/compare.py. ENGINEIO_BIN names another server binary than ours to measure against.
set -euo pipefail
source "$(dirname "$0")/../scripts/python-lib.sh"

venv bench
install_wheel bench
if [[ -z ${ENGINEIO_BIN:-} ]]; then
    need_rust
    "${CARGO:-cargo}" build --release --locked -p engineio-cli
    ENGINEIO_BIN=$PWD/target/release/engineio
fi
exec "$VENVS/bench/bin/python" bench/python-clients/compare.py --server "$ENGINEIO_BIN" "$@"
