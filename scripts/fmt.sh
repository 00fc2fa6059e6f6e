#!/usr/bin/env bash
# Checks the formatting of every workspace.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

need_rust
need_component fmt rustfmt
"$CARGO" fmt --all --check
for manifest in fuzz/Cargo.toml bench/Cargo.toml conformance/servers/engineioxide/Cargo.toml; do
    "$CARGO" fmt --all --check --manifest-path "$manifest"
done
