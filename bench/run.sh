#!/bin/sh
# Builds our server, its peers and the load generator in release mode, and compares them. Arguments go to the load
# generator; see README.md. ENGINEIO_BIN names another server binary to measure instead of building ours.
set -eu
cd "$(dirname "$0")"
unset CARGO_TARGET_DIR

if [ -z "${ENGINEIO_BIN:-}" ]; then
    cargo build --release --locked --manifest-path ../Cargo.toml -p engineio-cli
fi
cargo build --release --locked

for argument in "$@"; do
    if [ "$argument" = --with-node ]; then
        npm ci --prefix peers/node --no-audit --no-fund --silent
    fi
done

exec target/release/engineio-bench "$@"
