#!/usr/bin/env bash
# Compares the Python package with python-engineio in the servers that host both; see README.md. Needs the wheel:
# `make wheel`. Arguments go to the load generator.
set -euo pipefail
source "$(dirname "$0")/../scripts/python-lib.sh"

need_rust
venv bench
install_wheel bench
env -u CARGO_TARGET_DIR "$CARGO" build --release --locked --manifest-path bench/Cargo.toml -p engineio-bench
export BENCH_PYTHON=$PWD/$VENVS/bench/bin/python PYTHONDONTWRITEBYTECODE=1
exec bench/target/release/engineio-bench --python "$@"
