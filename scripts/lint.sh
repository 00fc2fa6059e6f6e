#!/usr/bin/env bash
# Runs clippy with every feature over every target; a warning is an error.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

need_rust
need_component clippy clippy
"$CARGO" clippy --workspace --all-features --all-targets --locked -- -D warnings
need c++ g++
fuzz_cargo clippy -- -D warnings
