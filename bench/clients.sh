#!/bin/sh
# Builds our server, our clients and their peers in release mode, and compares the clients. Arguments go to the judge;
# see README.md. ENGINEIO_BIN names another server binary instead of building ours.
set -eu
cd "$(dirname "$0")"
unset CARGO_TARGET_DIR

if [ -z "${ENGINEIO_BIN:-}" ]; then
    cargo build --release --locked --manifest-path ../Cargo.toml -p engineio-cli
fi
# rust_engineio uses the system's OpenSSL.
if ! pkg-config --exists openssl; then
    echo "clients.sh: OpenSSL is missing: apt-get install libssl-dev pkg-config" >&2
    exit 1
fi
cargo build --release --locked -p engineio-bench-clients -p client-ours -p client-raw -p client-rust-engineio

requirements=clients/python_engineio/requirements.txt
constraints=../python/requirements/constraints.txt
if [ ! .venv/installed -nt "$requirements" ] || [ ! .venv/installed -nt "$constraints" ]; then
    python3 -m venv .venv
    .venv/bin/pip install --quiet --disable-pip-version-check -r "$requirements"
    touch .venv/installed
fi

exec target/release/engineio-bench-clients "$@"
