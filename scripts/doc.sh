#!/usr/bin/env bash
# Builds the documentation; a broken link is an error.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

need_rust
RUSTDOCFLAGS="-D warnings" "$CARGO" doc --workspace --exclude engineio-cli --all-features --no-deps --locked
