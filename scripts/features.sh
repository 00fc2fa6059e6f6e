#!/usr/bin/env bash
# Lints the library without features and with each of them alone: with all at once, a missing one goes unseen.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

need_rust
need_component clippy clippy
features=$(awk '/^\[/ { on = $0 == "[features]" } on && /^[a-z0-9-]+ *=/ && $1 != "default" { print $1 }' \
    crates/engineio/Cargo.toml)
[[ -n $features ]] || fail "no features found in crates/engineio/Cargo.toml"
for feature in "" $features; do
    echo "-- feature: ${feature:-none}"
    "$CARGO" clippy -p engineio --no-default-features --features "$feature" --locked -- -D warnings
done
