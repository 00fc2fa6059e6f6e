#!/usr/bin/env bash
# Lints and tests the load generator and its peers: `make bench` is run now and then, and must not be broken by then.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

need_rust
need_component clippy clippy
"$CARGO" clippy --manifest-path bench/Cargo.toml --all-targets --locked -- -D warnings
run_cases bench cargo "$CARGO" test --manifest-path bench/Cargo.toml --locked --
